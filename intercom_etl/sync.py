"""THE ENGINE: read_pages -> to_batch -> commit (write_batch + resume point) -> bookmark.

Every stream is read by its own task through one client and one limiter, and written through its
own connection, one transaction a batch. `read_pages` runs ahead: while a batch is written the next
pages are being fetched. A stream that fails does not stop the others.
"""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime

from intercom_etl.attributes import refresh_attribute_views
from intercom_etl.errors import DatabaseUnavailableError, TooManyRejectsError
from intercom_etl.extract.budget import Budget
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.load.bury import Seen
from intercom_etl.load.write import Loader
from intercom_etl.postgres.connection import Database
from intercom_etl.reading import Reading, window_of
from intercom_etl.reconnect import Reconnects
from intercom_etl.report import READ_WHOLE, Observer, RunReport, StreamReport
from intercom_etl.request import SyncRequest
from intercom_etl.runs import Run, WorkspaceRun, hold_workspace, open_run
from intercom_etl.state.bookmarks import Bookmark, Reached
from intercom_etl.stream import Stream
from intercom_etl.stream_tasks import each_stream
from intercom_etl.sweep import bury_missing, has_lost_records, is_sweep_due
from intercom_etl.transform.validate import to_batch
from intercom_etl.window import Window

# below this many records a share says nothing; above it, half refused means a wrong program
REJECTS_JUDGED_FROM, REJECTS_TOLERATED = 1_000, 0.5


async def sync(
    request: SyncRequest,
    *,
    api: ClientConfig,
    database_url: str,
    clock: Callable[[], datetime],
    observer: Observer,
) -> RunReport:
    """Brings the requested streams up to date and says what was done.

    A database that goes away in the middle is waited for; what is left is then read in a new run.
    Raises CredentialsError, LockHeldError, SchemaError, DatabaseError when nothing can go on;
    what was committed before stays, and the next run goes on from there. An error of one stream
    is in its StreamReport instead, also that the budget is used up.
    """
    command = _Command(request, database_url, clock, observer, Reconnects(request.database_patience), clock())
    async with IntercomClient(api, budget=Budget(request.max_requests, request.max_runtime)) as client:
        while True:
            try:
                return await command.run(client)
            except DatabaseUnavailableError as error:
                await command.reconnects.wait(error)


@dataclass(slots=True)
class _Command:
    """One `sync`; as many runs as the database needs. `reports` are of all of them together."""

    request: SyncRequest
    database_url: str
    clock: Callable[[], datetime]
    observer: Observer
    reconnects: Reconnects
    started_at: datetime
    reports: dict[str, StreamReport] = field(default_factory=dict)

    async def run(self, client: IntercomClient) -> RunReport:
        """Reads the streams that no run so far has read to their end."""
        unread = tuple(s for s in self.request.streams if not self._is_complete(s))
        request, before = replace(self.request, streams=unread), client.stats.requests
        asked, reports = self.request.as_json(), dict[str, StreamReport]()
        async with open_run(self.database_url, command="sync", asked=asked, clock=self.clock) as run:
            run.streams = reports
            try:
                loaders = await _make_loaders(request, run)
                workspace = await client.workspace()
                async with hold_workspace(run, workspace.id, delete_share=request.delete_share) as held:
                    self.reconnects.begun()
                    names = [stream.name for stream in request.streams]
                    self.observer.started(workspace.name or workspace.id, names, run.id)
                    await _sync_streams(
                        request, held, client, loaders, reports, self.observer, self.reconnects
                    )
                    await refresh_attribute_views(held)
            finally:
                run.requests = client.stats.requests - before
                for name, report in reports.items():
                    self.reports[name] = report.after(self.reports.get(name))
            outcome = run.outcome = RunReport(
                command="sync",
                run_id=run.id,
                workspace=workspace.id,
                streams=tuple(self.reports[stream.name] for stream in self.request.streams),
                requests=client.stats.requests,
                retries=client.stats.retries,
                seconds=(self.clock() - self.started_at).total_seconds(),
            )
        return outcome

    def _is_complete(self, stream: Stream) -> bool:
        return stream.name in self.reports and self.reports[stream.name].complete


async def _make_loaders(request: SyncRequest, run: Run) -> dict[str, Loader]:
    """Raises SchemaError for a table that does not fit, before anything is asked of the API."""
    async with run.connect() as database:
        return {
            stream.name: await Loader.create(database.connection, stream, history=request.history)
            for stream in request.streams
        }


