"""`sync --dry-run`: the first page of every stream through all stages, in a transaction that is undone."""

from collections.abc import Callable
from contextlib import aclosing
from datetime import datetime

from intercom_etl.endpoint import Scroll
from intercom_etl.errors import CredentialsError, DatabaseError, EtlError
from intercom_etl.export import Export
from intercom_etl.extract.budget import Budget
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.load.write import Loader
from intercom_etl.postgres.connection import Database, open_database
from intercom_etl.postgres.migrations import read_migrations, require_current
from intercom_etl.reading import Reading
from intercom_etl.report import Observer, RunReport, StreamReport
from intercom_etl.request import SyncRequest
from intercom_etl.state.bookmarks import Bookmark, read_bookmarks
from intercom_etl.stream import Stream
from intercom_etl.transform.validate import to_batch
from intercom_etl.window import Window


async def preview(
    request: SyncRequest,
    api: ClientConfig,
    database_url: str,
    clock: Callable[[], datetime],
    observer: Observer,
) -> RunReport:
    """The first page of every stream, fetched, validated and merged; nothing of it stays.

    Raises what `sync` raises, but holds no lease and leaves no run behind.
    """
    started = clock()
    reports: list[StreamReport] = []
    budget = Budget(request.max_requests, request.max_runtime)
    async with IntercomClient(api, budget=budget) as client, open_database(database_url) as database:
        await require_current(database, read_migrations())
        workspace = await client.workspace()
        observer.started(workspace.name or workspace.id, [stream.name for stream in request.streams], None)
        for stream in request.streams:
            report = StreamReport(stream.name)
            reports.append(report)
            try:
                await _preview_stream(
                    stream, request, client, database, database_url, workspace.id, clock, report
                )
            except (DatabaseError, CredentialsError):
                raise
            except EtlError as error:
                report.error = error
            observer.finished(report)
        return RunReport(
            command="sync --dry-run",
            run_id=None,
            workspace=workspace.id,
            streams=tuple(reports),
            requests=client.stats.requests,
            retries=client.stats.retries,
            seconds=(clock() - started).total_seconds(),
        )


async def _preview_stream(
    stream: Stream,
    request: SyncRequest,
    client: IntercomClient,
    database: Database,
    database_url: str,
    workspace_id: str,
    clock: Callable[[], datetime],
    report: StreamReport,
) -> None:
    known = (await read_bookmarks(database, workspace_id)).get(stream.name, Bookmark())
    window = Window.choose(
        since=request.since,
        bookmark=known.value,
        resume_from=None,
        lookback=request.lookback,
        now=client.now(),
        whole=request.full,
    )
    loader = await Loader.create(database.connection, stream, history=request.history)
    if isinstance(stream.endpoint, Scroll):
        report.note = "not tried: a scroll that is left open would block the next run for a minute"
        return
    if isinstance(stream.endpoint, Export):
        report.note = "not tried: an export job takes minutes, and the API runs few at a time"
        return
    async with open_database(database_url) as lookup:
        reading = Reading(stream, request, client, lookup, workspace_id, known)
        async with aclosing(reading.pages(window)) as pages:
            page = await anext(pages, None)
    if page is None:
        return
    if request.limit is not None:
        page = page.first(request.limit)
    batch = to_batch(stream, page)
    async with database.transaction() as tx, tx.transaction(force_rollback=True):
        written = await loader.write(tx, batch, workspace_id=workspace_id, run_id=0, now=clock())
    report.count(page, batch, written)
    report.since = window.start
