"""Records of a small kind, held whole; none of them is made before somebody asks."""

from collections.abc import Callable, Iterator
from typing import Any

from intercom_etl.simulator.stamps import seconds

Record = dict[str, Any]


class RecordSet:
    """`make(number)` builds the record of a number; its `id`, as text, is the key."""

    def __init__(self, count: int, make: Callable[[int], Record]) -> None:
        self._count = count
        self._make = make
        self._made: dict[str, Record] | None = None
        self._sorted: dict[str, list[Record]] = {}

    @property
    def _records(self) -> dict[str, Record]:
        if self._made is None:
            made = map(self._make, range(self._count))
            self._made = {str(record["id"]): record for record in made}
        return self._made

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._records

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __getitem__(self, record_id: str) -> Record:
        """The record; the caller must not alter it. KeyError when there is none."""
        return self._records[record_id]

    def values(self) -> list[Record]:
        """All records, in the order in which they came."""
        return list(self._records.values())

    def newest_first(self, time: str) -> list[Record]:
        """All records by this time, latest first; ids decide where times are equal."""
        if time not in self._sorted:
            records = self._records.values()
            self._sorted[time] = sorted(
                records, key=lambda one: (seconds(one.get(time)), str(one["id"])), reverse=True
            )
        return self._sorted[time]

    def example(self) -> Record:
        """A record of the next unused number, not yet stored."""
        _ = self._records  # the first ones have to be there before the count goes on
        self._count += 1
        return self._make(self._count - 1)

    def put(self, record: Record) -> str:
        """Store a new or changed record as it stands. Returns its key."""
        key = str(record["id"])
        self._records[key] = record
        self._sorted.clear()
        return key

    def drop(self, record_id: str) -> Record:
        """Take a record out; KeyError when there is none."""
        self._sorted.clear()
        return self._records.pop(record_id)