async def _sync_streams(
    request: SyncRequest,
    held: WorkspaceRun,
    client: IntercomClient,
    loaders: dict[str, Loader],
    reports: dict[str, StreamReport],
    observer: Observer,
    reconnects: Reconnects,
) -> None:
    started_at = client.now()

    async def work(stream: Stream, report: StreamReport) -> None:
        async with held.run.connect() as database, held.run.connect() as lookup:
            known = held.bookmarks.get(stream.name, Bookmark())
            reading = Reading(stream, request, client, lookup, held.workspace_id, known)
            loader = loaders[stream.name]
            task = _StreamSync(request, held, known, reading, database, loader, report, observer, reconnects)
            await task.run(started_at)

    await each_stream(
        request.streams,
        work,
        client=client,
        new=StreamReport,
        reports=reports,
        finished=observer.finished,
        may_lack=request.may_lack(held.bookmarks.keys()),
    )


@dataclass(slots=True)
class _StreamSync:
    """One stream of one run: its window is read, written, and compared with what is stored."""

    request: SyncRequest
    held: WorkspaceRun
    known: Bookmark
    reading: Reading
    database: Database
    loader: Loader
    report: StreamReport
    observer: Observer
    reconnects: Reconnects
    unlisted: int = 0  # stored, there, and not named by the last whole reading

    async def run(self, started_at: datetime) -> None:
        """Ends with the bookmark moved, unless --limit or --since leave something out."""
        stream, known = self.loader.stream, self.known
        window = window_of(
            self.request,
            stream,
            known,
            started_at,
            whole=self.request.full or is_sweep_due(self.request, stream, known, started_at),
        )
        if not await self._read(window):
            return
        if window.leaves_gap and (stream.replication_key is not None or stream.follows_parents):
            self.report.since, self.report.complete = window.start, True
            self.report.note = "the bookmark stays: changes before --since may be missing"
            return
        if window.start is not None and await has_lost_records(self.reading, known.unlisted):
            buried, window = self.report.buried, window.whole()
            await self._read(window)
            if self.report.buried == buried:  # the API counts otherwise than it lists: no use to look again
                self.unlisted = await self.reading.count_unlisted() or 0
        await self._finish(window)

    async def _read(self, window: Window) -> bool:
        """All pages of the window, written; False when the limit cut it short."""
        stream, report, limit = self.loader.stream, self.report, self.request.limit
        is_whole = limit is None and self.reading.is_whole(window)
        seen = None
        if is_whole:
            seen = await Seen.begin(self.database.connection, self.loader.table, stream.parent_key)
        async with aclosing(self.reading.pages(window)) as pages:
            async for page in pages:
                if limit is not None:
                    page = page.first(limit - report.read)
                batch = to_batch(stream, page)
                written = await self.held.commit(
                    self.database, self.loader, batch, window, page.position, seen
                )
                self.reconnects.committed()
                report.count(page, batch, written)
                self.observer.advanced(report)
                _refuse_too_many_rejects(report)
                if limit is not None and report.read >= limit:
                    report.note = f"stopped after {report.read} records as asked; the bookmark stays"
                    return False
                del page, batch  # not to be held beside the next
        if seen is not None:
            self.unlisted = await bury_missing(
                self.reading, self.held, self.database, self.loader, seen, window, report
            )
        return True

    async def _finish(self, window: Window) -> None:
        stream, report, reading = self.loader.stream, self.report, self.reading
        is_whole = reading.is_whole(window)
        if stream.is_whole and self.request.since is not None:
            report.note = READ_WHOLE
        if stream.replication_key is not None:
            report.since, report.bookmark = window.start, window.bookmark
        if stream.follows_parents:
            report.since, report.bookmark = window.start, reading.reached or window.start or self.known.value
            if reading.parents_given >= self.request.parents_at_most:
                report.note = f"{reading.parents_given} lists read; the next run goes on with the others"
        await self.held.finish(
            self.database,
            self.loader,
            Reached(
                value=report.bookmark,
                completed_at=reading.client.now(),
                swept_at=window.end if is_whole else None,
                unlisted=self.unlisted if is_whole else None,
                reread_after=reading.rereads.after,
            ),
        )
        report.complete = True


def _refuse_too_many_rejects(report: StreamReport) -> None:
    if report.read >= REJECTS_JUDGED_FROM and report.rejected > report.read * REJECTS_TOLERATED:
        raise TooManyRejectsError(
            f"{report.rejected} of {report.read} records of `{report.stream}` were refused",
            "they are in quarantine; the API may have changed: check INTERCOM_API_VERSION and upgrade",
        )
