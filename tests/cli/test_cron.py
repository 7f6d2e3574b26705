"""As cron starts it: silent when all is well; else one line with what is wrong, the mend and the code."""

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from command_line import TOKEN, Ended
from forked import Forked, Parent
from hanging import Relay, silence
from stopped_child import Syncs

from intercom_etl.postgres.connection import open_database
from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from intercom_etl.state.leases import leased

COMMANDS = {
    "sync": ("sync", "tags", "contacts"),
    "verify": ("verify", "tags", "contacts"),
    "backfill": ("backfill", "conversations", "--from", "9000d", "--window", "9000d"),
    "extract": ("extract", "tags", "contacts", "--out", "pages"),
    "load": ("load", "landing"),
}
ONLINE = ("sync", "verify", "backfill", "extract")
STORING = ("sync", "verify", "backfill", "load")
NOBODY = "127.0.0.1:1"


def assert_one_line(ended: Ended, command: str, code: int, error: str, mend: str) -> None:
    assert (ended.code, ended.out) == (code, ""), ended
    [line] = ended.error_lines
    what, hint, rest = line.partition("; hint: ")
    assert what.startswith(f"error: intercom-etl {command}: "), line
    assert error in what, line
    assert hint, line
    assert mend in rest, line
    assert line.endswith(f" (exit {code})"), line


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory, simulator: SimulatorServer, forks: Parent) -> Path:
    """A folder that is ready to be loaded."""
    folder = tmp_path_factory.mktemp("extracted")
    environment = {"HOME": str(folder), "INTERCOM_BASE_URL": simulator.url, "INTERCOM_ACCESS_TOKEN": TOKEN}
    command = Forked(folder, environment, forks)
    assert command("extract", "tags", "--out", "landing", "-q").code == 0
    assert command("transform", "landing", "-q").code == 0
    return folder / "landing"


@pytest.fixture
def landed(forked: Forked, landing: Path) -> Forked:
    """With such a folder, and one attempt a request."""
    forked.environment |= {"INTERCOM_ETL_MAX_ATTEMPTS": "1"}
    shutil.copytree(landing, forked.folder / "landing")
    return forked


@pytest.fixture
def hanging() -> Iterator[str]:
    with silence() as url:
        yield url


def test_nothing_is_printed_when_all_is_well(landed: Forked) -> None:
    for name, command in COMMANDS.items():
        ended = landed(*command, "--quiet")
        assert (ended.code, ended.out, ended.err) == (0, "", ""), name


WRONG: tuple[tuple[tuple[str, ...], dict[str, str | None], int, str, str], ...] = (
    (ONLINE, {"INTERCOM_BASE_URL": f"http://{NOBODY}"}, 75, f"cannot connect to `{NOBODY}`", "network"),
    (("sync",), {"INTERCOM_BASE_URL": "https://no.invalid"}, 75, "cannot find host `no.invalid`", "name"),
    (ONLINE, {"INTERCOM_ACCESS_TOKEN": "of-yesterday"}, 77, "401", "INTERCOM_ACCESS_TOKEN"),
    (ONLINE, {"INTERCOM_ACCESS_TOKEN": None}, 78, "INTERCOM_ACCESS_TOKEN is not set", ".env"),
    (STORING, {"DATABASE_URL": f"postgresql://u:p4ssw0rd@{NOBODY}/x"}, 75, NOBODY, "DATABASE_URL"),
    (("sync",), {"DATABASE_URL": "postgresql://u:p@x:y"}, 78, "DATABASE_URL", "postgresql://"),
)


def test_what_is_wrong_from_the_beginning(landed: Forked) -> None:
    for commands, changes, code, error, mend in WRONG:
        started = {name: landed.fork(*COMMANDS[name], "-q", **changes) for name in commands}
        for name, child in started.items():
            ended = child.wait()
            assert "p4ssw0rd" not in ended.err
            assert_one_line(ended, name, code, error, mend)


def test_an_api_that_takes_requests_and_never_answers(landed: Forked, hanging: str) -> None:
    changes: dict[str, str | None] = {"INTERCOM_BASE_URL": hanging, "INTERCOM_ETL_REQUEST_TIMEOUT": "0.3"}
    started = {name: landed.fork(*COMMANDS[name], "-q", **changes) for name in ONLINE}
    for name, child in started.items():
        assert_one_line(child.wait(), name, 75, "took too long", "INTERCOM_ETL_REQUEST_TIMEOUT")


def test_the_longest_runtime_holds_while_the_api_hangs(landed: Forked, hanging: str) -> None:
    started = {
        name: landed.fork(*COMMANDS[name], "-q", "--max-runtime", "1s", INTERCOM_BASE_URL=hanging)
        for name in ONLINE
    }
    mends = {"verify": "the next check begins with the others", "extract": "holds what was read"}
    for name, child in started.items():
        mend = mends.get(name, "run the same command again")
        assert_one_line(child.wait(), name, 75, "the time of this run is over", mend)


