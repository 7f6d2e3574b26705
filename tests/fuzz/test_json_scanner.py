"""The scanner against a slow reference: JSON is cut the same, what is none is refused, nothing hangs."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fuzz.damage import hostile_pages, mutated
from fuzz.depth import fuzzing
from fuzz.reference import said
from hypothesis import given
from hypothesis import strategies as st

from intercom_etl.json_text import (
    elements,
    is_array,
    member_at,
    members,
    object_of,
    read_stub,
    scalar_at,
    storable,
)
from intercom_etl.page import Page
from intercom_etl.streams import all_streams

NOW = datetime(2026, 1, 2, tzinfo=UTC)
CONVERSATIONS = all_streams()["conversations"]
fuzzed = fuzzing(25)


def reference(text: bytes) -> Any:
    """What the text says; None when it is no JSON, or nobody can say."""
    try:
        return said(text)
    except (ValueError, RecursionError):
        return None


def is_plain(name: str) -> bool:
    """Whether a name needs no repair: others are only told apart by it."""
    return not {"\ufffd", "\\"} & set(name)


@fuzzed
@given(hostile_pages(CONVERSATIONS, 6, NOW))
def test_members_and_elements_are_what_the_reference_says(page: Page) -> None:
    for text in page.records:
        expected = reference(text)
        if isinstance(expected, dict):
            cut = members(text)
            for name, value in expected.items():
                if is_plain(name):
                    assert reference(cut[name]) == value
            assert reference(object_of(cut)) is not None
        if isinstance(expected, list):
            assert [reference(one) for one in elements(text)] == expected
    cut_page = (
        elements(b" [" + b" , ".join(page.records) + b"]\n") if all(map(reference, page.records)) else []
    )
    assert [reference(one) for one in cut_page] in ([], [reference(one) for one in page.records])


@fuzzed
@given(hostile_pages(CONVERSATIONS, 6, NOW))
def test_what_is_made_storable_says_the_same_and_once_is_enough(page: Page) -> None:
    for text in page.records:
        once, repairs = storable(text)
        assert reference(once) == reference(text)
        assert storable(once) == (once, [])
        if not repairs:
            assert once == text


@fuzzed
@given(
    hostile_pages(CONVERSATIONS, 4, NOW) | st.binary(max_size=99).map(lambda text: Page((text,), NOW)),
    st.data(),
)
def test_no_bytes_raise_anything_but_the_error_that_is_documented(page: Page, data: st.DataObject) -> None:
    for text in page.records:
        spoiled = mutated(data.draw, mutated(data.draw, text))
        for cut in (members, elements):
            try:
                cut(spoiled)
            except ValueError:
                continue
        for path in (
            ("id",),
            ("source", "author", "name"),
            ("conversation_parts", "conversation_parts"),
            ("",),
        ):
            member_at(spoiled, path)
            scalar_at(spoiled, path)
        read_stub(spoiled)
        is_array(spoiled)
        once, _ = storable(spoiled)
        once.decode()
        storable(once)


LONG = 150_000
SHAPES = [
    *(b'"', b'\\"', b"\\", b"\\\\", b"[", b"{", b"]", b'{"a":', b"[]", b"{}", b",", b":", b'"a",', b'"a":1,'),
    *(b"1", b"1-", b"1e", b"1.", b"-", b"NaN", b"Infinity", b" ", b"\n", b"a", b"\x00", b"\xff"),
    *(b"\\u0000", b"\\ud800", b"\\ud83d\\ude00", b"\\u", b'{"a":[', b'[{"'),
]
FRAMES = [
    b"%s",
    b'"%s',
    b'"%s"',
    b'{"id":%s}',
    b'{"id":"%s"}',
    b'{"x":NaN,"id":"%s"}',
    b'{"x":NaN,%s',
    b"[%s]",
]


@pytest.mark.timeout(40)  # it needs one or two; what grows with the square needs minutes
@pytest.mark.parametrize("frame", FRAMES)
def test_time_does_not_grow_with_the_square_of_the_text(frame: bytes) -> None:
    for shape in SHAPES:
        text = frame % (shape * (LONG // len(shape)))
        for cut in (members, elements, storable, read_stub):
            try:
                cut(text)
            except ValueError:
                continue
