"""Reads one list for each parent, many at a time, handed on in the order of the parents.

A list that cannot be read must not cost the others; one that is not there has nothing in it.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

import msgspec

from intercom_etl.errors import ApiError, FatalApiError
from intercom_etl.extract.ahead import read_ahead
from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.held import HELD_PER_REQUEST, Held, Tolerance
from intercom_etl.extract.listed import Listed
from intercom_etl.extract.page_builder import PageBuilder
from intercom_etl.page import Page, Parent, Unavailable
from intercom_etl.stream import Cursor, Linked, Listing, Paged, PerParent

ListKind = TypeVar("ListKind", bound=Cursor | Linked | Listing | Paged)
Read = Callable[[Cursor | Linked | Listing | Paged], AsyncGenerator[Listed]]


@dataclass(frozen=True, slots=True)
class _List:
    """What became of one parent's list; `records` None: it could not be read."""

    parent: Parent
    asked_at: datetime
    records: list[bytes] | None = None
    error: ApiError | None = None

    @property
    def size(self) -> int:
        return sum(map(len, self.records or ()))


async def read_lists(
    client: IntercomClient, endpoint: PerParent, parents: AsyncGenerator[Parent], read: Read
) -> AsyncGenerator[Page]:
    """Pages with the whole lists of some parents each; `read` reads one list.

    What was read before an error is handed on first. However this ends, no request stays behind.
    """
    running: set[asyncio.Task[_List]] = set()
    held = Held(client.config.concurrency)
    started = _start(client, endpoint, parents, read, running, held)
    builder, tolerance = PageBuilder(), Tolerance()
    try:
        async with aclosing(read_ahead(started, HELD_PER_REQUEST * client.config.concurrency)) as tasks:
            async for task in tasks:
                found = await task
                held.add(-found.size)
                tolerance.note(found.error)
                _add(builder, endpoint, found)
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


def _add(builder: PageBuilder, endpoint: PerParent, found: _List) -> None:
    if found.records is not None:
        builder.add_list(found.parent.id, found.records, found.asked_at, whole=endpoint.whole)
    elif found.error is not None:
        stub = msgspec.json.encode({"id": found.parent.id})
        builder.add_unavailable(Unavailable(found.parent.id, stub, found.error.message), found.asked_at)
    builder.advance(found.asked_at, found.parent.position, None)


async def _start(
    client: IntercomClient,
    endpoint: PerParent,
    parents: AsyncGenerator[Parent],
    read: Read,
    running: set[asyncio.Task[_List]],
    held: Held,
) -> AsyncGenerator[asyncio.Task[_List]]:
    async with aclosing(parents):
        async for parent in parents:
            task = asyncio.create_task(_collect(client, endpoint, parent, read, held))
            running.add(task)
            task.add_done_callback(running.discard)
            yield task


async def _collect(
    client: IntercomClient, endpoint: PerParent, parent: Parent, read: Read, held: Held
) -> _List:
    asked_at = client.now()
    if set(parent.id) <= {"."}:  # such an id would lead to another address
        request = f"GET {endpoint.each.path}"
        return _List(parent, asked_at, error=FatalApiError("id is no part of an address", request=request))
    found: list[bytes] = []
    try:
        async with held.slots:
            await held.room()
            async with aclosing(read(of_parent(endpoint.each, parent.id))) as pages:
                async for listed in pages:
                    found += [record.text for record in listed.records]
    except ApiError as error:
        if error.status in (404, 410):  # the parent is gone: its own stream will say so
            return _List(parent, asked_at, records=[])
        return _List(parent, asked_at, error=error)
    result = _List(parent, asked_at, records=found)
    held.add(result.size)
    return result


def of_parent(endpoint: ListKind, identity: str) -> ListKind:
    """The list of one parent: its id in the place of `{id}`, in the path and in the parameters."""
    path = endpoint.path.replace("{id}", quote(identity, safe=""))
    params = tuple((name, value.replace("{id}", identity)) for name, value in endpoint.params)
    return replace(endpoint, path=path, params=params)
