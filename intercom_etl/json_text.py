"""Cuts JSON text into records and makes it storable, without decoding what nobody asked for.

The text of a record goes into `raw` as it came: decoding and writing it again would change large
numbers and cost a third of the speed (docs/adr/0003). msgspec does the cutting; where it gives up
(NaN, bytes that are not UTF-8, nesting deeper than the interpreter's stack), a scanner that
recurses nowhere takes over, so that one poisoned record cannot take its page with it.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from intercom_etl.page import Stub
from intercom_etl.record import EARLIEST_SECOND, LATEST_SECOND, MILLISECONDS_FROM, UNUSABLE

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_elements = msgspec.json.Decoder(list[msgspec.Raw])

# possessive throughout: nothing to go back to, so that time and memory do not grow with a string
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)", re.DOTALL)
# numbers that jsonb (numeric, 131,072 digits) or the JSON parser (4,300 digits) cannot hold
_HUGE = re.compile(r"-?\d{4301,}|.*[eE][+-]?\d{4,}")
_NUMBER = r"-?[0-9]++(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+"
# a string that is not closed reaches to the end, or each quote in it would be tried as a beginning
_MENDABLE = re.compile(rf'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|-?Infinity|NaN|{_NUMBER}', re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f]")
_ESCAPED_OR_CONTROL = re.compile(r"\\.|[\x00-\x1f]", re.DOTALL)
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_REPLACEMENT = "\\ufffd"
_STEPS = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}


def members(text: bytes) -> dict[str, bytes]:
    """The members of a JSON object, each as the text that stands there.

    Raises ValueError when the text is not one whole object. Copes with everything that
    `storable` can repair, and with nesting of any depth.
    """
    try:
        return {key: bytes(value) for key, value in _members.decode(text).items()}
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return dict(_scan_object(text))


def elements(text: bytes) -> list[bytes]:
    """The elements of a JSON array, each as the text that stands there; `null` is an empty array.

    Raises ValueError when the text is neither.
    """
    if text.strip() == b"null":
        return []
    try:
        return [bytes(value) for value in _elements.decode(text)]
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return [text[start:end] for start, end in _scan_array(text)]


def is_array(text: bytes) -> bool:
    """Whether the text begins as an array; it need not be a whole one."""
    return text.lstrip().startswith(b"[")


def member_at(text: bytes, path: tuple[str, ...]) -> bytes | None:
    """The text at a path of keys, None when any step is absent or not an object."""
    for key in path:
        try:
            found = members(text).get(key)
        except ValueError:
            return None
        if found is None:
            return None
        text = found
    return text


def scalar_at(text: bytes, path: tuple[str, ...]) -> str | None:
    """The string or whole number at a path of keys, as text; None for all else."""
    value = _scalar(member_at(text, path) or b"null")
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def only_members(text: bytes, keys: frozenset[str]) -> bytes:
    """The object with these members only; what is no object stays as it is."""
    try:
        kept = {key: value for key, value in members(text).items() if key in keys}
    except ValueError:
        return text
    return object_of(kept)


def with_members(text: bytes, changes: dict[str, bytes]) -> bytes:
    """The object with these members replaced or added; all others as they stand."""
    return object_of(members(text) | changes)


def object_of(held: dict[str, bytes]) -> bytes:
    """The object that has these members."""
    return b"{" + b",".join(msgspec.json.encode(key) + b":" + value for key, value in held.items()) + b"}"


def read_stub(record: bytes) -> Stub | None:
    """Id and `updated_at` of a record, None when it has no usable id.

    Milliseconds are read as such, as the models do it; a time outside the years 1 to 9999 is none.
    """
    try:
        fields = members(record)
    except ValueError:
        return None
    identity = _scalar(fields.get("id", b"null"))
    if isinstance(identity, bool) or not isinstance(identity, str | int) or identity == "":
        return None
    if isinstance(identity, str) and not UNUSABLE.isdisjoint(identity):
        return None
    updated_at = _scalar(fields.get("updated_at", b"null"))
    if isinstance(updated_at, bool) or not isinstance(updated_at, int):
        return Stub(str(identity), None)
    seconds = updated_at // 1000 if abs(updated_at) >= MILLISECONDS_FROM else updated_at
    return Stub(str(identity), seconds if EARLIEST_SECOND <= seconds <= LATEST_SECOND else None)


def _scalar(text: bytes) -> object:
    if len(text) > 4_000:  # longer numbers are refused by the interpreter, longer ids by us
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def storable(text: bytes) -> tuple[bytes, list[str]]:
    """The text as PostgreSQL's jsonb can hold it, and what had to be repaired.

    NUL characters and halves of surrogate pairs become U+FFFD, NaN and Infinity become null,
    numbers too large for any column become strings of their digits, bare control characters are
    escaped, bytes that are not UTF-8 become U+FFFD. The text is not otherwise judged: what is
    still not JSON afterwards is the caller's to refuse.
    """
    text, repairs, _ = storable_with_content(text)
    return text, repairs


def storable_with_content(text: bytes) -> tuple[bytes, list[str], Any]:
    """As `storable`, and what the text says, decoded: it has to be done anyway to judge it.

    The content is good for looking at names and nothing else; None when it had to be repaired.
    """
    if not _SUSPICIOUS.search(text):
        content = _decoded_strictly(text)
        if content is not None:
            return text, [], content
    repairs: list[str] = []
    try:
        decoded = text.decode()
    except UnicodeDecodeError:
        decoded = text.decode(errors="replace")
        repairs.append("bytes that are not UTF-8")

    def mend(match: re.Match[str]) -> str:
        token = match[0]
        if token[0] == '"':
            return _mend_string(token, repairs)
        if not token[-1].isdigit():
            repairs.append("NaN or Infinity")
            return "null"
        if not _HUGE.match(token):
            return token
        repairs.append("huge number kept as text")
        return f'"{token}"'

    return _MENDABLE.sub(mend, decoded).encode(), repairs, None


def _decoded_strictly(text: bytes) -> Any:
    """The content when a whole decoding finds nothing to object to, huge numbers included; else None.

    A text that is just `null` goes the longer way, and is none the worse for it.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


