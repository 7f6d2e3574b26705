"""Damages records: values, names, doubles, layout and bytes that no client should send and some server does.

A record is a tree of dicts and lists whose leaves may be `Raw`, JSON text as it is to stand there.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from fuzz.sound import sound_record
from hypothesis import strategies as st

from intercom_etl.page import Page
from intercom_etl.stream import Stream

Path = tuple[str | int, ...]
Draw = Callable[[st.SearchStrategy[Any]], Any]
Tree = dict[Any, Any] | list[Any]


@dataclass(frozen=True)
class Raw:
    """JSON text, or what passes for it."""

    text: bytes


@dataclass(frozen=True)
class Double:
    """A name (in a dict, the key of a second member) that is written as another one is."""

    name: Any


NUMBERS = [
    b"0", b"-0", b"-0.0", b"1", b"-1", b"1.5", b"1E5", b"1e40", b"1e400", b"-1e400", b"1e-400", b"1e9999",
    b"9007199254740993", b"9223372036854775807", b"9223372036854775808", b"-9223372036854775809",
    b"18446744073709551616", b"1" * 400, b"-" + b"9" * 999, b"7" * 4_299, b"8" * 4_301, b"9" * 5_000,
    b"1." + b"3" * 2_000, b"NaN", b"Infinity", b"-Infinity", b"1700000000000", b"1700000000000000", b"-86400",
    b"1700000000.75", b"253402300799", b"253402300800", b"253402300799999", b"-62135596800", b"-62135596801",
]  # fmt: skip
STRINGS = [
    b'""', b'" "', b'"0"', b'"1"', b'"-1"', b'"true"', b'"null"', b'"1700000000"', b'"1700000000000"',
    b'"2026-01-02T03:04:05Z"', b'"0001-01-01T00:00:00+14:00"', b'"9999-12-31T23:59:59-10:00"', b'"1e400"',
    b'"+10000-01-01T00:00:00Z"', b'"2026-02-30"', b'"1969-12-31T23:59:59.999999999Z"',
    '"²"'.encode(), '"١٢٣"'.encode(),
    b'"a/b"', b'".."', b'"."', b'"?"', b'"#"', b'"%2e%2e"', b'"a b"', b'"../../etc/passwd"', b'"a:b"',
    b'"a\\u0000b"', b'"\\u0000"', b'"a\x00b"', b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\ud83d\\ude00"',
    b'"\\ud83d\\ud83d\\ude00"', b'"\\\\ud800"', b'"\\\\u0000"', b'"\xff\xfe"', b'"\xed\xa0\x80"', b'"\xc3"',
    b'"\xef\xbb\xbfbom"', b'"\\u0041\\/\\b\\f\\n\\r\\t\\"\\\\"', b'"a\x01\n\t\x1fb"', b'"\x7f\xc2\x85"',
    b'"\\\\N"', b'"\\\\."', b'"\\u001b[31m\\u0007"', b'"<script>alert(1)</script>"', b'"\'; drop x --"',
    b'"%s %(x)s {0} [bold]"', '"\u202e\u2028\u200b"'.encode(), b'"' + b"x" * 513 + b'"',
    b'"' + "😀".encode() * 512 + b'"', b'"' + b"long " * 20_000 + b'"', '"\ufffd"'.encode(), b'"=1+1"',
]  # fmt: skip
OTHERS = [
    b"null", b"true", b"false", b"{}", b"[]", b"[[]]", b"[null]", b"[{}]", b'{"":""}', b'{"id":{"id":[]}}',
    b'[1,"2",null,true,1.5,[],{"id":3},{"id":3},{"id":"3"}]', b'{"total_count":"5","has_more":"yes"}',
    b'{"\\u0000":1,"\\ud800":2,"\xff":3}', b'{"a":1,"a":2,"\\u0061":3}', b" \r\n\t[ ] ",
]  # fmt: skip
DEEP = [b"[" * levels + b"]" * levels for levels in (150, 300, 3_000, 20_000)]
HOSTILE = st.one_of(
    *(st.sampled_from([Raw(text) for text in pool]) for pool in (NUMBERS, STRINGS, OTHERS + DEEP)),
    st.binary(max_size=12).map(lambda text: Raw(b'"' + text.replace(b"\\", b"").replace(b'"', b"") + b'"')),
)
NAMES = st.sampled_from([Raw(text) for text in STRINGS]) | st.sampled_from(
    ["id", "type", "data", "updated_at"]
)
WHOLE = [
    b"null", b"42", b'"x"', b"[]", b"{}", b"true", b'{"id":null}', b'{"id":""}', b'{"id":true}', b"NaN",
]  # fmt: skip
LAYOUTS = ["compact", "indented", "spaced", "escaped", "plain"]


def places(tree: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a record but the record itself."""
    held = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in held:
        if isinstance(key, str | int):
            yield (*path, key)
            yield from places(value, (*path, key))