def test_a_schema_that_is_not_ours_or_not_there(landed: Forked, empty_database_url: str) -> None:
    started = {name: landed.fork(*COMMANDS[name], "-q", DATABASE_URL=empty_database_url) for name in STORING}
    for name, child in started.items():
        assert_one_line(child.wait(), name, 78, "schema is not up to date", "intercom-etl migrate")


def test_settings_that_cannot_be_read(landed: Forked) -> None:
    (landed.folder / ".env").mkdir()
    for name, command in COMMANDS.items():
        assert_one_line(landed(*command, "-q"), name, 78, "cannot read `", "readable text file")


async def test_a_lease_that_another_run_holds(landed: Forked, database_url: str) -> None:
    assert landed("sync", "tags", "-q").code == 0
    async with open_database(database_url) as database:
        [found] = await database.rows("list_run_workspaces")
        async with leased(database, found["workspace_id"], 1):
            started = {name: landed.fork(*COMMANDS[name], "-q") for name in STORING}
            skipping = landed.fork("sync", "tags", "-q", "--skip-if-locked")
            loud = landed.fork("sync", "tags", "--skip-if-locked")
            for name, child in started.items():
                ended = await asyncio.to_thread(child.wait)
                assert_one_line(ended, name, 11, "works on workspace", "wait for it to end")
            ended = await asyncio.to_thread(skipping.wait)
            assert (ended.code, ended.out, ended.err) == (0, "", "")
            ended = await asyncio.to_thread(loud.wait)
            assert ended.code == 0
            assert ended.error_lines[0].startswith("skipped: run 1 (")


def test_a_lease_lost_in_the_middle_is_no_run_to_be_skipped(
    forked: Forked, simulator: SimulatorServer, database_url: str, tmp_path: Path
) -> None:
    syncs = Syncs(tmp_path, database_url, simulator, ("tags",), {"INTERCOM_ACCESS_TOKEN": TOKEN})
    with syncs.stopped("M", "--quiet", "--skip-if-locked") as sleeper:
        with psycopg.connect(database_url) as connection:
            connection.execute("update etl.lease set expires_at = now() - interval '1 second'")
        assert forked("sync", "tags", "-q").code == 0
        sleeper.go_on()
        code, errors = sleeper.ended()
    assert code == 11, errors
    assert len(errors.splitlines()) == 1
    assert errors.endswith(" (exit 11)\n")


@pytest.mark.parametrize("name", ["sync", "verify", "extract", "backfill"])
def test_a_token_that_expires_in_the_middle(landed: Forked, name: str) -> None:
    if name == "verify":
        assert landed("sync", "tags", "contacts", "-q").code == 0
    workspace = Workspace(seed=31, size=Size(contacts=5, conversations=5), token=TOKEN)
    with SimulatorServer(workspace, faults=Faults(Fault("401", after=1))) as server:
        ended = landed(*COMMANDS[name], "-q", INTERCOM_BASE_URL=server.url)
    assert len(server.requests) > 2
    assert_one_line(ended, name, 77, "401", "INTERCOM_ACCESS_TOKEN")


# a sync that has begun waits for its database, and is ended by it only before that
@pytest.mark.parametrize(("name", "requests"), [("sync", 1), ("verify", 2), ("backfill", 2)])
def test_a_database_that_goes_away_in_the_middle(
    landed: Forked, database_url: str, name: str, requests: int
) -> None:
    if name == "verify":
        assert landed("sync", "tags", "contacts", "-q").code == 0
    workspace = Workspace(seed=31, size=Size(contacts=5, conversations=400), token=TOKEN)
    with SimulatorServer(workspace, latency=0.3) as server, Relay(database_url) as relay:
        child = landed.fork(*COMMANDS[name], "-q", INTERCOM_BASE_URL=server.url, DATABASE_URL=relay.url)
        until = time.monotonic() + 30
        while len(server.requests) < requests and time.monotonic() < until:
            time.sleep(0.01)
        relay.cut()
        ended = child.wait()
    assert_one_line(ended, name, 75, "PostgreSQL", "again")


def test_a_disk_that_is_full(landed: Forked) -> None:
    landed.largest = 200
    ended = landed(*COMMANDS["extract"], "-q")
    assert_one_line(ended, "extract", 75, "cannot write to disk: file too large", "free some space")
    landed.largest = 1_500
    (landed.folder / "log.jsonl").write_text(" " * landed.largest)
    told = ("--metrics-file", "m.prom", "--log-file", "log.jsonl")
    ended = landed("sync", "tags", "-q", *told)
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    loud = landed("sync", "tags", *told)
    assert loud.code == 0
    assert loud.err.count("warning: cannot write the log file") == 1
    assert loud.err.count("warning: cannot write the metrics file `m.prom`: file too large") == 1
