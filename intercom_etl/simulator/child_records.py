"""Records that only exist on a parent (events of a contact, notes of a company), made when it is asked for.

So a workspace of a million contacts holds no events until somebody reads some.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from intercom_etl.simulator.chance import generator
from intercom_etl.simulator.collection import Collection
from intercom_etl.simulator.world import World

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChildKind:
    """How records of one kind hang on their parents.

    `count` says how many a parent gets; `make(world, rng, parent_id, place, stamp)` builds one, where
    `place` is a number that is unique within the kind; `key` reads or builds what it is known by.
    """

    parents: str
    count: Callable[[Random], int]
    make: Callable[[World, Random, str, int, int], Record]
    key: Callable[[Record], str]


PLACES = 1000  # numbers set aside for the records of one parent


class ChildRecords:
    """What hangs on the parents of one kind, oldest first."""

    def __init__(self, name: str, kind: ChildKind, world: World, parents: Collection[Any]) -> None:
        self._name = name
        self._kind = kind
        self._world = world
        self._parents = parents
        self._kept: dict[str, list[Record]] = {}

    def of(self, parent_id: str) -> list[Record]:
        """The records of this parent; the caller must not alter them. KeyError without the parent."""
        if parent_id not in self._parents:
            raise KeyError(parent_id)
        if parent_id in self._kept:
            return self._kept[parent_id]
        return self._made(parent_id)

    def _made(self, parent_id: str) -> list[Record]:
        number = self._parents.number[parent_id]
        if number >= getattr(self._world.size, self._kind.parents):
            return []
        rng = generator(self._world.seed, self._name, number)
        born = self._parents.created[parent_id]
        count = self._kind.count(rng)
        stamps = sorted(rng.randint(born, max(born, self._world.anchor - 60)) for _ in range(count))
        return [
            self._kind.make(self._world, rng, parent_id, number * PLACES + place, stamp)
            for place, stamp in enumerate(stamps)
        ]

    def put(self, parent_id: str, records: list[Record]) -> None:
        """Replace all that hangs on this parent."""
        if parent_id not in self._parents:
            raise KeyError(parent_id)
        self._kept[parent_id] = records

    def example(self, parent_id: str, place: int, stamp: int) -> Record:
        """One more record for this parent, not yet stored."""
        rng = generator(self._world.seed, self._name, parent_id, place)
        return self._kind.make(self._world, rng, parent_id, place, stamp)

    def key(self, record: Record) -> str:
        """What a record of this kind is known by."""
        return self._kind.key(record)

    def every(self) -> Iterator[tuple[str, Record]]:
        """(key, record) of all parents there are now."""
        for parent_id in self._parents:
            for record in self.of(parent_id):
                yield self._kind.key(record), record
