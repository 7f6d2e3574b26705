"""`sync` on the screen, in a pipe, as JSON, for cron; and the stages apart."""

import json
import signal
import time
from pathlib import Path

import psycopg
import pytest
from command_line import TOKEN, CommandLine, assert_says
from jsonschema import validate

from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from intercom_etl.streams import usual_streams

REPORT = {
    "type": "object",
    "required": ["command", "run", "workspace", "status", "exit_code", "rows", "streams", "seconds"],
    "properties": {"status": {"enum": ["ok", "partial", "failed"]}, "exit_code": {"type": "integer"}},
}


def test_it_tells_every_stream_and_sums_up(cli: CommandLine) -> None:
    ended = cli("sync")
    assert ended.code == 0, ended
    lines = ended.out.strip().splitlines()
    assert lines[0].split() == ["stream", "read", "new", "changed", "unchanged", "rows"]
    names = [stream.name for stream in usual_streams((), ())]
    shown = [line.split()[0] for line in lines[1:] if line and line.split()[0] in names]
    assert shown == sorted(shown)
    assert {"admins", "companies", "contacts", "conversations", "segments", "tags", "tickets"} <= {*shown}
    assert lines[-1].startswith(f"ok  run 1  {len(names)} streams  ")
    assert "\x1b" not in ended.out + ended.err
    assert "conversations: 30 read  30 new" in ended.err


def test_the_second_time_it_reads_only_what_changed(cli: CommandLine) -> None:
    first, second = cli("sync", "--json").json, cli("sync", "--json").json
    validate(first, REPORT)
    assert first["rows"] > 100
    assert second["rows"] == 0
    assert second["requests"] < first["requests"]


def test_named_streams_only(cli: CommandLine) -> None:
    assert list(cli("sync", "tags", "admins", "--json").json["streams"]) == ["admins", "tags"]


def test_quiet_says_nothing_when_all_is_well(cli: CommandLine) -> None:
    ended = cli("sync", "--quiet")
    assert (ended.code, ended.out, ended.err) == (0, "", "")


def test_quiet_says_one_line_when_a_stream_fails(cli: CommandLine) -> None:
    workspace = Workspace(seed=32, size=Size(contacts=5, conversations=5), token=TOKEN)
    with SimulatorServer(workspace, faults=Faults(Fault("403", path="*/tickets/search"))) as server:
        ended = cli("sync", "-q", INTERCOM_BASE_URL=server.url)
        loud = cli("sync", INTERCOM_BASE_URL=server.url)
    assert ended.code == loud.code == 3
    assert ended.out == ""
    assert len(ended.error_lines) == 1
    assert "intercom-etl sync: run 1 partial: tickets: " in ended.err
    assert "Read tickets" in ended.err
    assert "warning: tickets skipped: " in loud.err
    assert loud.out.strip().splitlines()[-1].startswith("partial  run 2")


def test_what_went_to_quarantine_is_said_with_the_way_to_see_it(cli: CommandLine) -> None:
    workspace = Workspace(seed=33, size=Size(contacts=5, conversations=5), token=TOKEN)
    contact = next(iter(workspace.truth("contacts")))
    workspace.plant("contacts", contact, b'{"type":"contact","id":{"no":"id"},"updated_at":"soon"}')
    with SimulatorServer(workspace) as server:
        ended = cli("sync", "contacts", INTERCOM_BASE_URL=server.url)
    assert ended.code == 3, ended
    assert "1 record could not become rows and went to quarantine" in ended.err
    assert "`intercom-etl quarantine list --run 1`" in ended.err
    assert "1 quarantined" in ended.out


def test_a_dry_run_writes_nothing(cli: CommandLine, database_url: str) -> None:
    # no companies: one page of their scroll would leave it open, and the next test waiting for it
    ended = cli("sync", "--dry-run", "contacts", "conversations")
    assert ended.code == 0
    assert "sync --dry-run" in ended.out
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select count(*) from intercom.contacts").fetchone() == (0,)
        assert connection.execute("select count(*) from etl.run").fetchone() == (0,)


def test_a_limit_is_kept_and_said(cli: CommandLine) -> None:
    ended = cli("sync", "contacts", "--limit", "7")
    assert "stopped after 7 records" in ended.err
    assert ended.out.split()[7:9] == ["7", "7"]


@pytest.mark.parametrize("since", ["2020-01-02T03:04:05Z", "2020-01-02T03:04:05+02:00", "9000d"])
def test_since_takes_times_with_a_zone_and_spans(cli: CommandLine, since: str) -> None:
    ended = cli("sync", "contacts", "--since", since, "--json")
    assert ended.json["streams"]["contacts"]["since"].endswith("+00:00")
    assert "before --since" in ended.err


def test_an_outdated_schema_of_the_users_own_is_refused_and_migrated_when_asked(
    cli: CommandLine, empty_database_url: str
) -> None:
    cli.environment["DATABASE_URL"] = empty_database_url
    assert_says(cli("sync"), 78, ["schema is not up to date"], "intercom-etl migrate")
    assert "pending" in cli("migrate", "--status").out
    applied = cli("migrate")
    assert applied.code == 0
    assert "applied 0001_bookkeeping.sql" in applied.out
    assert "views made" in applied.err
    assert cli("migrate").out == ""
    assert cli("migrate", "--json").json == {"status": "ok", "exit_code": 0, "migrations": [], "views": []}
    status = cli("migrate", "--status", "--json")
    assert {entry["state"] for entry in status.json["migrations"]} == {"applied"}
    assert cli("sync", "tags").code == 0


