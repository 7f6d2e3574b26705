"""Reads the plain lists: by cursor, by page number, or all at once."""

from collections.abc import AsyncGenerator

from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.cursors import is_last, next_cursor, page_number
from intercom_etl.extract.listed import Listed, ListingReader
from intercom_etl.stream import Cursor, Listing, Paged


async def read_cursor(client: IntercomClient, endpoint: Cursor) -> AsyncGenerator[Listed]:
    """Pages of a list with `starting_after` in the query string."""
    reader = ListingReader(f"GET {endpoint.path}", endpoint.key)
    params: dict[str, str | int] = {"per_page": endpoint.page_size}
    while True:
        answer = await client.get(endpoint.path, params)
        listed = reader.read(answer)
        reader.remember(listed, answer)
        yield listed
        cursor = next_cursor(answer)
        if cursor is None:
            return
        reader.follow(cursor, "cursor", answer)
        params["starting_after"] = cursor


async def read_paged(client: IntercomClient, endpoint: Paged) -> AsyncGenerator[Listed]:
    """Pages of a list by number; the numbers are ours, the answer's own must not repeat."""
    reader = ListingReader(f"GET {endpoint.path}", endpoint.key)
    page = 1
    while True:
        answer = await client.get(endpoint.path, {"page": page, "per_page": endpoint.page_size})
        listed = reader.read(answer)
        if (number := page_number(answer)) is not None:
            reader.follow(number, "page", answer)
        reader.remember(listed, answer)
        yield listed
        if is_last(answer, page, not listed.records):
            return
        page += 1


async def read_listing(client: IntercomClient, endpoint: Listing) -> AsyncGenerator[Listed]:
    """The whole collection, in one page."""
    reader = ListingReader(f"GET {endpoint.path}", endpoint.key)
    listed = reader.read(await client.get(endpoint.path))
    yield Listed(listed.records, listed.fetched_at, len(listed.records))
