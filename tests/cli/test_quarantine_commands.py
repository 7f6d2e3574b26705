"""`intercom-etl quarantine`: what it lists and shows, what it takes for an answer, and what it refuses."""

import json
from collections.abc import Iterator

import psycopg
import pytest
from command_line import TOKEN, CommandLine, assert_says

from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

PLANTED = '{"type":"contact","id":{"no":"id"},"name":"\\u001b]0; \u001b[31mAda\u001b[0m \u202eadA","x":"é"}'


@pytest.fixture
def refused(cli: CommandLine) -> Iterator[CommandLine]:
    """A contact that cannot become a row, and a conversation that the API does not give out."""
    workspace = Workspace(seed=33, size=Size(contacts=5, conversations=5), token=TOKEN)
    contact = next(iter(workspace.truth("contacts")))
    workspace.plant("contacts", contact, PLANTED.encode())
    lost = min(workspace.truth("conversations"))
    with SimulatorServer(workspace, faults=Faults(Fault("500", path=f"/conversations/{lost}"))) as server:
        cli.environment["INTERCOM_BASE_URL"] = server.url
        ended = cli("sync", "contacts", "conversations")
        assert ended.code == 3
        assert "see why: `intercom-etl quarantine list --run 1`" in ended.err
        yield cli


def numbers(refused: CommandLine) -> tuple[int, int]:
    """The entries of the refused record and of the pending one."""
    found = refused("quarantine", "list", "--json").json["entries"]
    return (
        next(entry["id"] for entry in found if not entry["pending"]),
        next(entry["id"] for entry in found if entry["pending"]),
    )


def test_entries_are_listed_and_shown(refused: CommandLine) -> None:
    entry, pending = numbers(refused)
    listed = refused("quarantine", "list", "--run", "1")
    assert listed.code == 0
    assert listed.out.splitlines()[0].split() == ["id", "since", "run", "state", "stream", "record", "reason"]
    assert "2 open entries  2 open in all  1 pending" in listed.out
    assert "quarantine show ID" in listed.err
    assert refused("quarantine", "list", "--pending", "--json").json["matching"] == 1
    assert (
        "nothing in quarantine that fits; 2 open entries in all"
        in refused("quarantine", "list", "--stream", "tickets").err
    )
    shown = refused("quarantine", "show", str(entry))
    assert "by run 1" in shown.out
    assert f"`intercom-etl quarantine retry {entry}`" in shown.out
    assert "\x1b" not in shown.out
    assert refused("quarantine", "show", str(entry), "--raw").out == PLANTED
    assert refused("quarantine", "show", str(entry), "--json").json["raw"] == PLANTED
    assert "the next `intercom-etl sync` asks again" in refused("quarantine", "show", str(pending)).out
    status = refused("status")
    assert "2 records in quarantine: `intercom-etl quarantine list`" in status.out


def test_what_is_refused_again_stays_and_what_is_dropped_does_not_come_back(refused: CommandLine) -> None:
    entry, pending = numbers(refused)
    again = refused("quarantine", "retry", "--all")
    assert again.code == 3
    assert "the next `intercom-etl sync conversations` asks for it again" in again.out
    assert "partial  run 2  1 refused again, 1 pending: the next sync asks for them  exit 3" in again.out
    told = refused("quarantine", "retry", str(entry), "--json")
    assert (told.code, told.json["exit_code"], told.json["refused"]) == (3, 3, 1)
    dropped = refused("quarantine", "drop", str(entry), str(pending))
    assert dropped.code == 0
    assert dropped.out.startswith("dropped  run 4  2 entries: ")
    assert "really given up" in dropped.err
    assert refused("quarantine", "list").err == "nothing in quarantine\n"
    assert refused("quarantine", "retry", "--all").err == "nothing in quarantine to try again\n"
    assert "dropped" in refused("quarantine", "list", "--all").out
    assert "by run 4: somebody gave it up" in refused("quarantine", "show", str(entry)).out
    nightly = refused("sync", "contacts", "conversations", "--full", "--json")
    assert nightly.code == 0
    assert nightly.json["streams"]["contacts"]["dropped"] == 1
    assert_says(
        refused("quarantine", "retry", str(entry)),
        2,
        [f"entry `{entry}` is closed already (dropped)"],
        "show",
    )


def test_what_can_be_stored_after_an_upgrade_is(refused: CommandLine, database_url: str) -> None:
    entry, _ = numbers(refused)
    with psycopg.connect(database_url) as connection:
        good = json.dumps({"type": "contact", "id": "c-new", "name": "Ada"})
        connection.execute("update etl.quarantine set raw = %s where id = %s", (good, entry))
    ended = refused("quarantine", "retry", "--stream", "contacts")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == "ok  run 2  1 stored\n"
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "select c.name, c.synced_at = q.fetched_at from intercom.contacts c, etl.quarantine q"
            " where c.id = 'c-new' and q.resolution = 'stored'"
        ).fetchall()
    assert found == [("Ada", True)]


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["list", "--stream", "contcts"], ["unknown stream `contcts`"], "did you mean `contacts`"),
        (["show", "7"], ["no entry `7`"], "quarantine list"),
        (["show", "seven"], ["`seven`", "not a whole number"], "quarantine show --help"),
        (["show", "7", "--raw", "--json"], ["`--raw` and `--json`"], "`raw`"),
        (["show", "9" * 30], [f"no entry `{'9' * 30}`"], "quarantine list"),
        (["retry"], ["nothing says which"], "`--all`"),
        (["retry", "7"], ["no entry `7`"], "quarantine list"),
        (["retry", "7", "--all"], ["ids say which"], "leave one"),
        (["retry", "--stream", "nothing"], ["unknown stream `nothing`"], "intercom-etl streams"),
        (["drop", "--stream", "contacts"], ["nothing says which"], "`--stream NAME --all`"),
    ],
)
def test_what_people_get_wrong(
    bare: CommandLine, database_url: str, arguments: list[str], error: list[str], hint: str
) -> None:
    ended = bare("quarantine", *arguments, DATABASE_URL=database_url)
    if "--json" in arguments:
        assert (ended.code, ended.json["exit_code"]) == (2, 2)
    else:
        assert_says(ended, 2, error, hint)


def test_where_nothing_was_ever_stored_nothing_is_made(bare: CommandLine) -> None:
    assert bare("quarantine", "list").err == "nothing in quarantine\n"
    assert bare("quarantine", "retry", "--all", "--json").json["entries"] == []
    assert_says(bare("quarantine", "drop", "7"), 2, ["no entry `7`"], "quarantine list")
    assert not (bare.folder.parent / "home").exists()