def _mend_string(token: str, repairs: list[str]) -> str:
    if _CONTROL.search(token):
        escaped = _ESCAPED_OR_CONTROL.sub(_escaped, token)
        if escaped != token:
            repairs.append("bare control character")
            token = escaped
    if "\\u" not in token:
        return token
    pieces: list[str] = []
    end, high = 0, None  # high: where in `pieces` a high surrogate waits for its other half
    for match in _ESCAPE.finditer(token):
        if match.start() > end:
            pieces.append(token[end : match.start()])
            high = _settle(pieces, high, repairs)
        end = match.end()
        code = int(match[1], 16) if match[1] else -1
        if 0xDC00 <= code <= 0xDFFF and high is not None:
            pieces.append(match[0])
            high = None
            continue
        high = _settle(pieces, high, repairs)
        if code == 0:
            repairs.append("NUL character")
            pieces.append(_REPLACEMENT)
        elif 0xDC00 <= code <= 0xDFFF:
            repairs.append("half of a surrogate pair")
            pieces.append(_REPLACEMENT)
        else:
            pieces.append(match[0])
            if 0xD800 <= code <= 0xDBFF:
                high = len(pieces) - 1
    _settle(pieces, high, repairs)
    pieces.append(token[end:])
    return "".join(pieces)


def _escaped(match: re.Match[str]) -> str:
    """One behind a backslash stays, and spoils the text: escaped, it would leave two backslashes."""
    return match[0] if match[0][0] == "\\" else f"\\u{ord(match[0]):04x}"


def _settle(pieces: list[str], high: int | None, repairs: list[str]) -> None:
    """A high surrogate that is not followed by its other half is replaced."""
    if high is not None:
        pieces[high] = _REPLACEMENT
        repairs.append("half of a surrogate pair")


def _scan_object(text: bytes) -> Iterator[tuple[str, bytes]]:
    """Members of an object by counting brackets; order kept, the last of equal keys wins."""
    key: bytes | None = None
    for start, end, before in _scan(text, b"{", b"}"):
        piece = text[start:end]
        if before != b":":
            if not piece.startswith(b'"'):
                raise ValueError("object with a key that is not a string")
            key = piece
        elif key is not None:
            yield _key_text(key), piece
            key = None
        else:
            raise ValueError("object with a value that has no key")
    if key is not None:
        raise ValueError("object with a key that has no value")


def _key_text(key: bytes) -> str:
    decoded = _scalar(key)
    return decoded if isinstance(decoded, str) else key[1:-1].decode(errors="replace")


def _scan_array(text: bytes) -> Iterator[tuple[int, int]]:
    for start, end, _ in _scan(text, b"[", b"]"):
        yield start, end


def _scan(text: bytes, opening: bytes, closing: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Start, end and preceding separator of every value directly inside the outermost brackets."""
    tokens = _tokens(text)
    first = next(tokens, None)
    if first is None or first[0] != opening:
        raise ValueError(f"expected `{opening.decode()}`")
    depth, start, end, previous = 1, -1, -1, b""
    for match in tokens:
        token = match[0]
        if depth == 0:
            raise ValueError("text after the end of the JSON value")
        if depth == 1 and token in (b",", b":", closing):
            if start >= 0:
                yield start, end, previous
                start = -1
            previous = token
        elif start < 0:
            start = match.start()
        end = match.end()
        depth += _STEPS.get(token, 0)
        if depth == 0 and token != closing:
            raise ValueError("brackets do not match")
    if depth > 0:
        raise ValueError("text ends inside a JSON value")


def _tokens(text: bytes) -> Iterator[re.Match[bytes]]:
    """Tokens without gaps: a quote that is never closed must not be stepped over."""
    end = 0
    for match in _TOKEN.finditer(text):
        if text[end : match.start()].strip():
            raise ValueError("text ends inside a string")
        yield match
        end = match.end()
    if text[end:].strip():
        raise ValueError("text ends inside a string")
