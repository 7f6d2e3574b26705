"""What extract hands to transform: the JSON text of records exactly as the API sent it."""

from dataclasses import dataclass
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
class Page:
    """Records in the order in which the API gave them; the unit that becomes one batch.

    `fetched_at` is when the request was sent, on the server's clock, so that what it shows is
    at least as new as that. `gone` holds records that a listing named and whose own address then
    answered 404 or 410. `position` is how far the stream has been read when it is read in the
    order of its replication key, else None. `skipped` counts records left out because the
    database already holds the listed version. `total` is the API's own count for the whole
    query, where it gives one.
    """

    records: tuple[bytes, ...]
    fetched_at: datetime
    gone: tuple[bytes, ...] = ()
    unavailable: tuple[Unavailable, ...] = ()
    position: datetime | None = None
    skipped: int = 0
    total: int | None = None
