"""The way in: a stream and a window give pages of records. The only reader of endpoint kinds."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from typing import assert_never

from intercom_etl.errors import CredentialsError, FatalApiError
from intercom_etl.extract.ahead import read_ahead
from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.details import read_details
from intercom_etl.extract.listed import Listed
from intercom_etl.extract.lists import read_cursor, read_listing, read_paged
from intercom_etl.extract.rest import complete_lists
from intercom_etl.extract.scroll import read_scroll
from intercom_etl.extract.search import read_search
from intercom_etl.page import Page, Stub
from intercom_etl.stream import Cursor, Endpoint, Listing, Paged, Scroll, Search, Stream
from intercom_etl.window import Window

LISTED_AHEAD = 1  # pages read while the one before is dealt with; a scroll dies if left for a minute


async def read_pages(
    client: IntercomClient,
    stream: Stream,
    window: Window,
    *,
    is_current: Callable[[Sequence[Stub]], Awaitable[Collection[str]]] | None = None,
    also: Sequence[bytes] = (),
    treat: Callable[[Page], Page] | None = None,
) -> AsyncGenerator[Page]:
    """Pages of `stream` in the order in which the API lists them, read ahead of the caller.

    `is_current` is asked, from a task of this reader, which of the listed versions the caller
    already holds; these are not fetched again. `also` are stubs of records to fetch before the
    listing. Both concern streams with a `detail` only. `treat` is applied to every page before it is
    handed out: what it takes away is seen by nobody. Raises ApiError after the pages that came
    before the trouble. Close the generator (`aclosing`) when leaving early.
    """
    if also and stream.detail is None:
        raise ValueError(f"`{stream.name}` has no address of single records to fetch")
    treat = treat or _as_it_is
    listed_pages = _listing(client, stream.endpoint, window)
    if any(children.rest is not None for children in stream.children):
        listed_pages = complete_lists(stream, listed_pages, lambda rest: _listing(client, rest, window))
    listing = read_ahead(listed_pages, LISTED_AHEAD)
    try:
        if stream.detail is None:
            async with aclosing(listing):
                async for listed in listing:
                    if listed.records:
                        yield treat(listed.page())
        else:
            async with aclosing(read_details(client, stream.detail, listing, is_current, also)) as pages:
                async for page in pages:
                    yield treat(page)
    except FatalApiError as error:
        if error.status == 403 and not isinstance(error, CredentialsError):
            error.hint = f"give the token the permission `{stream.permission}` in Intercom's Developer Hub"
        raise


def _as_it_is(page: Page) -> Page:
    return page


def _listing(client: IntercomClient, endpoint: Endpoint, window: Window) -> AsyncGenerator[Listed]:
    match endpoint:
        case Search():
            return read_search(client, endpoint, window)
        case Cursor():
            return read_cursor(client, endpoint)
        case Paged():
            return read_paged(client, endpoint)
        case Scroll():
            return read_scroll(client, endpoint)
        case Listing():
            return read_listing(client, endpoint)
        case _:
            assert_never(endpoint)
