"""Applies rules to the text of a record: each at its place, members that no rule speaks of as they stand.

Where a record has another shape than its rules expect, what stands there cannot be looked into. It is
taken out then, unless only addresses are concerned, which are found in any shape.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from intercom_etl.json_text import elements, members, object_of, storable

Verb = Literal["keep", "hash", "drop"]
Treat = Callable[[bytes], bytes]  # the text of a value -> the text that is kept of it

# Said of nothing by the readers of lists: stored children stay, as they would not with null.
NO_OBJECT, NO_LIST = b"[]", b"{}"
UNREADABLE = b'"[not an object: removed by the privacy policy]"'


@dataclass(slots=True)
class Place:
    """An object of a record, and what is to be done with its members.

    `members` are values with a rule or objects further down, `lists` are lists of such objects.
    `is_strict`: something else than addresses is taken out here or further down.
    """

    members: "dict[str, Treat | Place]" = field(default_factory=dict)
    lists: "dict[str, Place]" = field(default_factory=dict)
    is_strict: bool = False


def treat_record(text: bytes, place: Place) -> bytes:
    """The record as it may be kept; what is no object at all is replaced where a rule is strict."""
    treated = _treat_object(text, place)
    return UNREADABLE if treated == NO_OBJECT != text else treated


def _treat_object(text: bytes, place: Place) -> bytes:
    try:
        held = members(text)
    except ValueError:
        return text if not place.is_strict or text.strip() == b"null" else NO_OBJECT
    for key, inner in place.members.items():
        if key in held:
            value = held[key]
            held[key] = _treat_object(value, inner) if isinstance(inner, Place) else inner(value)
    for key, inner in place.lists.items():
        if key in held:
            held[key] = _treat_list(held[key], inner)
    # of members that come twice only the last one is kept, also when no value changes
    return object_of(held)


def _treat_list(text: bytes, place: Place) -> bytes:
    if text.strip() == b"null":
        return text
    try:
        held = elements(text)
    except ValueError:
        return NO_LIST if place.is_strict else text
    return b"[" + b",".join(_treat_element(element, place) for element in held) + b"]"


def _treat_element(text: bytes, place: Place) -> bytes:
    if text.lstrip()[:1] in (b"{", b"["):
        return _treat_object(text, place)
    return text  # a bare id stands for an object with nothing but this id


def plain_text(value: bytes) -> str | None:
    """A scalar as text: a string decoded, numbers and the like as they are written.

    None for null, objects and lists.
    """
    text = value.strip()
    if text == b"null" or text[:1] in (b"{", b"["):
        return None
    if text[:1] == b'"':
        try:
            return msgspec.json.decode(storable(text)[0], type=str)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            pass
    return text.decode(errors="replace")
