"""Finds out what is gone: what a whole reading did not name any more, confirmed one by one.

Deleted, merged and archived records vanish from lists and searches without a word (intercom-api,
5). A search that reads only changes cannot notice; so now and then everything is listed, and at
once when the API counts fewer records than are stored.
"""

import logging
from contextlib import aclosing
from datetime import datetime, timedelta

from intercom_etl.endpoint import Search
from intercom_etl.extract.confirm import confirm_absent
from intercom_etl.load.bury import Seen
from intercom_etl.load.write import Loader
from intercom_etl.postgres.connection import Database
from intercom_etl.reading import Reading
from intercom_etl.report import StreamReport
from intercom_etl.request import SyncRequest
from intercom_etl.runs import WorkspaceRun
from intercom_etl.state.bookmarks import Bookmark
from intercom_etl.stream import Stream
from intercom_etl.transform.validate import to_batch
from intercom_etl.window import Window

log = logging.getLogger(__name__)

SWEPT_AT_ONCE = 15_000  # records: a hundred requests; larger collections wait for their day


def is_sweep_due(request: SyncRequest, stream: Stream, known: Bookmark, now: datetime) -> bool:
    """Whether this run shall list everything: asked for, or the last time is long ago."""
    if stream.confirm is None or not isinstance(stream.endpoint, Search) or request.since is not None:
        return False
    if request.sweep:
        return True
    if request.sweep_every <= timedelta(0) or known.value is None or known.resume_from is not None:
        return False
    return known.swept_at is None or now - known.swept_at >= request.sweep_every


async def has_lost_records(reading: Reading, unlisted_before: int) -> bool:
    """Whether the API counts fewer records than are stored, and looking for them is cheap."""
    if reading.request.limit is not None or reading.request.since is not None:
        return False
    unlisted = await reading.count_unlisted()
    if unlisted is None or unlisted <= unlisted_before:
        return False
    log.info("%d stored %s are not there any more", unlisted - unlisted_before, reading.stream.name)
    return await reading.count_stored() <= SWEPT_AT_ONCE


async def bury_missing(
    reading: Reading,
    held: WorkspaceRun,
    database: Database,
    loader: Loader,
    seen: Seen,
    window: Window,
    report: StreamReport,
) -> int:
    """Marks what a whole reading of the window did not name and what is really gone.

    Returns how many records are there though they were not named. Raises MassDeletionError, and
    marks none, when so much is missing that the reading is doubted.
    """
    announced = None if isinstance(reading.stream.endpoint, Search) else report.total
    missing = await held.absent(database, seen, window, announced)
    if not missing:
        return 0
    if reading.stream.confirm is None:
        report.buried += await held.bury(database, loader, missing, window)
        return 0
    buried = 0
    treat = reading.request.treatment(reading.stream)
    async with database.transaction() as tx:
        was_short = await seen.leaves_out(tx, len(missing), report.total)
    verdicts = confirm_absent(
        reading.client, reading.stream.confirm, missing, read_from=window.end, was_short=was_short
    )
    async with aclosing(verdicts):
        async for page in verdicts:
            page = treat(page) if treat is not None else page
            batch = to_batch(loader.stream, page)
            written = await held.commit(database, loader, batch, window, window.bookmark)
            buried += written.buried
            report.count_written(batch, written)
    return len(missing) - buried
