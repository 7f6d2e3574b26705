"""THE ENGINE: read_pages -> to_batch -> commit (write_batch + resume point) -> bookmark.

Every stream is read by its own task through one client and one limiter, and written through its
own connection, one transaction a batch. `read_pages` runs ahead: while a batch is written the next
pages are being fetched. A stream that fails does not stop the others.
"""

from collections.abc import AsyncGenerator, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from intercom_etl.batch import Snapshot
from intercom_etl.errors import TooManyRejectsError
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.extract.pages import read_pages
from intercom_etl.load.current import current_ids
from intercom_etl.load.write import Loader
from intercom_etl.page import Page, Stub
from intercom_etl.postgres.connection import Database
from intercom_etl.privacy.policy import Policy
from intercom_etl.report import Observer, RunReport, StreamReport
from intercom_etl.runs import WorkspaceRun, hold_workspace, open_run
from intercom_etl.state.bookmarks import Bookmark
from intercom_etl.stream import Stream
from intercom_etl.stream_tasks import each_stream
from intercom_etl.transform.validate import to_batch
from intercom_etl.window import Window

# below this many records a share says nothing; above it, half refused means a wrong program
DELETE_SHARE = 0.3
REJECTS_JUDGED_FROM, REJECTS_TOLERATED = 1_000, 0.5


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What was asked for. `limit` is a number of records per stream.

    `delete_share` is the share of a collection's records that may vanish at once; more is taken
    for a fault of the API. `policy` says what is kept of each record.
    """

    streams: tuple[Stream, ...]
    lookback: timedelta
    since: datetime | None = None
    full: bool = False
    limit: int | None = None
    delete_share: float = DELETE_SHARE
    policy: Policy | None = None

    def treatment(self, stream: Stream) -> Callable[[Page], Page] | None:
        """What becomes of a page before anybody sees it; None without a policy."""
        return partial(self.policy.apply_to_page, stream) if self.policy is not None else None

    def as_json(self) -> dict[str, Any]:
        """For the run's row."""
        return {
            "streams": [stream.name for stream in self.streams],
            "since": self.since.isoformat() if self.since else None,
            "full": self.full,
            "limit": self.limit,
            "privacy": self.policy.fingerprint if self.policy is not None else None,
        }


async def sync(
    request: SyncRequest,
    *,
    api: ClientConfig,
    database_url: str,
    clock: Callable[[], datetime],
    observer: Observer,
) -> RunReport:
    """Brings the requested streams up to date and says what was done.

    Raises CredentialsError, LockHeldError, SchemaError, DatabaseError when nothing can go on;
    what was committed before stays, and the next run goes on from there. An error of one stream
    is in its StreamReport instead.
    """
    async with (
        open_run(database_url, command="sync", asked=request.as_json(), clock=clock) as run,
        IntercomClient(api) as client,
    ):
        try:
            workspace = await client.workspace()
            async with hold_workspace(run, workspace.id, delete_share=request.delete_share) as held:
                observer.started(workspace.name or workspace.id, [s.name for s in request.streams], run.id)
                await _sync_streams(request, held, client, observer)
        finally:
            run.requests = client.stats.requests
        run.outcome = RunReport(
            command="sync",
            run_id=run.id,
            workspace=workspace.id,
            streams=tuple(run.streams[stream.name] for stream in request.streams),
            requests=client.stats.requests,
            retries=client.stats.retries,
            seconds=(clock() - run.started_at).total_seconds(),
        )
    return run.outcome


async def _sync_streams(
    request: SyncRequest, held: WorkspaceRun, client: IntercomClient, observer: Observer
) -> None:
    started_at = client.now()

    async def work(stream: Stream, report: StreamReport) -> None:
        await _sync_stream(stream, request, held, client, started_at, report, observer)

    await each_stream(request.streams, work, client=client, reports=held.run.streams, observer=observer)


async def _sync_stream(
    stream: Stream,
    request: SyncRequest,
    held: WorkspaceRun,
    client: IntercomClient,
    started_at: datetime,
    report: StreamReport,
    observer: Observer,
) -> None:
    known = held.bookmarks.get(stream.name, Bookmark())
    window = Window.choose(
        since=request.since,
        bookmark=known.value,
        resume_from=known.resume_from,
        lookback=request.lookback,
        now=started_at,
        full=request.full,
    )
    async with held.run.connect() as database, held.run.connect() as lookup:
        loader, snapshot = await Loader.create(database.connection, stream), Snapshot()
        async with aclosing(_read(stream, window, request, held, client, lookup)) as pages:
            async for page in pages:
                batch = to_batch(stream, page)
                snapshot.add(batch)
                written = await held.commit(database, loader, batch, window, page.position)
                report.count(page, batch, written)
                observer.advanced(report)
                _refuse_too_many_rejects(report)
                if request.limit is not None and report.read >= request.limit:
                    report.note = f"stopped after {report.read} records as asked; the bookmark stays"
                    return
        await held.finish(database, loader, window, report, snapshot)


async def _read(
    stream: Stream,
    window: Window,
    request: SyncRequest,
    held: WorkspaceRun,
    client: IntercomClient,
    lookup: Database,
) -> AsyncGenerator[Page]:
    """Pages of the window, cut to the limit."""

    async def is_current(stubs: Sequence[Stub]) -> Collection[str]:
        return await current_ids(lookup, stream, held.workspace_id, stubs)

    pending = await lookup.rows("list_pending", {"workspace_id": held.workspace_id, "stream": stream.name})
    pages = read_pages(
        client,
        stream,
        window,
        is_current=None if request.full or stream.detail is None else is_current,
        also=[row["raw"].encode() for row in pending],
        treat=request.treatment(stream),
    )
    left = request.limit
    async with aclosing(pages):
        async for page in pages:
            if left is not None:
                page = replace(page, records=page.records[:left], position=None)
                left -= len(page.records)
            yield page


def _refuse_too_many_rejects(report: StreamReport) -> None:
    if report.read >= REJECTS_JUDGED_FROM and report.rejected > report.read * REJECTS_TOLERATED:
        raise TooManyRejectsError(
            f"{report.rejected} of {report.read} records of `{report.stream}` were refused",
            "they are in quarantine; the API may have changed: check INTERCOM_API_VERSION and upgrade",
        )
