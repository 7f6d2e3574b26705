"""Which columns a view of custom attributes has: names and types, from definitions that anybody may write.

Attributes are named by people: with quotes, line breaks, in any script, two hundred characters
long, twice. Columns get names that can be typed, and keep them.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import Literal

Kind = Literal["text", "bigint", "numeric", "boolean", "timestamptz", "jsonb", "mixed"]

MOST_COLUMNS = 1_500  # a view of PostgreSQL has 1,600 at most, and a query over it 1,664
NAME_BYTES = 63
HASH_DIGITS = 8

# the record's own columns, and those that PostgreSQL keeps in every table made from the view
RESERVED = frozenset({"workspace_id", "id", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})

KINDS: Mapping[str, Kind] = {
    "string": "text",
    "list": "text",
    "integer": "bigint",
    "float": "numeric",
    "decimal": "numeric",
    "boolean": "boolean",
    "date": "timestamptz",
    "datetime": "timestamptz",
}


@dataclass(frozen=True, slots=True)
class Definition:
    """What a workspace says of one attribute. `retired`: archived, or not listed any more."""

    workspace_id: str
    name: str
    data_type: str | None
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a view. `attribute` is the member of the record that its values are read from."""

    name: str
    attribute: str
    kind: Kind
    data_types: tuple[str, ...]
    retired: bool


def choose_columns(definitions: Iterable[Definition], known: Mapping[str, str]) -> list[Column]:
    """At most MOST_COLUMNS columns, one an attribute; `known` are columns by attribute, in order.

    Known attributes keep their column and their place, so that a column never changes its
    meaning; new ones follow, sorted by name. Definitions that disagree on the type make the
    column text that shows any value.
    """
    by_name: defaultdict[str, list[Definition]] = defaultdict(list)
    for definition in definitions:
        by_name[definition.name].append(definition)
    return [
        Column(
            name,
            attribute,
            _kind(by_name[attribute]),
            tuple(sorted({str(d.data_type) for d in by_name[attribute]})),
            all(d.retired for d in by_name[attribute]),
        )
        for attribute, name in name_columns(by_name, known).items()
    ]


def _kind(definitions: Sequence[Definition]) -> Kind:
    kinds: set[Kind] = {KINDS.get(definition.data_type or "", "jsonb") for definition in definitions}
    return kinds.pop() if len(kinds) == 1 else "mixed"


def name_columns(attributes: Collection[str], known: Mapping[str, str]) -> dict[str, str]:
    """Column names by attribute, all different, in the order of the view."""
    named = {attribute: name for attribute, name in known.items() if attribute in attributes}
    taken = RESERVED | set(named.values())
    for attribute in sorted(set(attributes) - named.keys()):
        named[attribute] = _free_name(attribute, taken)
        taken |= {named[attribute]}
    return dict(list(named.items())[:MOST_COLUMNS])


def _free_name(attribute: str, taken: Collection[str]) -> str:
    name = plain_name(attribute)
    for attempt in count():
        if name not in taken:
            return name
        digest = sha256(f"{attribute}{attempt or ''}".encode(errors="replace")).hexdigest()[:HASH_DIGITS]
        name = f"{cut(plain_name(attribute), NAME_BYTES - HASH_DIGITS - 1)}_{digest}"
    raise AssertionError("names do not run out")


def plain_name(text: str) -> str:
    """A name that needs no quotes, unless it is a word of SQL: `The One Ring!` gives `the_one_ring`.

    Letters of any script stay; everything else is an underscore. At most 63 bytes.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    kept = "".join(c if c.isalnum() or unicodedata.category(c) in ("Mn", "Mc") else " " for c in folded)
    name = "_".join(kept.split()) or "attribute"
    if not name[0].isalpha():
        name = f"_{name}"
    return cut(name, NAME_BYTES)


def cut(name: str, size: int) -> str:
    """The name in at most `size` bytes, no character halved."""
    return name.encode(errors="replace")[:size].decode(errors="ignore").rstrip("_") or "attribute"
