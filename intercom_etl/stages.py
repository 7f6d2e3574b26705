"""The three stages by themselves, handing over through a landing folder. `sync` joins them in memory.

extract needs the API and no database, transform needs neither, load needs the database and no
API: a load can be repeated, and gives the same tables as `sync` did.
"""

from collections.abc import Callable, Collection
from contextlib import aclosing
from datetime import datetime, timedelta
from pathlib import Path

from intercom_etl.attributes import refresh_attribute_views
from intercom_etl.endpoint import PerParent
from intercom_etl.errors import UsageError
from intercom_etl.extract.budget import Budget
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.extract.pages import read_pages
from intercom_etl.landing import manifest as manifests
from intercom_etl.landing.batches import check_batch_file, read_batch_file, write_batch_file
from intercom_etl.landing.lines import file, files
from intercom_etl.landing.manifest import LandedStream, Manifest
from intercom_etl.landing.pages import read_page, write_page
from intercom_etl.landing.parents import landed_parents
from intercom_etl.load.bury import Seen
from intercom_etl.load.write import Loader
from intercom_etl.postgres.connection import Database
from intercom_etl.reading import names_of
from intercom_etl.report import READ_WHOLE, Observer, RunReport, StreamReport, Written
from intercom_etl.request import DELETE_SHARE, SyncRequest
from intercom_etl.runs import WorkspaceRun, hold_workspace, open_run
from intercom_etl.state.bookmarks import Bookmark, Reached
from intercom_etl.stream import Stream
from intercom_etl.stream_tasks import each_stream
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch
from intercom_etl.window import Window


async def extract(
    request: SyncRequest,
    *,
    api: ClientConfig,
    folder: Path,
    clock: Callable[[], datetime],
    observer: Observer,
) -> RunReport:
    """Writes the raw pages of the requested streams into a new folder, with a manifest.

    Raises UsageError when the folder is in use, CredentialsError when the token is refused; the
    failure of one stream is in its report, and its pages so far stay without being complete.
    """
    started = clock()
    _require_parents(request)
    reports: dict[str, StreamReport] = {}
    afterwards = (
        f"`{folder}` holds what was read, and can be loaded; allow more, and a new folder, for the rest"
    )
    budget = Budget(request.max_requests, request.max_runtime, afterwards=afterwards)
    async with IntercomClient(api, budget=budget) as client:
        workspace = await client.workspace()
        manifest = Manifest(
            format=manifests.FORMAT,
            workspace_id=workspace.id,
            workspace_name=workspace.name or workspace.id,
            api_version=api.api_version,
            started_at=client.now(),
            lookback_seconds=request.lookback.total_seconds(),
            since=None if request.full else request.since,
            streams={stream.name: LandedStream() for stream in request.streams},
            privacy=request.policy.fingerprint if request.policy is not None else None,
        )
        manifests.create(folder, manifest)
        observer.started(manifest.workspace_name, list(manifest.streams), None)

        async def work(stream: Stream, report: StreamReport) -> None:
            await _extract_stream(stream, request, client, folder, manifest, report, observer)

        await each_stream(
            request.streams,
            work,
            client=client,
            new=StreamReport,
            reports=reports,
            finished=observer.finished,
            may_lack=request.may_lack(()),
        )
        return RunReport(
            command="extract",
            run_id=None,
            workspace=workspace.id,
            streams=tuple(reports.values()),
            requests=client.stats.requests,
            retries=client.stats.retries,
            seconds=(clock() - started).total_seconds(),
        )


def _require_parents(request: SyncRequest) -> None:
    asked = {stream.name for stream in request.streams}
    for stream in request.streams:
        if isinstance(stream.endpoint, PerParent) and stream.endpoint.parent not in asked:
            raise UsageError(
                f"`{stream.name}` is read for each record of `{stream.endpoint.parent}`",
                f"without a database both are needed: name `{stream.endpoint.parent}` as well",
            )


async def _extract_stream(
    stream: Stream,
    request: SyncRequest,
    client: IntercomClient,
    folder: Path,
    manifest: Manifest,
    report: StreamReport,
    observer: Observer,
) -> None:
    landed = manifest.streams[stream.name]
    landed.start = manifest.since or (None if request.full else stream.begins(manifest.started_at))
    window = Window(landed.start, manifest.started_at, bookmark=None)
    pages = read_pages(
        client,
        stream,
        window,
        parents=landed_parents(folder, stream.endpoint) if isinstance(stream.endpoint, PerParent) else None,
        names=names_of(stream, request),
        treat=request.treatment(stream),
    )
    async with aclosing(pages):
        async for page in pages:
            if request.limit is not None:
                page = page.first(request.limit - report.read)
            landed.pages += 1
            write_page(file(folder, "pages", stream.name, landed.pages), page)
            report.count_page(page)
            landed.records = report.read
            observer.advanced(report)
            if request.limit is not None and report.read >= request.limit:
                report.note = f"stopped after {report.read} records as asked"
                break
        else:
            landed.complete = report.complete = True
            if stream.is_whole and manifest.since is not None:
                report.note = READ_WHOLE
    manifests.save(folder, manifest)


