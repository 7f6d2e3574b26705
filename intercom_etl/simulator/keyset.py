"""Cursor paging without state: a cursor names the last record seen, by sort value and id.

So a record that changes between two pages moves, and is met again or missed, as on the real API.
"""

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any

from intercom_etl.simulator.refusal import invalid

Key = tuple[Any, str]


@dataclass(frozen=True, slots=True)
class Page:
    """`next_cursor` is None on the last page; `number` counts from one."""

    ids: list[str]
    number: int
    next_cursor: str | None


def encode(key: Key, number: int) -> str:
    """The cursor that continues after `key` with page `number`."""
    value, record_id = key
    milliseconds = value * 1000 if isinstance(value, int) else value
    return base64.b64encode(json.dumps([milliseconds, record_id, number]).encode()).decode()


def decode(cursor: object) -> tuple[Key, int]:
    """Key and page number of a cursor; a 400 when it is not one of ours."""
    try:
        value, record_id, number = json.loads(base64.b64decode(str(cursor), validate=True))
    except (ValueError, TypeError, binascii.Error) as error:
        raise invalid("starting_after is not a valid cursor") from error
    if not (isinstance(record_id, str) and isinstance(number, int) and isinstance(value, (int, str))):
        raise invalid("starting_after is not a valid cursor")
    return (value // 1000 if isinstance(value, int) else value, record_id), number


def cut(keys: list[Key], cursor: object, size: int, *, descending: bool) -> Page:
    """The page after the cursor; `keys` ascend, whichever way they are read."""
    number, last = 1, None
    if cursor:
        last, number = decode(cursor)
        if keys and type(last[0]) is not type(keys[0][0]):
            raise invalid("starting_after belongs to another sort")
    if descending:
        end = len(keys) if last is None else bisect_left(keys, last)
        start = max(0, end - size)
        page, more = keys[start:end][::-1], start > 0
    else:
        start = 0 if last is None else bisect_right(keys, last)
        page, more = keys[start : start + size], start + size < len(keys)
    return Page([key[1] for key in page], number, encode(page[-1], number + 1) if more else None)
