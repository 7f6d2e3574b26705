"""Reads the plain lists: by cursor, by page number, by the address of the next page, or all at once."""

from collections.abc import AsyncGenerator

from intercom_etl.endpoint import Cursor, Linked, Listing, Paged
from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.cursors import flat_cursor, is_last, next_cursor, next_query, page_number
from intercom_etl.extract.fields import integer_at
from intercom_etl.extract.listed import Listed, ListingReader
from intercom_etl.json_text import members
from intercom_etl.window import Window


async def read_cursor(client: IntercomClient, endpoint: Cursor) -> AsyncGenerator[Listed]:
    """Pages of a list with a cursor in the query string."""
    name, following = ("cursor", flat_cursor) if endpoint.style == "flat" else ("starting_after", next_cursor)
    reader = ListingReader(f"GET {endpoint.path}", endpoint.key)
    params: dict[str, str | int] = {**dict(endpoint.params), "per_page": endpoint.page_size}
    while True:
        answer = await client.get(endpoint.path, params)
        listed = reader.read(answer)
        reader.remember(listed, answer)
        yield listed
        cursor = following(answer)
        if cursor is None:
            return
        reader.follow(cursor, "cursor", answer)
        params[name] = cursor


async def read_paged(
    client: IntercomClient, endpoint: Paged, window: Window | None = None
) -> AsyncGenerator[Listed]:
    """Pages of a list by number; the numbers are ours, the answer's own must not repeat.

    A list that is ordered by time ends with the first page that is older than the window.
    """
    reader = ListingReader(f"GET {endpoint.path}", endpoint.key)
    page = 1
    while True:
        params = {**dict(endpoint.params), "page": page, "per_page": endpoint.page_size}
        answer = await client.get(endpoint.path, params)
        listed = reader.read(answer)
        if (number := page_number(answer)) is not None:
            reader.follow(number, "page", answer)
        reader.remember(listed, answer)
        yield listed
        if is_last(answer, page, not listed.records) or _is_old(listed, endpoint, window):
            return
        page += 1


def _is_old(listed: Listed, endpoint: Paged, window: Window | None) -> bool:
    """Whether every record of the page is older than the window: the list descends from here."""
    if endpoint.newest_first is None or window is None or window.start is None or not listed.records:
        return False
    start = int(window.start.timestamp())  # the API's times have whole seconds: those of the first count
    times = [_seconds(record.text, endpoint.newest_first) for record in listed.records]
    return all(moment is not None and moment < start for moment in times)


def _seconds(text: bytes, field: str) -> int | None:
    try:
        return integer_at(members(text), field)
    except ValueError:
        return None


async def read_linked(client: IntercomClient, endpoint: Linked) -> AsyncGenerator[Listed]:
    """Pages whose successor is an address: what its query says beyond `params` is taken, no more.

    An empty page is the last one: the API names a next page even there (its own example does).
    """
    request = f"GET {endpoint.path}"
    reader = ListingReader(request, endpoint.key)
    params: dict[str, str | int] = dict(endpoint.params)
    while True:
        answer = await client.get(endpoint.path, params)
        listed = reader.read(answer)
        reader.remember(listed, answer)
        yield listed
        query = next_query(answer)
        if not query or not listed.records:
            return
        reader.follow("&".join(f"{name}={value}" for name, value in sorted(query.items())), "page", answer)
        params = {**query, **dict(endpoint.params)}


async def read_listing(client: IntercomClient, endpoint: Listing) -> AsyncGenerator[Listed]:
    """The whole collection, in one page that is as old as the first answer in it.

    Some collections come as a bare array.
    """
    reader = ListingReader(f"GET {endpoint.path}", endpoint.key)
    parts: list[Listed] = []
    for params in endpoint.each:
        asked = {**dict(endpoint.params), **dict(params)}
        parts.append(reader.read(await client.get(endpoint.path, asked, or_list=True)))
    records = tuple(record for part in parts for record in part.records)
    yield Listed(records, min(part.fetched_at for part in parts), len(records))
