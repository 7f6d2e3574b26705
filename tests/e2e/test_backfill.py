"""`backfill`: a span of time, window by window, that goes on where it ended and moves no bookmark."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from command_line import CommandLine, assert_says
from truth import api, clock, request, rows, run_sync

from intercom_etl.backfill import Span, Unfinished, backfill, read_unfinished
from intercom_etl.errors import UsageError
from intercom_etl.report import RunReport, StreamReport
from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from tests.cli.conftest import bare, cli, online, simulator  # noqa: F401 - fixtures

SIZE = Size(contacts=40, conversations=80, companies=5, tickets=10)
BOOKMARK = "select stream, value, resume_from, completed_at from etl.bookmark order by 1"


class Teller:
    """Remembers the windows that were read."""

    def __init__(self) -> None:
        self.windows: list[tuple[int, int]] = []

    def started(self, workspace: str, streams: Sequence[str], run_id: int | None) -> None: ...

    def advanced(self, report: StreamReport) -> None: ...

    def finished(self, report: StreamReport) -> None: ...

    def window_done(self, done: int, windows: int, until: datetime, report: StreamReport) -> None:
        assert until.tzinfo is not None
        assert report.read >= 0
        self.windows.append((done, windows))


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(seed=91, size=SIZE)


@pytest.fixture
def server(workspace: Workspace) -> Iterator[SimulatorServer]:
    with SimulatorServer(workspace) as running:
        yield running


async def run_backfill(
    server: SimulatorServer,
    url: str,
    name: str,
    span: Span,
    teller: Teller | None = None,
    resumed: Unfinished | None = None,
    **more: int,
) -> RunReport:
    return await backfill(
        request(name, **more),
        span,
        api=api(server),
        database_url=url,
        clock=clock,
        observer=teller or Teller(),
        resumed=resumed,
    )


def span_of(workspace: Workspace, kind: str, windows: int) -> Span:
    """The second to fourth fifth of all changes, in so many windows."""
    times = sorted(record["updated_at"] for record in workspace.truth(kind).values())
    start, end = (datetime.fromtimestamp(times[len(times) * n // 5], UTC) for n in (1, 4))
    step = timedelta(seconds=-(-int((end - start).total_seconds()) // windows))
    return Span(start, end, step)


def inside(workspace: Workspace, kind: str, span: Span) -> set[str]:
    return {
        identity
        for identity, record in workspace.truth(kind).items()
        if span.start.timestamp() <= record["updated_at"] < span.end.timestamp()
    }


@pytest.mark.parametrize("kind", ["conversations", "contacts", "tickets"])
async def test_it_reads_just_the_span_and_moves_no_bookmark(
    server: SimulatorServer, workspace: Workspace, database_url: str, kind: str
) -> None:
    await run_sync(server, database_url, "tags")
    before = rows(database_url, BOOKMARK)
    span, teller = span_of(workspace, kind, 4), Teller()
    report = await run_backfill(server, database_url, kind, span, teller)
    assert report.exit_code == 0
    stored = {row["id"] for row in rows(database_url, f"select id from intercom.{kind}")}
    assert stored >= inside(workspace, kind, span)
    if kind != "contacts":  # a search by days gives more: what came is kept
        assert stored == inside(workspace, kind, span)
    assert teller.windows == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert rows(database_url, BOOKMARK) == before
    [kept] = rows(database_url, "select * from etl.backfill")
    assert kept["done_to"] == kept["to_at"] == span.end
    assert kept["finished_at"] is not None


async def test_what_was_interrupted_goes_on_and_what_is_held_is_not_fetched_again(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    span = span_of(workspace, "conversations", 6)
    wanted = inside(workspace, "conversations", span)
    short = await run_backfill(server, database_url, "conversations", span, max_requests=25)
    assert short.exit_code == 75
    assert "`intercom-etl backfill --resume 1`" in str(short.streams[0].note)
    held = {row["id"] for row in rows(database_url, "select id from intercom.conversations")}
    assert held < wanted
    server.clear_requests()
    teller = Teller()
    rest = await run_backfill(server, database_url, "conversations", span, teller)
    assert rest.exit_code == 0
    assert teller.windows[0][0] > 1
    fetched = {
        path.rsplit("/", 1)[1] for method, path, _ in server.requests if method == "GET" and path != "/me"
    }
    assert fetched == wanted - held
    assert {row["id"] for row in rows(database_url, "select id from intercom.conversations")} == wanted
    assert len(rows(database_url, "select 1 from etl.backfill")) == 1


async def test_without_an_end_it_goes_on_up_to_the_present_however_often_it_is_interrupted(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    span = replace(span_of(workspace, "conversations", 6), is_open=True)
    short = await run_backfill(server, database_url, "conversations", span, max_requests=25)
    assert short.exit_code == 75
    later = replace(span, end=span.end + timedelta(days=3))
    server.clear_requests()
    assert (await run_backfill(server, database_url, "conversations", later)).exit_code == 0
    stored = {row["id"] for row in rows(database_url, "select id from intercom.conversations")}
    assert stored == inside(workspace, "conversations", later)
    fetched = [path for method, path, _ in server.requests if method == "GET" and path != "/me"]
    assert len(fetched) < len(stored)
    [kept] = rows(database_url, "select * from etl.backfill")
    assert (kept["from_at"], kept["to_at"]) == (span.start, later.end)
    named = replace(later, is_open=False)  # that one is finished: this is another
    assert (await run_backfill(server, database_url, "conversations", named)).exit_code == 0
    assert len(rows(database_url, "select 1 from etl.backfill")) == 2


async def test_one_of_another_workspace_is_not_gone_on_with(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    span = span_of(workspace, "conversations", 6)
    await run_backfill(server, database_url, "conversations", span, max_requests=25)
    other = replace(await read_unfinished(database_url, 1), workspace_id="another")
    with pytest.raises(UsageError, match="backfill `1` is of workspace `another`"):
        await run_backfill(server, database_url, "conversations", other.span, resumed=other)


async def test_newer_rows_stay_and_a_failed_window_is_read_again(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    await run_sync(server, database_url, "contacts")
    before = rows(database_url, "select id, updated_at, raw from intercom.contacts order by id")
    span = span_of(workspace, "contacts", 3)
    broken = Fault("500", path="POST */search", after=1, count=30)
    server.faults = Faults(broken)
    failed = await run_backfill(server, database_url, "contacts", span)
    assert broken.fired
    assert failed.exit_code == 75
    server.faults = Faults()
    assert (await run_backfill(server, database_url, "contacts", span)).exit_code == 0
    assert rows(database_url, "select id, updated_at, raw from intercom.contacts order by id") == before


def test_on_the_screen(cli: CommandLine, database_url: str) -> None:  # noqa: F811
    begun = cli(
        "backfill",
        "conversations",
        "--from",
        "2020-01-01T00:00:00Z",
        "--max-requests",
        "12",
        "--window",
        "90d",
    )
    assert begun.code == 75, begun
    assert "window 1 of " in begun.err
    ended = cli("backfill", "--resume", "1")
    assert ended.code == 0, ended
    assert "left" in ended.err
    stored = rows(database_url, "select count(*) as n from intercom.conversations")
    assert stored == [{"n": 30}]
    assert cli("runs", "show", "2").code == 0
    whole = cli("backfill", "contacts", "--from", "90d", "--window", "30d")
    assert "window 3 of 3" in whole.err
    assert_says(cli("backfill", "--resume", "1"), 2, ["backfill `1` is already finished"], "--from")
    assert_says(cli("backfill", "--resume", "9"), 2, ["there is no backfill `9`"], "--from")


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["tags", "--from", "7d"], "`tags` cannot be read by spans", "sync tags --full"),
        (["conversations"], "--from is missing", "--from 2024"),
        (["--from", "7d"], "no stream is named", "backfill conversations"),
        (["conversations", "--from", "1d", "--to", "7d"], "is empty", "later than --from"),
        (["conversations", "--from", "soon"], "--from `soon` is not a time", "write it like"),
        (["conversations", "--from", "7d", "--window", "0d"], "--window `0d`", "write it like"),
        (["conversations", "--resume", "1"], "--resume goes on", "leave out"),
        (["converstions", "--from", "7d"], "unknown stream `converstions`", "conversations"),
    ],
)
def test_what_does_not_fit_is_said_at_once(
    bare: CommandLine,  # noqa: F811
    arguments: list[str],
    error: str,
    hint: str,
) -> None:
    assert_says(bare("backfill", *arguments), 2, [error], hint)
