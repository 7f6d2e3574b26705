"""Reads single values out of the JSON text of an answer; what does not fit is None, never an error."""

from collections.abc import Mapping

import msgspec

from intercom_etl.json_text import member_at

LONGEST = 4_000  # bytes; no cursor, count or message that we need is longer


def text_at(members: Mapping[str, bytes], first: str, *rest: str) -> str | None:
    """A string, or a number written as one, at a path of keys."""
    value = _scalar(members.get(first), rest)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def integer_at(members: Mapping[str, bytes], first: str, *rest: str) -> int | None:
    """An integer, also when the API wrote it as a string (`per_page` in `pages` does that)."""
    value = _scalar(members.get(first), rest)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _scalar(text: bytes | None, path: tuple[str, ...]) -> object:
    found = member_at(text, path) if text is not None and path else text
    if found is None or len(found) > LONGEST or found[:1] in (b"{", b"["):
        return None
    try:
        return msgspec.json.decode(found)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