@st.composite
def hostile_pages(draw: st.DrawFn, stream: Stream, size: int, at: Any) -> Page:
    """A page of records, most of them damaged in one to three places; ids may come twice."""
    random = Random(draw(st.integers(0, 2**32)))
    texts: list[bytes] = []
    for number in range(size):
        record = sound_record(stream, random, str(number))
        read = [(name,) for name in ("id", "created_at", "updated_at")]
        read += [path[:length] for child in stream.children for path in child.paths for length in (1, 2)]
        for _ in range(draw(st.integers(0, 3))):
            known = [path for path in places(record) if path in read]
            path = draw(st.sampled_from(known or [("id",)]) | st.sampled_from([*places(record), ("new",)]))
            draw(st.sampled_from(DAMAGES))(draw, record, path)
        text = written(record, draw(st.sampled_from(LAYOUTS)))
        if not draw(st.integers(0, 12)):
            text = draw(st.sampled_from(WHOLE) | st.just(b"\xef\xbb\xbf" + text) | st.just(b" \r\n" + text))
        if not draw(st.integers(0, 12)):
            text = mutated(draw, text)
        texts.append(text)
    if not draw(st.integers(0, 3)):
        texts.append(draw(st.sampled_from(texts)))
    parents = tuple(random.choice(("1", "2", "a/b ?")) for _ in texts) if stream.parent_key else ()
    return Page(tuple(texts), at, parents=parents)


def _holder(record: Any, path: Path) -> Any:
    for key in path[:-1]:
        record = record.get(key) if isinstance(record, dict) else record[int(key)]
        if not isinstance(record, dict | list):
            return None
    return record


def _put(draw: Draw, record: Tree, path: Path) -> None:
    _set(record, path, draw(HOSTILE))


def _set(record: Tree, path: Path, value: Any) -> None:
    held = _holder(record, path)
    if isinstance(held, dict):
        held[path[-1]] = value
    elif isinstance(held, list) and len(held) > int(path[-1]):
        held[int(path[-1])] = value


def _get(record: Tree, path: Path) -> Any:
    held = _holder(record, path)
    return held.get(path[-1]) if isinstance(held, dict) else held[path[-1]] if held else None


def _remove(_: Draw, record: Tree, path: Path) -> None:
    held = _holder(record, path)
    if isinstance(held, dict):
        held.pop(path[-1], None)


def _rename(draw: Draw, record: Tree, path: Path) -> None:
    held = _holder(record, path)
    if isinstance(held, dict):
        held[draw(NAMES)] = held.pop(path[-1], None)


def _double(draw: Draw, record: Tree, path: Path) -> None:
    """The same name, or the same element, a second time with something else in it."""
    held = _holder(record, path)
    value = draw(HOSTILE | st.just(_get(record, path)))
    if isinstance(held, dict):
        held[Double(path[-1])] = value
    elif held:
        held.append(value)


def _retype(draw: Draw, record: Tree, path: Path) -> None:
    """The same thing as another type: a number as text, an object as a list of itself."""
    value = _get(record, path)
    match value:
        case bool() | None | Raw():
            changed: Any = [value]
        case str():
            changed = (
                Raw(value.encode()) if value.isascii() and value.isdigit() and value[0] != "0" else [value]
            )
        case int() | float():
            changed = draw(st.sampled_from([str(value), float(value), value * 1000, -value, [value]]))
        case list():
            changed = draw(
                st.sampled_from([{str(n): one for n, one in enumerate(value)}, [value], value[:1] * 3])
            )
        case _:
            names = [key.name if isinstance(key, Double) else key for key in value]
            changed = draw(st.sampled_from([[value], list(value.values()), names, None]))
    _set(record, path, changed)


def _empty(_: Draw, record: Tree, path: Path) -> None:
    value = _get(record, path)
    if isinstance(value, dict):
        _set(record, path, dict.fromkeys(value))


Damage = Callable[[Draw, Tree, Path], None]
RESHAPING: list[Damage] = [_put, _put, _remove, _double, _retype, _empty]  # all but names
DAMAGES: list[Damage] = [*RESHAPING, _rename]


def mutated(draw: Draw, text: bytes) -> bytes:
    """A few bytes changed, taken out or put in, or the end cut off."""
    place = draw(st.integers(0, max(0, len(text) - 1)))
    more = draw(
        st.binary(max_size=3) | st.sampled_from([b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\x00"])
    )
    kept = draw(st.sampled_from([place, place + 1, place + len(more), len(text)]))
    return text[:place] + more + text[kept:]


def written(tree: Any, layout: str) -> bytes:
    """The text of a record, in one of LAYOUTS."""
    match tree:
        case Raw(text):
            return text
        case dict():
            gap, members = _gap(layout), []
            for key, value in tree.items():
                name = written(key.name if isinstance(key, Double) else key, layout)
                members.append(name + gap + b":" + gap + written(value, layout))
            return b"{" + gap + (gap + b"," + gap).join(members) + gap + b"}"
        case list():
            gap = _gap(layout)
            return b"[" + gap + (b"," + gap).join(written(one, layout) for one in tree) + gap + b"]"
        case str() if layout == "escaped":
            units = tree.encode("utf-16-be", "surrogatepass")
            return (
                b'"'
                + b"".join(b"\\u%02x%02x" % (units[n], units[n + 1]) for n in range(0, len(units), 2))
                + b'"'
            )
        case _:
            return json.dumps(tree, ensure_ascii=layout != "plain").encode("utf-8", "surrogatepass")


def _gap(layout: str) -> bytes:
    return {"indented": b"\n  ", "spaced": b" \r\t"}.get(layout, b"")
