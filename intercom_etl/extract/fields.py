"""Reads single values out of the JSON text of an answer; what does not fit is None, never an error."""

import msgspec

from intercom_etl.json_text import member_at

LONGEST = 4_000  # bytes; no cursor, count or message that we need is longer


def text_at(text: bytes, *path: str) -> str | None:
    """A string, or a number written as one."""
    value = _scalar_at(text, path)
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def integer_at(text: bytes, *path: str) -> int | None:
    """An integer, also when the API wrote it as a string (`per_page` in `pages` does that)."""
    value = _scalar_at(text, path)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _scalar_at(text: bytes, path: tuple[str, ...]) -> object:
    found = member_at(text, path)
    if found is None or len(found) > LONGEST or found[:1] in (b"{", b"["):
        return None
    try:
        return msgspec.json.decode(found)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
