"""Records of one kind: their keys and times are held, their bodies are made when somebody asks.

That keeps a workspace of a million records small, and quick to start.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

State = TypeVar("State")

# A page of 150 is listed, then each record of it is fetched: a few pages worth of bodies saves half the work.
RECENT = 1024


class Collection(Generic[State]):
    """`make(number)` builds the body of a record that nobody changed; changed ones are kept."""

    def __init__(self, entries: Iterable[tuple[str, int, int]], make: Callable[[int], State]) -> None:
        self.created: dict[str, int] = {}
        self.updated: dict[str, int] = {}
        self.number: dict[str, int] = {}
        for number, (record_id, created_at, updated_at) in enumerate(entries):
            self.created[record_id] = created_at
            self.updated[record_id] = updated_at
            self.number[record_id] = number
        self.version = 0
        self._make = make
        self._kept: dict[str, State] = {}
        self._recent: OrderedDict[str, State] = OrderedDict()

    def __len__(self) -> int:
        return len(self.created)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self.created

    def __iter__(self) -> Iterator[str]:
        return iter(self.created)

    def state(self, record_id: str) -> State:
        """The record's body; the caller must not alter it. KeyError when there is none."""
        if record_id in self._kept:
            return self._kept[record_id]
        state = self._recent.get(record_id)
        if state is None:
            if record_id not in self.created:
                raise KeyError(record_id)
            state = self._make(self.number[record_id])
            self._recent[record_id] = state
            if len(self._recent) > RECENT:
                self._recent.popitem(last=False)
        return state

    def put(self, record_id: str, state: State, updated_at: int, created_at: int | None = None) -> None:
        """Store a new or changed record."""
        self._kept[record_id] = state
        self._recent.pop(record_id, None)
        if created_at is not None:
            self.created[record_id] = created_at
            # One that comes back from the archive keeps what follows from its number.
            self.number.setdefault(record_id, len(self.number))
        self.updated[record_id] = updated_at
        self.version += 1

    def remove(self, record_id: str) -> State:
        """Take a record out of everything; KeyError when there is none."""
        state = self.state(record_id)
        del self.created[record_id], self.updated[record_id]
        self._kept.pop(record_id, None)
        self._recent.pop(record_id, None)
        self.version += 1
        return state

    def touch(self) -> None:
        """Say that something about the records changed that they do not hold themselves."""
        self.version += 1
