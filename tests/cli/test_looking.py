"""Commands that only look: help, version, streams, status, runs, doctor."""

import subprocess
import sys
import time

import psycopg
import pytest
from command_line import TOKEN, CommandLine, assert_says

from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.streams import all_streams


def test_help_is_quick_and_loads_no_driver(bare: CommandLine) -> None:
    heavy = "'httpx', 'psycopg', 'pydantic', 'rich'"
    loaded = f"import sys, cli.app; print(*(name for name in ({heavy}) if name in sys.modules))"
    ended = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == ""
    seconds: list[float] = []
    for _ in range(5):
        began = time.monotonic()
        assert bare("--help").code == 0
        seconds.append(time.monotonic() - began)
    assert min(seconds) < 0.4  # twice what it may take, since tests share the machine


def test_version_and_bare_groups(bare: CommandLine) -> None:
    assert bare("--version").out.startswith("intercom-etl ")
    for arguments in ([], ["db"]):
        assert bare(*arguments).out.startswith("Usage: intercom-etl")


def test_streams_are_listed_with_their_tables(bare: CommandLine) -> None:
    found = bare("streams", "--json").json
    assert [entry["name"] for entry in found] == list(all_streams())
    assert "conversation_parts" in bare("streams").out


def test_looking_makes_no_server_where_there_is_none(bare: CommandLine) -> None:
    assert "not made yet" in bare("status").out
    assert bare("status", "--json").json["workspaces"] == []
    assert bare("runs", "--json").json == []
    assert not (bare.folder.parent / "home").exists()


def test_status_and_runs_after_a_sync_and_a_failure(cli: CommandLine) -> None:
    cli("sync", "--quiet")
    cli("sync", "--quiet", INTERCOM_ACCESS_TOKEN="wrong-token-wrong-token")
    status = cli("status")
    assert status.code == 0
    contacts = next(line for line in status.out.splitlines() if line.startswith("contacts"))
    assert contacts.split()[1] == "40"
    assert contacts.endswith("fresh")
    assert "schema    current" in status.out
    assert "last run  2 sync, failed" in status.out
    told = cli("status", "--json").json
    rows = {stream["stream"]: stream["rows"] for stream in told["workspaces"][0]["streams"]}
    assert rows["conversations"] == 30
    assert [line.split()[0] for line in cli("runs").out.split("\n\n")[0].splitlines()] == ["id", "2", "1"]
    assert [row["id"] for row in cli("runs", "list", "--failed", "--json").json] == [2]
    shown = cli("runs", "show", "1").out
    assert "conversations" in shown
    assert cli("runs", "show", "1", "--json").json["status"] == "ok"


def test_a_workspace_shows_although_it_was_read_in_part_only(cli: CommandLine) -> None:
    assert cli("sync", "contacts", "--since", "9000d", "--quiet").code == 0
    status = cli("status").out
    contacts = next(line for line in status.splitlines() if line.startswith("contacts"))
    assert contacts.split()[1] == "40"
    assert contacts.endswith("never read to its end")
    assert "unread    contacts: the bookmark stays: changes before --since may be missing" in status


def test_where_there_are_no_tables_there_are_no_runs(cli: CommandLine, empty_database_url: str) -> None:
    cli.environment["DATABASE_URL"] = empty_database_url
    ended = cli("runs")
    assert (ended.code, ended.out, ended.err) == (0, "", "no runs yet\n")
    assert cli("runs", "list", "--json").json == []
    assert_says(cli("runs", "show", "1"), 2, ["no run `1`"], "runs list")
    assert cli("status").err == "next: `intercom-etl migrate`\n"


def test_what_is_pending_is_told_without_making_a_server(bare: CommandLine) -> None:
    ended = bare("migrate", "--status")
    assert ended.code == 78
    assert {line.split()[1] for line in ended.out.splitlines()[1:]} == {"pending"}
    assert_says(bare("runs", "show", "1"), 2, ["no run `1`"], "runs list")
    assert not (bare.folder.parent / "home").exists()