def transform(folder: Path, *, clock: Callable[[], datetime], observer: Observer) -> RunReport:
    """Validates every page of a landing folder into a batch beside it. Running it again overwrites."""
    started = clock()
    manifest = manifests.read(folder)
    observer.started(manifest.workspace_name, list(manifest.streams), None)
    reports: list[StreamReport] = []
    for name, landed in manifest.streams.items():
        stream = _stream(name, folder)
        report = StreamReport(name, total=landed.records)
        reports.append(report)
        for path in manifests.whole_files(folder, "pages", name, landed):
            page = read_page(path)
            batch = to_batch(stream, page)
            write_batch_file(folder / "batches" / name / path.name, batch)
            report.count(page, batch, Written(rejected=len(batch.rejects)))
            observer.advanced(report)
        landed.transformed = report.complete = True
        observer.finished(report)
    manifests.save(folder, manifest)
    return RunReport(
        command="transform",
        run_id=None,
        workspace=manifest.workspace_id,
        streams=tuple(reports),
        requests=0,
        retries=0,
        seconds=(clock() - started).total_seconds(),
    )


async def load(
    folder: Path,
    *,
    database_url: str,
    clock: Callable[[], datetime],
    observer: Observer,
    delete_share: float = DELETE_SHARE,
    history: Collection[str] = (),
) -> RunReport:
    """Writes the batches of a landing folder into the database, as `sync` would have.

    Older than what is stored, it changes nothing; a bookmark moves only when the folder leaves no
    gap behind it. Raises UsageError when the folder has not been transformed.
    """
    manifest = manifests.read(folder)
    untransformed = [name for name, landed in manifest.streams.items() if not landed.transformed]
    if untransformed:
        raise UsageError(
            f"`{folder}` has not been transformed: `{untransformed[0]}`",
            f"run `intercom-etl transform {folder}` first",
        )
    for name, landed in manifest.streams.items():  # before anything of it is written
        for path in manifests.whole_files(folder, "batches", _stream(name, folder).name, landed):
            check_batch_file(path)
    asked = {"folder": str(folder), "streams": list(manifest.streams), "privacy": manifest.privacy}
    reports: dict[str, StreamReport] = {}
    async with open_run(database_url, command="load", asked=asked, clock=clock) as run:
        run.streams = reports
        async with hold_workspace(run, manifest.workspace_id, delete_share=delete_share) as held:
            observer.started(manifest.workspace_name, list(manifest.streams), run.id)
            for name in manifest.streams:
                report = reports[name] = StreamReport(name, total=manifest.streams[name].records)
                await _load_stream(_stream(name, folder), folder, manifest, held, report, observer, history)
                observer.finished(report)
            await refresh_attribute_views(held)
        outcome = run.outcome = RunReport(
            command="load",
            run_id=run.id,
            workspace=manifest.workspace_id,
            streams=tuple(reports.values()),
            requests=0,
            retries=0,
            seconds=(clock() - run.started_at).total_seconds(),
        )
    return outcome


async def _load_stream(
    stream: Stream,
    folder: Path,
    manifest: Manifest,
    held: WorkspaceRun,
    report: StreamReport,
    observer: Observer,
    history: Collection[str],
) -> None:
    known = held.bookmarks.get(stream.name, Bookmark()).value
    # where a first run begins is no gap, unless something is stored from before
    since = manifest.since if known is None else manifest.streams[stream.name].start or manifest.since
    window = Window.choose(
        since=since,
        bookmark=known,
        resume_from=None,
        lookback=timedelta(seconds=manifest.lookback_seconds),
        now=manifest.started_at,
        whole=since is None,
    )
    async with held.run.connect() as database:
        loader = await Loader.create(database.connection, stream, history=history)
        seen = await Seen.begin(database.connection, loader.table, stream.parent_key)
        for path in files(folder, "batches", stream.name):
            batch = read_batch_file(path, stream)
            # a folder is loaded again from its beginning: no resume point
            written = await held.commit(database, loader, batch, window, None, seen)
            report.read += len(batch.items) + sum(reject.parent_id is None for reject in batch.rejects)
            report.count_written(batch, written)
            observer.advanced(report)
        if not manifest.streams[stream.name].complete:
            report.note = "the extraction did not reach its end: the bookmark stays"
            return
        await _finish_stream(stream, held, database, loader, seen, window, report)


async def _finish_stream(
    stream: Stream,
    held: WorkspaceRun,
    database: Database,
    loader: Loader,
    seen: Seen,
    window: Window,
    report: StreamReport,
) -> None:
    """As `sync` ends, but for what only the API could confirm: that waits for the next `sync`."""
    report.complete = True
    if stream.replication_key is not None:
        report.since, report.bookmark = window.start, window.bookmark
        if window.leaves_gap:
            report.note = "the bookmark stays: changes before --since may be missing"
            return
    if stream.is_whole and stream.confirm is None:
        missing = await held.absent(database, seen, window, announced=None)
        report.buried += await held.bury(database, loader, missing, window)
    if stream.follows_parents:  # how far the parents were read, only `sync` knows
        return
    reached = Reached(
        value=report.bookmark,
        completed_at=window.end,
        reread_after=held.bookmarks.get(stream.name, Bookmark()).reread_after,
    )
    await held.finish(database, loader, reached)


def _stream(name: str, folder: Path) -> Stream:
    stream = all_streams().get(name)
    if stream is None:
        raise UsageError(f"`{folder}` holds stream `{name}`, which this program does not know", "upgrade it")
    return stream
