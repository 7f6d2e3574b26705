"""Reads an append-only log: POST with two times and a page number, in steps, oldest first."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from intercom_etl.endpoint import Log
from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.cursors import is_last, page_number
from intercom_etl.extract.listed import Listed, ListingReader
from intercom_etl.window import Window

FIRST = datetime(2011, 8, 1, tzinfo=UTC)  # Intercom was founded then: no workspace is older
STEP, LONGEST_STEP = timedelta(days=30), timedelta(days=480)


async def read_log(client: IntercomClient, endpoint: Log, window: Window) -> AsyncGenerator[Listed]:
    """Pages of the window. Steps grow while they are empty: a young workspace costs few requests.

    A record's position is the beginning of its step: within a step the newest come first.
    """
    start = window.start or FIRST
    step = STEP
    while start <= window.end:
        end = min(start + step, window.end)
        is_empty = True
        async with aclosing(_read_step(client, endpoint, start, end)) as pages:
            async for listed in pages:
                is_empty = is_empty and not listed.records
                yield _placed(listed, start)
        step = min(step * 2, LONGEST_STEP) if is_empty else STEP
        start = end + timedelta(seconds=1)


async def _read_step(
    client: IntercomClient, endpoint: Log, start: datetime, end: datetime
) -> AsyncGenerator[Listed]:
    reader = ListingReader(f"POST {endpoint.path}", endpoint.key)
    # one second more on both sides: nothing says whether the bounds belong to the span
    span = {"created_at_after": int(start.timestamp()) - 1, "created_at_before": int(end.timestamp()) + 1}
    page = 1
    while True:
        answer = await client.post(endpoint.path, {**span, "page": page, "per_page": endpoint.page_size})
        listed = reader.read(answer)
        if (number := page_number(answer)) is not None:
            reader.follow(number, "page", answer)
        reader.remember(listed, answer)
        yield listed
        if is_last(answer, page, not listed.records):
            return
        page += 1


def _placed(listed: Listed, position: datetime) -> Listed:
    records = tuple(replace(record, position=position) for record in listed.records)
    return replace(listed, records=records)
