"""Turns listed records into whole ones: one GET each, many at a time, handed on in listing order.

    listing -> not current? -> GET .. GET .. GET (ahead of the consumer, bounded) -> pages in order

A record that cannot be read must not cost the others, but when many cannot, it is not the records.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote

from intercom_etl.errors import ApiError, FatalApiError
from intercom_etl.extract.ahead import read_ahead
from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.fields import text_at
from intercom_etl.extract.held import HELD_PER_REQUEST, Held, Tolerance
from intercom_etl.extract.listed import Listed, ListedRecord
from intercom_etl.extract.page_builder import PageBuilder
from intercom_etl.json_text import read_stub
from intercom_etl.page import Gone, Page, Stub, Unavailable
from intercom_etl.privacy.addresses import without_addresses

IsCurrent = Callable[[Sequence[Stub]], Awaitable[Collection[str]]]


@dataclass(frozen=True, slots=True)
class _Fetched:
    """What became of one detail: the record, or why not."""

    fetched_at: datetime
    record: bytes | None = None
    error: ApiError | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """A listed record on its way; without a task it needs no request."""

    listed: ListedRecord
    seen_at: datetime
    total: int | None = None
    task: asyncio.Task[_Fetched] | None = None
    is_current: bool = False
    is_waiting: bool = False


async def read_details(
    client: IntercomClient,
    address: str,
    listing: AsyncGenerator[Listed],
    is_current: IsCurrent | None,
    also: Sequence[bytes],
    afterwards: Sequence[bytes],
) -> AsyncGenerator[Page]:
    """Pages of whole records; `address` is like `/conversations/{id}`.

    `also` come before what is listed, `afterwards` behind it, unless they were fetched by then.
    What was read before an error is handed on first. However this ends, no request stays behind.
    """
    running: set[asyncio.Task[_Fetched]] = set()
    held = Held(client.config.concurrency)
    started = _start(client, address, listing, is_current, (also, afterwards), running, held)
    builder, tolerance = PageBuilder(), Tolerance()
    try:
        async with aclosing(read_ahead(started, HELD_PER_REQUEST * client.config.concurrency)) as entries:
            async for entry in entries:
                await _add(builder, entry, tolerance, held)
                if builder.is_full:
                    yield builder.take()
    except ApiError:
        if not builder.is_empty:
            yield builder.take()
        raise
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    if not builder.is_empty:
        yield builder.take()


async def _start(
    client: IntercomClient,
    address: str,
    listing: AsyncGenerator[Listed],
    is_current: IsCurrent | None,
    unlisted: tuple[Sequence[bytes], Sequence[bytes]],
    running: set[asyncio.Task[_Fetched]],
    held: Held,
) -> AsyncGenerator[_Entry]:
    """Starts the requests, in listing order, as far ahead as the reader of this lets it."""

    def entry(
        record: ListedRecord, seen_at: datetime, total: int | None, *, is_waiting: bool = False
    ) -> _Entry:
        if record.stub is None:  # nothing to ask for; validation will say what is wrong with it
            return _Entry(record, seen_at, total)
        task = asyncio.create_task(_fetch(client, address, record.stub, held))
        running.add(task)
        task.add_done_callback(running.discard)
        return _Entry(record, seen_at, total, task, is_waiting=is_waiting)

    before, behind = ([ListedRecord(text, read_stub(text)) for text in texts] for texts in unlisted)
    waiting = {record.stub.id for record in before if record.stub is not None}
    due = {record.stub.id: record for record in behind if record.stub is not None}
    position: datetime | None = None
    async with aclosing(listing):
        for record in before:
            yield entry(record, client.now(), None, is_waiting=True)
        async for listed in listing:
            stubs = [record.stub for record in listed.records if record.stub is not None]
            current = set(await is_current(stubs)) if is_current is not None and stubs else set[str]()
            for record in listed.records:
                position = record.position
                if record.stub is not None and record.stub.id in current:
                    yield _Entry(record, listed.fetched_at, listed.total, is_current=True)
                    continue
                if record.stub is not None:
                    due.pop(record.stub.id, None)
                is_waiting = record.stub is not None and record.stub.id in waiting
                yield entry(record, listed.fetched_at, listed.total, is_waiting=is_waiting)
        for record in due.values():  # the listing stays read as far as it is
            yield entry(replace(record, position=position), client.now(), None)


async def _fetch(client: IntercomClient, address: str, stub: Stub, held: Held) -> _Fetched:
    asked_at = client.now()
    path = address.replace("{id}", quote(stub.id, safe=""))
    request = without_addresses(f"GET {path}")
    if set(stub.id) <= {"."}:  # such an id would lead to another address
        return _Fetched(asked_at, error=FatalApiError("id is no part of an address", request=request))
    try:
        async with held.room():
            answer = await client.get(path)
            held.add(len(answer.body))
    except ApiError as error:
        return _Fetched(asked_at, error=error)
    if text_at(answer.members, "id") != stub.id:
        held.add(-len(answer.body))
        wrong = FatalApiError(
            f"answer to `{request}` is not the record that was asked for",
            request=request,
            status=answer.status,
            request_id=answer.request_id,
        )
        return _Fetched(asked_at, error=wrong)
    return _Fetched(answer.fetched_at, record=answer.body)


async def _add(builder: PageBuilder, entry: _Entry, tolerance: Tolerance, held: Held) -> None:
    listed = entry.listed
    if entry.is_current and listed.stub is not None:
        builder.skip(listed.stub.id)
    elif entry.task is None or listed.stub is None:
        builder.add(listed.text, entry.seen_at)
    else:
        fetched = await entry.task
        if fetched.record is not None:
            tolerance.note(None)
            held.add(-len(fetched.record))
            builder.add(fetched.record, fetched.fetched_at)
        elif fetched.error is not None and fetched.error.status in (404, 410):
            tolerance.note(None)
            builder.add_gone(Gone(listed.text, "not_found"), fetched.fetched_at)
        elif fetched.error is not None:
            tolerance.note(fetched.error, is_known=entry.is_waiting)
            unavailable = Unavailable(listed.stub.id, listed.text, fetched.error.message)
            builder.add_unavailable(unavailable, fetched.fetched_at)
    builder.advance(entry.seen_at, listed.position, entry.total)
