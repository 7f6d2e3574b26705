"""What a stream costs in requests: in words, and in numbers from what is stored already."""

from collections.abc import Mapping
from math import ceil
from typing import assert_never

from intercom_etl.endpoint import (
    Cursor,
    Endpoint,
    Linked,
    Listing,
    Log,
    Paged,
    PerName,
    PerParent,
    Scroll,
    Search,
    Together,
)
from intercom_etl.export import Export
from intercom_etl.status import read_status
from intercom_etl.stream import Stream

SCROLLED = 100  # records a page, fixed by the API


def describe_cost(stream: Stream) -> str:
    """Requests of one run, in words."""
    text = _listing_cost(stream.endpoint)
    if stream.detail is not None:
        text += ", and one for each record that changed"
    return text


def _listing_cost(endpoint: Endpoint) -> str:
    match endpoint:
        case Search(page_size=size):
            return f"one for {size} changes"
        case Paged(page_size=size, newest_first=field) if field is not None:
            return f"one for {size} new ones"
        case Cursor(page_size=size) | Paged(page_size=size) | Log(page_size=size):
            return f"one for {size} records"
        case Scroll():
            return f"one for {SCROLLED} records"
        case Listing(each=each) if len(each) > 1:
            return str(len(each))
        case Listing() | Linked():
            return "one"
        case PerParent(parent=parent, each=Together(at_once=together)):
            return f"one for {together} of {parent} that were written"
        case PerParent(parent=parent, each_run=each_run, span=span):
            written = not each_run and span is None
            return f"one for each of {parent}" + (" that was written" if written else "")
        case PerName(each=each):
            return f"one for {each.page_size} records of each name"
        case Export(step=step, settle=settle):
            often = f"one job of a minute or more for {(step - settle).days} days"
            return f"{often}, and again for the last {settle.days}"
        case _:
            assert_never(endpoint)


def requests_for_all(stream: Stream, rows: Mapping[str, int]) -> int | None:
    """Requests that reading everything again takes, by what is stored; None when nothing says it."""
    held = rows.get(stream.name)
    match stream.endpoint:
        case PerParent(parent=parent, each=each):
            together = each.at_once if isinstance(each, Together) else 1
            return ceil(rows[parent] / together) if parent in rows else None
        case Export():  # what is stored does not say how many days there are
            return None
        case Listing() | Linked():
            listing = listing_requests(stream, 0)
        case _:
            listing = None if held is None else listing_requests(stream, held)
    if listing is None or stream.detail is None:
        return listing
    return listing + (held or 0)


def listing_requests(stream: Stream, held: int) -> int:
    """Requests that listing a collection of `held` records takes; not of lists by parent, nor exports."""
    match stream.endpoint:
        case Listing(each=each):
            return len(each)
        case Linked():
            return 1
        case Scroll():
            return ceil(held / SCROLLED) + 1
        case PerName(each=each):
            return max(1, ceil(held / each.page_size))
        case Search(page_size=size) | Cursor(page_size=size) | Paged(page_size=size) | Log(page_size=size):
            return max(1, ceil(held / size))
        case PerParent() | Export():
            raise ValueError(f"`{stream.name}` is not listed as a whole")
        case _:
            assert_never(stream.endpoint)


async def stored_rows(url: str) -> dict[str, int]:
    """Live records by stream, of all workspaces together; without those that are not known."""
    counts: dict[str, int] = {}
    for workspace in (await read_status(url)).workspaces:
        for stream in workspace.streams:
            if stream.rows is not None and stream.completed_at is not None:
                counts[stream.stream] = counts.get(stream.stream, 0) + stream.rows
    return counts
