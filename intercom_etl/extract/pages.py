"""The way in: a stream and a window give pages of records. The only reader of endpoint kinds."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import assert_never

from intercom_etl.endpoint import (
    Cursor,
    Linked,
    ListEndpoint,
    Listing,
    Log,
    Paged,
    PerName,
    PerParent,
    Scroll,
    Search,
)
from intercom_etl.errors import ApiError, FatalApiError
from intercom_etl.export import Export
from intercom_etl.extract.ahead import read_ahead
from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.details import IsCurrent, read_details
from intercom_etl.extract.export import read_export
from intercom_etl.extract.listed import Listed
from intercom_etl.extract.lists import read_cursor, read_linked, read_listing, read_paged
from intercom_etl.extract.log import read_log
from intercom_etl.extract.per_parent import of_parent, read_lists
from intercom_etl.extract.rest import complete_lists
from intercom_etl.extract.scroll import read_scroll
from intercom_etl.extract.search import read_search
from intercom_etl.page import Page, Parent
from intercom_etl.stream import Stream
from intercom_etl.window import Window

LISTED_AHEAD = 1  # pages read while the one before is dealt with; a scroll dies if left for a minute


async def read_pages(
    client: IntercomClient,
    stream: Stream,
    window: Window,
    *,
    is_current: IsCurrent | None = None,
    also: Sequence[bytes] = (),
    afterwards: Sequence[bytes] = (),
    parents: AsyncGenerator[Parent] | None = None,
    names: Sequence[str] = (),
    treat: Callable[[Page], Page] | None = None,
    complete: bool = True,
) -> AsyncGenerator[Page]:
    """Pages of `stream` in the order in which the API lists them, read ahead of the caller.

    For streams with a `detail`, `is_current` is asked, from a task of this reader, which of the
    listed versions the caller already holds; these are not fetched again. `also` are stubs of
    records to fetch before the listing, since they could not be fetched the last time: that one fails
    again is no sign of trouble. `afterwards` are fetched behind it, unless the listing led to them.
    `parents` are those whose lists a stream of lists reads, `names` those of a stream that is read
    by name. Lists that the API cuts off inside a record are read to their end, unless the caller does not
    want them `complete`. `treat` is applied to every page before it is handed out: what it takes away is
    seen by nobody. Raises ApiError after the pages that came before the trouble, and after all pages when
    lists inside the records stayed cut off; nothing is read to any point then. Close the generator
    (`aclosing`) when leaving early.
    """
    refused: dict[str, ApiError] = {}
    if (also or afterwards) and stream.detail is None:
        raise ValueError(f"`{stream.name}` has no address of single records to fetch")
    try:
        cut_off = refused if complete else None
        pages = _pages(client, stream, window, is_current, (also, afterwards), parents, names, cut_off)
        async with aclosing(pages):
            async for page in pages:
                page = replace(page, position=None) if refused else page
                yield page if treat is None else treat(page)
        _tell_of_cut_lists(refused)
    except FatalApiError as error:
        if error.status == 403:
            error.hint = f"give the token the permission `{stream.permission}` in Intercom's Developer Hub"
        raise


def _tell_of_cut_lists(refused: Mapping[str, ApiError]) -> None:
    """Raises for the first of them. No NotAvailableError: the records themselves have been read."""
    for table, error in refused.items():
        raise FatalApiError(
            f"lists for `{table}` stay cut off: {error.message}",
            error.hint,
            request=error.request,
            status=error.status,
            request_id=error.request_id,
            code=error.code,
        ) from error


def _pages(
    client: IntercomClient,
    stream: Stream,
    window: Window,
    is_current: IsCurrent | None,
    unlisted: tuple[Sequence[bytes], Sequence[bytes]],
    parents: AsyncGenerator[Parent] | None,
    names: Sequence[str],
    refused: dict[str, ApiError] | None,
) -> AsyncGenerator[Page]:
    match stream.endpoint:
        case PerParent() as endpoint:
            if parents is None:
                raise ValueError(f"`{stream.name}` is read parent by parent, and there are none")
            return read_lists(client, endpoint, parents, window, lambda each: read_list(client, each, window))
        case PerName() as endpoint:
            return _by_name(client, endpoint, names)
        case Export() as endpoint:
            return read_ahead(read_export(client, endpoint, window, names), LISTED_AHEAD)
        case endpoint:
            listing = _listing(client, endpoint, window)
    if refused is not None and any(children.rest is not None for children in stream.children):
        listing = complete_lists(stream, listing, lambda rest: read_list(client, rest, window), refused)
    listing = read_ahead(listing, LISTED_AHEAD)
    if stream.detail is None:
        return _whole_records(listing)
    return read_details(client, stream.detail, listing, is_current, *unlisted)


def list_records(client: IntercomClient, stream: Stream, window: Window) -> AsyncGenerator[Listed]:
    """What a listing alone says of the stream's records, page by page, less those of other windows."""
    match stream.endpoint:
        case PerParent() | PerName() | Export():
            raise ValueError(f"`{stream.name}` has no listing of all its records")
        case endpoint:
            return _listing(client, endpoint, window)


async def _whole_records(listing: AsyncGenerator[Listed]) -> AsyncGenerator[Page]:
    async with aclosing(listing):
        async for listed in listing:
            if listed.records:
                yield listed.page()


async def _by_name(client: IntercomClient, endpoint: PerName, names: Sequence[str]) -> AsyncGenerator[Page]:
    """Pages of one list after the other, and after each an empty one that says that it is whole."""
    announced = 0
    for name in names:
        read_at, total = client.now(), 0
        listing = read_ahead(read_paged(client, of_parent(endpoint.each, name)), LISTED_AHEAD)
        async with aclosing(listing):
            async for listed in listing:
                read_at, total = listed.fetched_at, listed.total or total
                if listed.records:
                    page = listed.page()
                    yield replace(page, parents=(name,) * len(page.records), total=announced + total)
        announced += total
        yield Page((), read_at, whole=(name,), total=announced)


def _listing(
    client: IntercomClient, endpoint: Search | Log | ListEndpoint, window: Window
) -> AsyncGenerator[Listed]:
    match endpoint:
        case Search():
            return read_search(client, endpoint, window)
        case Log():
            return read_log(client, endpoint, window)
        case _:
            return read_list(client, endpoint, window)


def read_list(client: IntercomClient, endpoint: ListEndpoint, window: Window) -> AsyncGenerator[Listed]:
    """The pages of a plain list."""
    match endpoint:
        case Cursor():
            return read_cursor(client, endpoint)
        case Paged():
            return read_paged(client, endpoint, window)
        case Scroll():
            return read_scroll(client, endpoint)
        case Linked():
            return read_linked(client, endpoint)
        case Listing():
            return read_listing(client, endpoint)
        case _:
            assert_never(endpoint)
