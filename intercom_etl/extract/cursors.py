"""Where the next page is. Only a cursor or a number is taken from an answer, never an address."""

from urllib.parse import parse_qs, parse_qsl, urlsplit

from intercom_etl.extract.client import Answer
from intercom_etl.extract.fields import integer_at, text_at


def next_cursor(answer: Answer) -> str | None:
    """The cursor of the next page, from an object or out of an address; None on the last page."""
    cursor = text_at(answer.members, "pages", "next", "starting_after")
    if cursor is None and (address := text_at(answer.members, "pages", "next")) is not None:
        cursor = parse_qs(_query_of(address)).get("starting_after", [None])[0]
    return cursor or None


def flat_cursor(answer: Answer) -> str | None:
    """The cursor of the next page that stands beside the list; None on the last page."""
    if answer.members.get("has_more", b"").strip() == b"false":
        return None
    return text_at(answer.members, "next_cursor") or None


def next_query(answer: Answer) -> dict[str, str]:
    """The query of the address of the next page; empty on the last one."""
    address = text_at(answer.members, "pages", "next")
    return {} if address is None else dict(parse_qsl(_query_of(address)))


def is_last(answer: Answer, page: int, is_empty: bool) -> bool:
    """Whether a list by page number ends with this page.

    The number of pages counts, at the top level too; without it a missing `next` or an empty
    page is the end.
    """
    pages = integer_at(answer.members, "pages", "total_pages")
    if pages is None:
        pages = integer_at(answer.members, "total_pages")
    if pages is not None:
        return page >= pages
    return is_empty or answer.members.get("pages", b"null") == b"null" or not _has_next(answer)


def page_number(answer: Answer) -> int | None:
    """Which page the API says that it sent."""
    number = integer_at(answer.members, "pages", "page")
    return integer_at(answer.members, "page") if number is None else number


def _has_next(answer: Answer) -> bool:
    if text_at(answer.members, "pages", "next"):
        return True
    return integer_at(answer.members, "pages", "next", "page") is not None or next_cursor(answer) is not None


def _query_of(address: str) -> str:
    try:
        return urlsplit(address).query
    except ValueError:  # brackets that are no IPv6 address
        return ""
