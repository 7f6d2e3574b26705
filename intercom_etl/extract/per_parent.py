"""Reads one list for each parent, many at a time, handed on in the order of the parents.

A list that cannot be read must not cost the others; one that is not there has nothing in it.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TypeVar
from urllib.parse import quote

import msgspec

from intercom_etl.endpoint import Cursor, Linked, Listing, Paged, PerParent, Together
from intercom_etl.errors import ApiError, FatalApiError
from intercom_etl.extract.ahead import read_ahead
from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.held import HELD_PER_REQUEST, Held, Tolerance
from intercom_etl.extract.listed import Listed
from intercom_etl.extract.log import FIRST
from intercom_etl.extract.page_builder import PageBuilder
from intercom_etl.extract.together import ParentList, collect_together
from intercom_etl.page import Page, Parent, Unavailable
from intercom_etl.window import Window

Separate = Cursor | Linked | Listing | Paged
ListKind = TypeVar("ListKind", bound=Separate)
Read = Callable[[Separate], AsyncGenerator[Listed]]


async def read_lists(
    client: IntercomClient,
    endpoint: PerParent,
    parents: AsyncGenerator[Parent],
    window: Window,
    read: Read,
) -> AsyncGenerator[Page]:
    """Pages with the whole lists of some parents each; `read` reads one list.

    What was read before an error is handed on first. However this ends, no request stays behind.
    """
    running: set[asyncio.Task[list[ParentList]]] = set()
    held = Held(client.config.concurrency)
    started = _start(client, _bounded(endpoint, window), parents, read, running, held)
    builder, tolerance = PageBuilder(), Tolerance()
    try:
        async with aclosing(read_ahead(started, HELD_PER_REQUEST * client.config.concurrency)) as tasks:
            async for task in tasks:
                for found in await task:
                    held.add(-found.size)
                    tolerance.note(found.error, is_known=found.parent.is_waiting)
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


def _bounded(endpoint: PerParent, window: Window) -> PerParent:
    """The lists of logs with the window's ends, a second more on both sides."""
    if endpoint.span is None or isinstance(endpoint.each, Together):
        return endpoint
    start, end = window.start or FIRST, window.end
    ends = zip(endpoint.span, (str(int(start.timestamp()) - 1), str(int(end.timestamp()) + 1)), strict=True)
    return replace(endpoint, each=replace(endpoint.each, params=(*endpoint.each.params, *ends)))


def _add(builder: PageBuilder, endpoint: PerParent, found: ParentList) -> None:
    if found.error is None:
        builder.add_list(found.parent.id, found.records, found.asked_at)
    elif endpoint.span is not None:
        raise found.error  # asked again next time, the list would begin after what is missing now
    else:
        stub = msgspec.json.encode({"id": found.parent.id})
        builder.add_unavailable(Unavailable(found.parent.id, stub, found.error.message), found.asked_at)
    builder.advance(found.asked_at, found.parent.position, None)


async def _start(
    client: IntercomClient,
    endpoint: PerParent,
    parents: AsyncGenerator[Parent],
    read: Read,
    running: set[asyncio.Task[list[ParentList]]],
    held: Held,
) -> AsyncGenerator[asyncio.Task[list[ParentList]]]:
    """Starts the requests, in the order of the parents, as far ahead as the reader of this lets it."""
    each = endpoint.each
    async with aclosing(_grouped(parents, each.at_once if isinstance(each, Together) else 1)) as groups:
        async for group in groups:
            if isinstance(each, Together):
                work = collect_together(client, each, group, held)
            else:
                work = _collect(client, each, group[0], read, held)
            task = asyncio.create_task(work)
            running.add(task)
            task.add_done_callback(running.discard)
            yield task


async def _grouped(parents: AsyncGenerator[Parent], size: int) -> AsyncGenerator[list[Parent]]:
    group: list[Parent] = []
    async with aclosing(parents):
        async for parent in parents:
            group.append(parent)
            if len(group) == size:
                yield group
                group = []
    if group:
        yield group


async def _collect(
    client: IntercomClient, each: Separate, parent: Parent, read: Read, held: Held
) -> list[ParentList]:
    asked_at = client.now()
    if set(parent.id) <= {"."}:  # such an id would lead to another address
        error = FatalApiError("id is no part of an address", request=f"GET {each.path}")
        return [ParentList(parent, asked_at, error=error)]
    found: list[bytes] = []
    try:
        async with held.room():
            asked_at = client.now()
            async with aclosing(read(of_parent(each, parent.id))) as pages:
                async for listed in pages:
                    found += [record.text for record in listed.records]
    except ApiError as error:
        if error.status in (404, 410):  # the parent is gone: its own stream will say so
            return [ParentList(parent, asked_at)]
        return [ParentList(parent, asked_at, error=error)]
    result = ParentList(parent, asked_at, found)
    held.add(result.size)
    return [result]


def of_parent(endpoint: ListKind, identity: str) -> ListKind:
    """The list of one parent: its id in the place of `{id}`, in the path and in the parameters."""
    path = endpoint.path.replace("{id}", quote(identity, safe=""))
    params = tuple((name, value.replace("{id}", identity)) for name, value in endpoint.params)
    return replace(endpoint, path=path, params=params)