def test_the_stages_apart_need_no_database_and_then_no_api(cli: CommandLine) -> None:
    extracted = cli("extract", "--out", "landing", DATABASE_URL=None)
    assert extracted.code == 0
    assert "next: `intercom-etl transform landing`" in extracted.err
    transformed = cli("transform", "landing", DATABASE_URL=None, INTERCOM_BASE_URL="http://127.0.0.1:1")
    assert transformed.code == 0
    assert "next: `intercom-etl load landing`" in transformed.err
    for ended in (extracted, transformed):
        lines = ended.out.strip().splitlines()
        assert lines[0].split() == ["stream", "read"]
        assert " records into `landing`  " in lines[-1]
    loaded = cli("load", "landing", "--json", INTERCOM_BASE_URL="http://127.0.0.1:1")
    assert loaded.code == 0
    assert loaded.json["streams"]["conversations"]["inserted"] == 30


def test_streams_that_are_read_whole_say_that_since_does_not_count(cli: CommandLine) -> None:
    ended = cli("sync", "tags", "admins", "--since", "1h")
    assert "note: admins, tags: read whole: --since cannot shorten it\n" in ended.err


def test_verbose_tells_of_every_request_and_of_no_record(cli: CommandLine) -> None:
    ended = cli("sync", "tags", "-v")
    told = [line for line in ended.error_lines if line.startswith("debug: `GET /tags` answered 200 in ")]
    assert len(told) == 1
    assert "debug" not in cli("sync", "tags").err


def test_with_json_logs_every_line_on_stderr_is_json(cli: CommandLine) -> None:
    ended = cli("sync", "--log-format", "json", "--json")
    assert ended.json["status"] == "ok"
    lines = [json.loads(line) for line in ended.error_lines]
    assert any(line["message"].startswith("contacts: 40 read") for line in lines)


def test_a_bug_is_one_line_and_a_file_without_secrets(cli: CommandLine, tmp_path: Path) -> None:
    # a home of its own, where sitecustomize breaks something inside
    (cli.folder / "sitecustomize.py").write_text(
        "import os, intercom_etl.api as api\n"
        "def broken(settings):\n"
        "    raise RuntimeError(settings.intercom_access_token.get_secret_value())\n"
        "api.api_config = broken\n"
    )
    ended = cli("sync", PYTHONPATH=str(cli.folder))
    assert ended.code == 1
    assert ended.error_lines[0] == "error: this is a bug in intercom-etl: RuntimeError"
    path = Path(ended.error_lines[1].split("`")[1])
    text = path.read_text()
    assert path.is_relative_to(tmp_path / "home")
    assert "broken" in text
    assert TOKEN not in text
    assert (path.stat().st_mode | path.parent.stat().st_mode) & 0o077 == 0


def interrupted(cli: CommandLine, *arguments: str) -> tuple[str, str]:
    """Output and errors of a command that is ended while it reads."""
    workspace = Workspace(seed=34, size=Size(contacts=5, conversations=400), token=TOKEN)
    with SimulatorServer(workspace, latency=0.2) as server:
        process = cli.start(*arguments, INTERCOM_BASE_URL=server.url)
        deadline = time.monotonic() + 30
        while len(server.requests) < 10 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.terminate()
        out, errors = process.communicate(timeout=30)
    assert process.returncode == 143
    return out, errors


def test_interrupted_it_says_how_to_go_on(cli: CommandLine) -> None:
    out, errors = interrupted(cli, "sync", "conversations", "--json")
    assert json.loads(out)["status"] == "interrupted"
    assert "go on with `intercom-etl sync conversations --json`" in errors


def test_interrupted_in_a_reading_of_everything_it_says_that_this_starts_over(cli: CommandLine) -> None:
    _, errors = interrupted(cli, "sync", "conversations", "--full")
    assert "`intercom-etl sync conversations` copies what is still missing" in errors
    assert "`intercom-etl sync conversations --full` starts over" in errors


def test_interrupted_in_an_extraction_it_asks_for_another_folder(cli: CommandLine) -> None:
    _, errors = interrupted(cli, "extract", "conversations", "--out", "landing")
    assert "interrupted: `landing` holds what was fetched" in errors
    assert "name another folder" in errors


def test_ctrl_c_while_the_program_loads_ends_in_one_line(bare: CommandLine) -> None:
    (bare.folder / "typer.py").write_text("import time\nprint('loading', flush=True)\ntime.sleep(60)\n")
    with bare.start("status", PYTHONPATH=str(bare.folder)) as process:
        assert process.stdout
        assert process.stdout.readline() == "loading\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == "interrupted: nothing was begun\n"


def test_a_folder_is_loaded_only_under_the_policy_that_it_was_extracted_with(cli: CommandLine) -> None:
    policy = {
        "INTERCOM_ETL_PRIVACY_FILE": "privacy.toml",
        "INTERCOM_ETL_PRIVACY_KEY": "long-enough-a-key-it-is",
    }
    (cli.folder / "privacy.toml").write_text("[contacts]\nemail = 'hash'\n")
    assert cli("extract", "admins", "--out", "without").code == 0
    assert_says(
        cli("transform", "without", changes={**policy}),
        2,
        ["`without`", "another privacy policy"],
        "extract again",
    )
    assert cli("transform", "without").code == 0
    assert_says(
        cli("load", "without", changes={**policy}),
        2,
        ["`without`", "another privacy policy"],
        "extract again",
    )
    assert cli("extract", "admins", "--out", "with", changes={**policy}).code == 0
    assert cli("transform", "with", changes={**policy}).code == 0
    assert cli("load", "with", changes={**policy}).code == 0
    assert "policy" in cli("doctor", "--offline", changes={**policy}).out
    with psycopg.connect(cli.environment["DATABASE_URL"]) as connection:
        assert connection.execute("select 1 from intercom.admins where email like '%@%'").fetchall() == []
