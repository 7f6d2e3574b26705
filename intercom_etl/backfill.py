"""Reads a span of one stream again, window by window, beside the syncs and without moving their bookmarks.

Stored rows that are newer stay: a backfill can run while the live data go on being copied.
"""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol

from intercom_etl.attributes import refresh_attribute_views
from intercom_etl.endpoint import Log, Search
from intercom_etl.errors import UsageError
from intercom_etl.export import Export
from intercom_etl.extract.budget import Budget
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.load.write import Loader
from intercom_etl.postgres.connection import Database, open_database
from intercom_etl.reading import Reading
from intercom_etl.report import Observer, RunReport, StreamReport
from intercom_etl.request import SyncRequest
from intercom_etl.runs import WorkspaceRun, hold_workspace, open_run
from intercom_etl.state.backfills import Backfill, advance_backfill, find_backfill, open_backfill
from intercom_etl.state.bookmarks import Bookmark
from intercom_etl.stream import Stream
from intercom_etl.stream_tasks import each_stream
from intercom_etl.transform.validate import to_batch
from intercom_etl.window import Window

SECOND = timedelta(seconds=1)  # the API's times have no parts of it


class BackfillObserver(Observer, Protocol):
    """Whoever wants to watch a backfill."""

    def window_done(self, done: int, windows: int, until: datetime, report: StreamReport) -> None:
        """So many windows of all are read, up to that time."""
        ...


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to before `end`, in windows of `step`.

    `is_open`: nobody named the end, it is now; an unfinished backfill from the same `start` is gone on with.
    """

    start: datetime
    end: datetime
    step: timedelta
    is_open: bool = False

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise UsageError(
                f"the span from {self.start:%Y-%m-%dT%H:%M:%SZ} to {self.end:%Y-%m-%dT%H:%M:%SZ} is empty",
                "give a --to that is later than --from",
            )

    @property
    def windows(self) -> int:
        """How many there are, the last one perhaps shorter."""
        return ceil((self.end - self.start) / self.step)


def require_spans(stream: Stream) -> None:
    """Raises UsageError for a stream that cannot be read by spans of time."""
    if not isinstance(stream.endpoint, Search | Log | Export):
        raise UsageError(
            f"`{stream.name}` cannot be read by spans of time",
            f"read all of it: `intercom-etl sync {stream.name} --full`",
        )


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A backfill that was begun earlier, by its number."""

    number: int
    workspace_id: str
    stream: str
    span: Span


async def read_unfinished(database_url: str, number: int) -> Unfinished:
    """An unfinished backfill. Raises UsageError when there is none of that number."""
    async with open_database(database_url) as database:
        row = await find_backfill(database, number)
    if row is None or row["finished_at"] is not None:
        what = (
            f"there is no backfill `{number}`" if row is None else f"backfill `{number}` is already finished"
        )
        raise UsageError(what, "name a stream with --from and --to to begin one")
    span = Span(row["from_at"], row["to_at"], row["step"])
    return Unfinished(number, row["workspace_id"], row["stream"], span)


async def backfill(
    request: SyncRequest,
    span: Span,
    *,
    api: ClientConfig,
    database_url: str,
    clock: Callable[[], datetime],
    observer: BackfillObserver,
    resumed: Unfinished | None = None,
) -> RunReport:
    """Reads the span of the request's one stream, from where an earlier attempt at it had come.

    Raises UsageError for a stream that has no spans, and when the one to be `resumed` is of another
    workspace than the token; and what `sync` raises.
    """
    [stream] = request.streams
    require_spans(stream)
    reports: dict[str, StreamReport] = {}
    asked = request.as_json() | {"from": span.start.isoformat(), "to": span.end.isoformat()}
    async with (
        open_run(database_url, command="backfill", asked=asked, clock=clock) as run,
        IntercomClient(api, budget=Budget(request.max_requests, request.max_runtime)) as client,
    ):
        run.streams = reports
        try:
            workspace = await client.workspace()
            if resumed is not None and resumed.workspace_id != workspace.id:
                raise UsageError(
                    f"backfill `{resumed.number}` is of workspace `{resumed.workspace_id}`,"
                    f" the token of workspace `{workspace.id}`",
                    "use the token of the workspace that it is of",
                )
            async with hold_workspace(run, workspace.id, delete_share=request.delete_share) as held:
                observer.started(workspace.name or workspace.id, [stream.name], run.id)

                async def work(stream: Stream, report: StreamReport) -> None:
                    await _Reader(stream, request, span, held, client, report, observer).run()

                await each_stream(
                    request.streams,
                    work,
                    client=client,
                    new=StreamReport,
                    reports=reports,
                    finished=observer.finished,
                )
                await refresh_attribute_views(held)
        finally:
            run.requests = client.stats.requests
        outcome = run.outcome = RunReport(
            command="backfill",
            run_id=run.id,
            workspace=workspace.id,
            streams=tuple(reports.values()),
            requests=client.stats.requests,
            retries=client.stats.retries,
            seconds=(clock() - run.started_at).total_seconds(),
        )
    return outcome


@dataclass(slots=True)
class _Reader:
    stream: Stream
    request: SyncRequest
    span: Span
    held: WorkspaceRun
    client: IntercomClient
    report: StreamReport
    observer: BackfillObserver
    noted: int = 0

    async def run(self) -> None:
        """All windows that are left, oldest first."""
        async with self.held.run.connect() as database, self.held.run.connect() as lookup:
            loader = await Loader.create(database.connection, self.stream, history=self.request.history)
            reading = Reading(
                self.stream, self.request, self.client, lookup, self.held.workspace_id, Bookmark()
            )
            async with database.transaction() as tx:
                await self.held.lease.hold(tx)
                known = await open_backfill(
                    tx,
                    self.held.lease,
                    stream=self.stream.name,
                    from_at=self.span.start,
                    to_at=self.span.end,
                    step=self.span.step,
                    is_open=self.span.is_open,
                    run_id=self.held.run.id,
                    now=self.held.run.clock(),
                )
            self.report.note = (
                f"backfill {known.id} is not finished: go on with `intercom-etl backfill --resume {known.id}`"
            )
            start = known.done_to
            while start < known.to_at:
                end = min(start + self.span.step, known.to_at)
                await self._read(database, loader, reading, Window(start, end - SECOND, None))
                await self._note(database, known.id, end)
                start = end
                self._tell(known, end)
        self.report.note, self.report.complete = None, True

    async def _read(self, database: Database, loader: Loader, reading: Reading, window: Window) -> None:
        async with aclosing(reading.span(window)) as pages:
            async for page in pages:
                batch = to_batch(self.stream, page)
                written = await self.held.commit(database, loader, batch, window, None)
                self.report.count(page, batch, written)
                self.observer.advanced(self.report)

    async def _note(self, database: Database, number: int, end: datetime) -> None:
        """The window is read: the next run need not."""
        async with database.transaction() as tx:
            await self.held.lease.hold(tx)
            await advance_backfill(
                tx,
                self.held.lease,
                number,
                done_to=end,
                records=self.report.read - self.noted,
                run_id=self.held.run.id,
                now=self.held.run.clock(),
            )
        self.noted = self.report.read

    def _tell(self, known: Backfill, end: datetime) -> None:
        windows = Span(known.from_at, known.to_at, self.span.step).windows
        left = 0 if end >= known.to_at else Span(end, known.to_at, self.span.step).windows
        self.observer.window_done(windows - left, windows, end, self.report)
