"""Checks a large search by counting: windows of time whose counts agree are not looked into.

A window whose counts differ is halved, until it is small enough to be listed.
"""

from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime

from psycopg import sql

from intercom_etl.checks.listing import SECOND, Subject, list_changed, listed_ids
from intercom_etl.endpoint import Search
from intercom_etl.extract.count import Counter, count_records
from intercom_etl.load.bury import refuse_masses
from intercom_etl.window import Window

EPOCH = datetime.fromtimestamp(0, UTC)
FEWEST_WINDOWS, MOST_WINDOWS = 8, 100
RECORDS_A_WINDOW = 1_000  # a change that was missed shows when it crosses the end of a window
NEWEST = 5_000  # records that are listed before anything is counted
LISTED_UP_TO = 300  # records: two pages cost no more than halving further


def first_windows(stored: int) -> int:
    """Into how many windows a collection of `stored` records is cut, before any is halved: a request each."""
    return min(max(stored // RECORDS_A_WINDOW, FEWEST_WINDOWS), MOST_WINDOWS)


async def check_windows(subject: Subject, endpoint: Search) -> None:
    """Lists the newest records, counts the older ones by windows, and lists those that differ."""
    counter = await _calibrated(subject, endpoint)
    await list_changed(subject)  # it has left the windows that are compared
    settled = await _list_newest(subject)
    newest = set(subject.alive)
    bounds = await _quantiles(subject, settled)
    starts = [EPOCH, *(bound + SECOND for bound in bounds)]
    ends = [*bounds, settled]
    windows = [Window(a, b, None) for a, b in zip(starts, ends, strict=True) if a <= b]
    counted = sum([await _check(subject, counter, window) for window in windows])
    subject.verdict.api = counted + len(newest - subject.changed)
    subject.verdict.add("extra", await _extra(subject))


async def check_total(subject: Subject, endpoint: Search) -> bool:
    """Lists the newest records, and says whether the API counts as many as are stored.

    Those that changed since the last sync are left out.
    """
    await list_changed(subject)
    await _list_newest(subject)
    extra = await _extra(subject)
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
    if subject.verdict.api != rows[0]["stored"]:
        return False
    subject.verdict.add("extra", extra)
    return True


async def _list_newest(subject: Subject) -> datetime:
    """Where most changes are that can have been missed, and counts would not show them all.

    Returns the time up to which nothing was listed.
    """
    rows = await subject.rows(
        sql.SQL(
            "select updated_at from {} where workspace_id = %(workspace_id)s and deleted_at is null"
            " and updated_at <= %(claim)s order by updated_at desc offset %(offset)s limit 1"
        ).format(subject.table),
        claim=subject.claim,
        offset=NEWEST,
    )
    settled = rows[0]["updated_at"] if rows else EPOCH
    await _list(subject, Window(settled + SECOND, subject.claim, None))
    return settled


async def _extra(subject: Subject) -> set[str]:
    """What was named nowhere: a record that moved to another window is not gone."""
    if not subject.expected - subject.alive - subject.changed:
        return set()
    await list_changed(subject)
    extra = subject.expected - subject.alive - subject.changed
    refuse_masses(subject.stream.name, len(extra), subject.verdict.stored or 0, subject.request.delete_share)
    return extra


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


async def _quantiles(subject: Subject, until: datetime) -> list[datetime]:
    """Times up to `until` between which there is about the same number of stored records each."""
    count = first_windows(subject.verdict.stored or 0)
    shares = [number / count for number in range(1, count)]
    rows = await subject.rows(
        sql.SQL(
            "select distinct unnest(percentile_disc(%(shares)s::float8[]) within group (order by updated_at))"
            " as bound from {} where workspace_id = %(workspace_id)s and deleted_at is null"
            " and updated_at <= %(until)s"
        ).format(subject.table),
        shares=shares,
        until=until,
    )
    return sorted(row["bound"] for row in rows if row["bound"] is not None and row["bound"] < until)


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
    async with aclosing(listed_ids(subject, window)) as pages:
        async for ids in pages:
            subject.alive.update(ids)
    rows = await subject.rows(
        sql.SQL(
            "select id from {} where workspace_id = %(workspace_id)s and deleted_at is null"
            " and updated_at between %(start)s and %(end)s"
        ).format(subject.table),
        start=window.start,
        end=window.end,
    )
    subject.expected.update(row["id"] for row in rows)
