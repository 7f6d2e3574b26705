"""What transform hands to load: validated rows and rejects of one page, the unit of commit."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """Typed values by column, and the JSON text that they were read from."""

    values: Mapping[str, Any]
    raw: bytes


@dataclass(frozen=True, slots=True)
class ChildRows:
    """The children of one record for one table. `complete`: children not named here are gone."""

    rows: tuple[Row, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One record with all that hangs on it. `children` is keyed by table name.

    `gone` is the reason why the record is known to exist no more, else None.
    """

    id: str
    version: datetime | None
    row: Row
    children: Mapping[str, ChildRows]
    fetched_at: datetime
    gone: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """A record, or a child of one, that cannot become a row; `raw` is its text, made storable.

    `stream` is the table that it was meant for. `pending`: the API kept failing for it, the
    next run asks again. `label` and `place` are where a child stood that nothing else tells apart.
    """

    stream: str
    record_id: str | None
    raw: str
    reason: str
    parent_id: str | None = None
    pending: bool = False
    label: str | None = None
    place: int | None = None


@dataclass(frozen=True, slots=True)
class Retried:
    """The entry of quarantine that a batch holds and nothing else: its number and its table.

    `part` is what was read of a child; its record is not in the batch then, but has the id `parent_id`.
    `resolution` closes the entry without anything being written.
    """

    entry: int
    table: str
    parent_id: str | None = None
    part: Row | None = None
    resolution: str | None = None


@dataclass(slots=True)
class Batch:
    """Items and rejects of one page. `cleaned` counts repairs by what was repaired.

    `unknown` counts objects with a member that no model knows, by table and name of the member.
    `current` are ids that were listed and are stored already. `whole` are parents: whatever is
    stored of their lists before `fetched_at` and is not in this batch is gone. `retried` says where a
    batch comes from that was not read from the API.
    """

    stream: str
    items: list[Item]
    rejects: list[Reject]
    fetched_at: datetime
    cleaned: Counter[str] = field(default_factory=Counter)
    current: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    retried: Retried | None = None

    def newest_only(self) -> list[Item]:
        """One item per id: the newest version, the later one of equals, in order of id.

        A page may name a record twice when it moves while we read, and one statement cannot
        upsert a key twice (SQLSTATE 21000). Sorted ids keep two writers from deadlocking.
        """
        newest: dict[str, Item] = {}
        for item in self.items:
            known = newest.get(item.id)
            if known is None or _is_older_or_same(known, item):
                newest[item.id] = item
        return [newest[key] for key in sorted(newest)]

    def listed_ids(self) -> list[str]:
        """The ids of all records that exist; rejected ones do, whatever is wrong with them."""
        ids = [item.id for item in self.items if item.gone is None]
        ids += [r.record_id for r in self.rejects if r.stream == self.stream and r.record_id is not None]
        return [*ids, *self.current]

    def has_nameless(self) -> bool:
        """Whether a record has no usable id: any stored one may be it."""
        return any(r.stream == self.stream and r.record_id is None for r in self.rejects)


def _is_older_or_same(known: Item, item: Item) -> bool:
    if known.version is None or item.version is None:
        return known.fetched_at <= item.fetched_at
    return (known.version, known.fetched_at) <= (item.version, item.fetched_at)
