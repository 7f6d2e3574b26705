"""Checks a large search by counting: windows of time whose counts agree are not looked into.

A window whose counts differ is halved, until it is small enough to be listed.
"""

from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from psycopg import sql

from intercom_etl.checks.listing import Subject, listed_ids
from intercom_etl.endpoint import Search
from intercom_etl.extract.count import Counter, count_records
from intercom_etl.window import Window

FEWEST_WINDOWS, MOST_WINDOWS = 8, 100
RECORDS_A_WINDOW = 1_000  # a change that was missed shows when it crosses the end of a window
LISTED_UP_TO = 300  # records: two pages cost no more than halving further
SECOND = timedelta(seconds=1)


def first_windows(stored: int) -> int:
    """Into how many windows a collection of `stored` records is cut, before any is halved: a request each."""
    return min(max(stored // RECORDS_A_WINDOW, FEWEST_WINDOWS), MOST_WINDOWS)


async def check_windows(subject: Subject, endpoint: Search) -> None:
    """Compares counts up to the last sync, and lists the windows in which they differ."""
    counter = await _calibrated(subject, endpoint)
    await _note_changed(subject)
    bounds = await _quantiles(subject)
    starts = [datetime.fromtimestamp(0, UTC), *(bound + SECOND for bound in bounds)]
    ends = [*bounds, subject.claim]
    windows = [Window(a, b, None) for a, b in zip(starts, ends, strict=True) if a <= b]
    subject.verdict.api = sum([await _check(subject, counter, window) for window in windows])


async def check_total(subject: Subject, endpoint: Search) -> bool:
    """Whether the API counts as many records as are stored, less those that changed since the last sync."""
    await _note_changed(subject)
    counted = await count_records(subject.client, endpoint)
    rows = await subject.rows(
        sql.SQL(
            "select count(*) as stored from {} where workspace_id = %(workspace_id)s and deleted_at is null"
            " and id <> all (%(changed)s)"
        ).format(subject.table),
        changed=list(subject.changed),
    )
    if counted is None:
        return False
    subject.verdict.api = counted - len(subject.changed)
    return subject.verdict.api == rows[0]["stored"]


async def _calibrated(subject: Subject, endpoint: Search) -> Counter:
    """A counter that knows whether `>` includes equals: the reference says the one and the other.

    Of a second that has records, behind one that has none, the count from either tells.
    """
    counter = Counter(subject.client, endpoint)
    rows = await subject.rows(
        sql.SQL(
            "select t.updated_at from {table} t where t.workspace_id = %(workspace_id)s"
            " and t.deleted_at is null and t.updated_at <= %(claim)s and not exists (select from {table} n"
            " where n.workspace_id = t.workspace_id and n.updated_at = t.updated_at - interval '1 second')"
            " order by t.updated_at desc limit 1"
        ).format(table=subject.table),
        claim=subject.claim,
    )
    if rows:
        await counter.calibrate(rows[0]["updated_at"])
    return counter


async def _note_changed(subject: Subject) -> None:
    """Lists what changed after the last sync: it has left the windows that are compared."""
    recent = Window(subject.claim + SECOND, subject.client.now(), None)
    async with aclosing(listed_ids(subject, recent)) as pages:
        async for _ in pages:
            pass


async def _quantiles(subject: Subject) -> list[datetime]:
    """Times between which there is about the same number of stored records each."""
    count = first_windows(subject.verdict.stored or 0)
    shares = [number / count for number in range(1, count)]
    rows = await subject.rows(
        sql.SQL(
            "select distinct unnest(percentile_disc(%(shares)s::float8[]) within group (order by updated_at))"
            " as bound from {} where workspace_id = %(workspace_id)s and deleted_at is null"
            " and updated_at <= %(claim)s"
        ).format(subject.table),
        shares=shares,
        claim=subject.claim,
    )
    return sorted(row["bound"] for row in rows if row["bound"] is not None and row["bound"] < subject.claim)


async def _check(subject: Subject, counter: Counter, window: Window) -> int:
    """Looks into the window if the counts differ; returns the API's count."""
    announced = await counter.count(window)
    stored, middle = await _stored(subject, window)
    if announced == stored:
        return announced
    is_large = max(announced, stored) > LISTED_UP_TO
    if is_large and middle is not None and window.start is not None and window.start <= middle < window.end:
        await _check(subject, counter, replace(window, end=middle))
        await _check(subject, counter, replace(window, start=middle + SECOND))
    else:
        await _list(subject, window)
    return announced


async def _stored(subject: Subject, window: Window) -> tuple[int, datetime | None]:
    """How many records of the window are stored and unchanged since, and the time that halves them."""
    [row] = await subject.rows(
        sql.SQL(
            "select count(*) as stored, percentile_disc(0.5) within group (order by updated_at) as middle"
            " from {} where workspace_id = %(workspace_id)s and deleted_at is null"
            " and updated_at between %(start)s and %(end)s and id <> all (%(changed)s)"
        ).format(subject.table),
        start=window.start,
        end=window.end,
        changed=list(subject.changed),
    )
    return row["stored"], row["middle"]


async def _list(subject: Subject, window: Window) -> None:
    listed: set[str] = set()
    async with aclosing(listed_ids(subject, window)) as pages:
        async for ids in pages:
            listed.update(ids)
    rows = await subject.rows(
        sql.SQL(
            "select id from {} where workspace_id = %(workspace_id)s and deleted_at is null"
            " and updated_at between %(start)s and %(end)s"
        ).format(subject.table),
        start=window.start,
        end=window.end,
    )
    gone = {row["id"] for row in rows} - listed - subject.changed
    subject.verdict.add("extra", gone)
