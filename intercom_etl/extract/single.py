"""Reads single records by their ids, as whole as a listing of their stream would give them."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

import msgspec

from intercom_etl.errors import ApiError
from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.details import read_details
from intercom_etl.extract.listed import Listed, ListedRecord
from intercom_etl.extract.pages import read_list
from intercom_etl.extract.rest import complete_lists
from intercom_etl.json_text import read_stub
from intercom_etl.page import Page
from intercom_etl.stream import Stream
from intercom_etl.window import Window


def address_of_one(stream: Stream) -> str | None:
    """Where one record of the stream is, with `{id}` in it; None when the API has no such place."""
    return stream.detail or (stream.confirm.address if stream.confirm is not None else None)


async def read_single(client: IntercomClient, stream: Stream, ids: Sequence[str]) -> AsyncGenerator[Page]:
    """Pages with these records, those that are gone, and those that could not be read.

    Raises ApiError when many could not, and when lists inside the records stayed cut off.
    """
    address = address_of_one(stream)
    if address is None:
        raise ValueError(f"`{stream.name}` has no address of single records")
    stubs = [msgspec.json.encode({"id": identity}) for identity in ids]
    refused: dict[str, ApiError] = {}
    async with aclosing(read_details(client, address, _nothing(), None, stubs, ())) as pages:
        async for page in pages:
            yield await _completed(client, stream, page, refused)
    for error in refused.values():
        raise error


async def _nothing() -> AsyncGenerator[Listed]:
    return
    yield


async def _completed(
    client: IntercomClient, stream: Stream, page: Page, refused: dict[str, ApiError]
) -> Page:
    if not page.records or all(children.rest is None for children in stream.children):
        return page
    window = Window(None, page.fetched_at, None)
    records = tuple(ListedRecord(text, read_stub(text)) for text in page.records)

    async def once() -> AsyncGenerator[Listed]:
        yield Listed(records, page.fetched_at, None)

    whole = complete_lists(stream, once(), lambda rest: read_list(client, rest, window), refused)
    async with aclosing(whole) as listing:
        async for listed in listing:
            return replace(page, records=tuple(record.text for record in listed.records))
    return page
