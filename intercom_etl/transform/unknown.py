"""Notices what the API sends and no model knows: the first sign that it has grown.

Looks at the members of records and of what is in their lists, by their names only.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from intercom_etl.record import keys_known
from intercom_etl.stream import Children, Stream

# an object with thousands of invented names must not become thousands of rows
NAMES_AT_MOST = 100
NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class KnownNames:
    """What is known of the objects of a stream: names by table, the stream's own first."""

    table: str
    record: frozenset[str]
    is_open: bool
    lists: tuple[tuple[Children, frozenset[str]], ...]

    def tables(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Names by table."""
        yield self.table, self.record
        for child, names in self.lists:
            yield child.table, names


@cache
def known_names(stream: Stream) -> KnownNames:
    """Of a record also the members that lead to its lists are known."""
    leading = {path[0] for child in stream.children for path in child.paths}
    beside = {"has_more", "total_count"} if any(len(p) == 1 for c in stream.children for p in c.paths) else ()
    return KnownNames(
        stream.name,
        keys_known(stream.model) | leading.union(beside),
        stream.model.is_open,
        tuple((child, keys_known(child.model)) for child in stream.children),
    )


def count_unknown(known: KnownNames, record: Any, counts: Counter[tuple[str, str]]) -> None:
    """Adds the unknown names of one decoded record, by table and name."""
    if not isinstance(record, dict):
        return
    if not known.is_open and not known.record.issuperset(record):
        _add(known.table, record.keys() - known.record, counts)
    for child, names in known.lists:
        for path in child.paths:
            held: Any = record
            for key in path:
                held = held.get(key) if isinstance(held, dict) else None
            if child.keyed_by and isinstance(held, dict):
                held = list(held.values())
            for element in held if isinstance(held, list) else ():
                if isinstance(element, dict) and not names.issuperset(element):
                    _add(child.table, element.keys() - names, counts)


def _add(table: str, names: set[str], counts: Counter[tuple[str, str]]) -> None:
    for name in names:
        key = (table, name[:NAME_LENGTH])
        if key in counts or len(counts) < NAMES_AT_MOST:
            counts[key] += 1
