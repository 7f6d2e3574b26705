"""Laws of cutting and mending JSON text: nothing is lost, nothing crashes, what comes out is strict."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intercom_etl.json_text import elements, member_at, members, read_stub, storable, with_members
from intercom_etl.page import Stub

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


def same(left: Any, right: Any) -> bool:
    """Equality that holds for NaN too."""
    return repr(left) == repr(right)


@given(st.dictionaries(st.text(), values), st.sampled_from([None, 2]), st.booleans())
def test_members_are_the_values_whatever_the_layout(
    record: dict[str, Any], indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(record, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    try:
        cut = members(text)
    except ValueError:
        pytest.fail(f"whole object refused: {text!r}")
    assert len(cut) == len(record)
    if ascii_only:
        found = {key: json.loads(value) for key, value in cut.items()}
        mended = {
            key.encode("utf-16", "surrogatepass").decode("utf-16", "replace"): v for key, v in record.items()
        }
        assert all(same(found[key], value) for key, value in record.items() if key in mended and key in found)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), values), values)
def test_a_member_is_put_in_place_and_the_others_stay(record: dict[str, Any], value: Any) -> None:
    changed = with_members(json.dumps(record).encode(), {"new": json.dumps(value).encode()})
    assert same(json.loads(changed), record | {"new": value})


@given(st.lists(values))
def test_elements_are_the_values(items: list[Any]) -> None:
    assert same([json.loads(text) for text in elements(json.dumps(items).encode())], items)


@given(st.dictionaries(st.text(), values, min_size=1), st.data())
def test_text_that_is_cut_off_anywhere_is_refused(record: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(record).encode()
    end = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(ValueError, match=r"text ends|expected"):
        members(text[:end])


@given(values)
def test_what_was_made_storable_is_strict_json_without_nul_or_half_surrogates(value: Any) -> None:
    text, _ = storable(json.dumps(value).encode())
    decoded = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is left"))
    plain = json.dumps(decoded, ensure_ascii=False)
    assert "\x00" not in plain
    assert "\\u0000" not in plain
    plain.encode()  # raises when half a surrogate pair is left


@given(values)
def test_making_storable_twice_changes_nothing_more(value: Any) -> None:
    once, _ = storable(json.dumps(value).encode())
    assert storable(once) == (once, [])


@given(
    st.dictionaries(
        st.text(st.characters(exclude_characters="\0", codec="utf-8")), st.integers(-(10**18), 10**18)
    )
)
def test_sound_text_is_passed_on_byte_for_byte(record: dict[str, int]) -> None:
    text = json.dumps(record).encode()
    assert storable(text) == (text, [])


@given(st.binary(max_size=200))
def test_any_bytes_are_cut_or_refused_and_never_crash(text: bytes) -> None:
    for cut in (members, elements):
        try:
            cut(text)
        except ValueError:
            continue
    storable(text)
    read_stub(text)


def test_one_poisoned_record_does_not_take_its_page_with_it() -> None:
    poisoned = [
        b'{"id":"deep","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"id":"nan","x":NaN}',
        b'{"id":"half","x":"\\ud800"}',
        b'{"id":"bytes","x":"\xff\x00"}',
    ]
    page = b'{"data":[{"id":"1"},' + b",".join(poisoned) + b',{"id":"2"}],"pages":{"next":null}}'
    cut = elements(members(page)["data"])
    assert cut == [b'{"id":"1"}', *poisoned, b'{"id":"2"}']
    assert [stub.id for stub in map(read_stub, cut) if stub] == ["1", "deep", "nan", "half", "bytes", "2"]


@pytest.mark.parametrize(
    ("record", "stub"),
    [
        (b'{"id":5,"updated_at":7}', Stub("5", 7)),
        (b'{"id":"5","updated_at":null}', Stub("5", None)),
        (b'{"id":"5","updated_at":1700000000000}', Stub("5", 1_700_000_000)),
        (b'{"id":"5","updated_at":1700000000000000000}', Stub("5", None)),
        (b'{"id":""}', None),
        (b'{"id":null}', None),
        (b'{"id":true}', None),
        (b'{"id":{"a":1}}', None),
        (b"[]", None),
    ],
)
def test_a_stub_needs_a_usable_id(record: bytes, stub: Stub | None) -> None:
    assert read_stub(record) == stub


def test_a_path_through_something_that_is_no_object_leads_nowhere() -> None:
    assert member_at(b'{"a":{"b":[1]}}', ("a", "b")) == b"[1]"
    assert member_at(b'{"a":"x"}', ("a", "b")) is None
    assert member_at(b'{"a":null}', ("a", "b")) is None
