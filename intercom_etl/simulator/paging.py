"""Reading of paging parameters, and the `pages` object in its two dialects (cursor, page number)."""

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.requests import Request

from intercom_etl.simulator.keyset import Page
from intercom_etl.simulator.refusal import invalid

Record = dict[str, Any]
Item = TypeVar("Item")


def read_count(given: object, name: str, default: int, most: int | None = None, complaint: str = "") -> int:
    """A whole number from 1 to `most`; anything else is a 400."""
    if given is None or given == "":
        return default
    text = str(given)
    if isinstance(given, bool) or not text.isascii() or not text.isdigit() or int(text) < 1:
        raise invalid(f"{name} must be a whole number above zero")
    if most is not None and int(text) > most:
        raise invalid(complaint or f"{name} must be at most {most}")
    return int(text)


def cursor_pages(page: Page, total: int, per_page: int) -> Record:
    """`pages` of a cursor list; without `next` on the last page."""
    pages: Record = {
        "type": "pages",
        "page": page.number,
        "per_page": per_page,
        "total_pages": -(-total // per_page),
    }
    if page.next_cursor is not None:
        pages["next"] = {"page": page.number + 1, "starting_after": page.next_cursor}
    return pages


def number_pages(request: Request, number: int, total: int, per_page: int) -> Record:
    """`next` is a whole URL on the host that was asked, or null on the last page."""
    last = -(-total // per_page)
    following: str | None = None
    if number < last:
        query: Mapping[str, str] = {
            **request.query_params,
            "per_page": str(per_page),
            "page": str(number + 1),
        }
        following = f"{request.url.scheme}://{request.url.netloc}{request.url.path}?{urlencode(query)}"
    return {"type": "pages", "next": following, "page": number, "per_page": per_page, "total_pages": last}


def slice_page(items: list[Item], number: int, per_page: int) -> list[Item]:
    """Page `number`, counted from one; empty past the end."""
    return items[(number - 1) * per_page : number * per_page]
