"""What extract hands to transform: the JSON text of records exactly as the API sent it."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Stub:
    """What every record says of itself before it is validated. `updated_at` is in unix seconds."""

    id: str
    updated_at: int | None


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A record whose own request kept failing. `stub` is what the listing said of it."""

    id: str
    stub: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A record that the API no longer has. `merged_into` is the id of the one that took it over."""

    stub: bytes
    reason: str
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Parent:
    """A record with a list of its own. `position` is how far the parents are read with it.

    `is_waiting`: an earlier run could not read the list.
    """

    id: str
    position: datetime | None = None
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Records in the order in which the API gave them; the unit that becomes one batch.

    `fetched_at` is when the request was sent, on the server's clock, so that what it shows is
    at least as new as that. `position` is how far the stream has been read when it is read in the
    order of its replication key, else None. `current` names records left out because the database
    already holds the listed version. `total` is the API's own count for the whole query, where it
    gives one. `parents` are the ids of the records in whose lists these were found, one for each
    record, where a stream is read list by list; `whole` are those whose lists have been read to their
    end with this page.
    """

    records: tuple[bytes, ...]
    fetched_at: datetime
    gone: tuple[Gone, ...] = ()
    unavailable: tuple[Unavailable, ...] = ()
    position: datetime | None = None
    current: tuple[str, ...] = ()
    total: int | None = None
    parents: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()

    def first(self, count: int) -> "Page":
        """The page with its first records only; nothing is read to any point with it."""
        return replace(
            self, records=self.records[:count], parents=self.parents[:count], whole=(), position=None
        )