def test_a_schema_that_was_edited_and_one_that_is_newer_have_a_mend_each(
    cli: CommandLine, database_url: str
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("update etl.schema_migration set checksum = 'x' where version = 1")
        connection.execute(
            "insert into etl.schema_migration (version, name, checksum) values (99999, '99999_new.sql', 'x')"
        )
    for command in (["status"], ["doctor", "--offline"]):
        ended = cli(*command)
        told = ended.out + ended.err
        assert "`0001_bookkeeping.sql` was edited" in told
        assert "restore the file as it was" in told
        assert "newer than this program: it has migration `99999_new.sql`" in told
        assert "install the newer intercom-etl" in told


def test_a_run_that_is_not_there(cli: CommandLine) -> None:
    assert_says(cli("runs", "show", "99"), 2, ["no run `99`"], "runs list")


def test_the_doctor_finds_everything_well(cli: CommandLine, simulator: SimulatorServer) -> None:
    ended = cli("doctor")
    assert ended.code == 0, ended
    levels = {line.split()[0] for line in ended.out.splitlines() if line and not line.startswith(" ")}
    assert levels == {"ok", "0"}
    assert f"INTERCOM_ACCESS_TOKEN = ****{TOKEN[-4:]} (environment)" in ended.out
    assert simulator.url in ended.out
    assert "streams               32 of 32 can be read" in ended.out


def test_status_names_what_the_api_sends_and_nobody_knows(cli: CommandLine, database_url: str) -> None:
    assert cli("sync", "tags", "--quiet").code == 0
    assert "unknown   API" not in cli("status").out
    with psycopg.connect(database_url, autocommit=True) as connection:
        (workspace,) = connection.execute("select workspace_id from etl.bookmark").fetchone() or ("",)
        for field in ("name", *(f"field_{n:02d}" for n in range(12))):  # `name` is known by now
            connection.execute(
                "insert into etl.unknown_field values (%s, 'tags', %s, 7, now(), now(), 1)",
                (workspace, field),
            )
    status = cli("status")
    shown = ", ".join(f"tags.field_{n:02d} (7)" for n in range(10))
    assert f"unknown   API fields, in how many records: {shown}, and 2 more" in status.out
    assert "`raw`" in status.err
    (told,) = cli("status", "--json").json["workspaces"]
    assert [each["field"] for each in told["unknown_fields"]] == [f"field_{n:02d}" for n in range(12)]
    assert told["unknown_fields"][0].keys() == {
        "stream", "field", "records", "first_seen_at", "last_seen_at"
    }  # fmt: skip


def test_status_of_an_outdated_schema_says_only_that(cli: CommandLine, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("drop table etl.unknown_field")
        connection.execute("delete from etl.schema_migration where name like '%unknown_fields.sql'")
    status = cli("status")
    assert status.code == 0
    assert "unknown_fields.sql" in status.out


def test_the_doctor_names_what_is_wrong_and_the_mend(cli: CommandLine, empty_database_url: str) -> None:
    (cli.folder / ".env").write_text("INTERCOM_REGION=eu\n")
    (cli.folder / ".env").chmod(0o644)
    ended = cli("doctor", INTERCOM_ACCESS_TOKEN="wrong-token-wrong-token", DATABASE_URL=empty_database_url)
    assert ended.code == 78
    assert "INTERCOM_REGION = eu (.env)" in ended.out
    assert "chmod 600" in ended.out
    assert "run `intercom-etl migrate`" in ended.out
    assert "2 failures, 1 warning, exit 78" in ended.out
    told = cli("doctor", "--json", INTERCOM_ACCESS_TOKEN="wrong-token-wrong-token").json
    assert told["exit_code"] == 77


def test_the_doctor_guesses_what_a_wrong_name_meant_and_leaves_others_alone(
    bare: CommandLine,
) -> None:
    (bare.folder / ".env").write_text("COMPOSE_PROJECT_NAME=x\nINTERCOM_REGON=eu\n")
    (bare.folder / ".env").chmod(0o600)
    ended = bare("doctor", "--offline")
    assert ended.code == 0, ended
    assert "warn  setting               INTERCOM_REGON (.env) is none of this program's" in ended.out
    assert "did you mean `INTERCOM_REGION`?" in ended.out
    assert "COMPOSE" not in ended.out


@pytest.mark.parametrize("url", ["postgresql://me:hunter2pw@127.0.0.1:1/x"])
def test_the_doctor_offline_asks_no_api_and_shows_no_password(cli: CommandLine, url: str) -> None:
    ended = cli("doctor", "--offline", DATABASE_URL=url, INTERCOM_BASE_URL="http://127.0.0.1:1")
    assert ended.code == 75
    assert "127.0.0.1:1/x" in ended.out
    assert "hunter2" not in ended.out
