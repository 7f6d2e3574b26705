"""What a run is asked to do: a frozen value that the command line makes and all use cases read."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from intercom_etl.page import Page
from intercom_etl.privacy.policy import Policy
from intercom_etl.stream import Stream

DELETE_SHARE = 0.3
REREADS_AT_MOST = 20_000
DATABASE_PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What was asked for. `limit` is a number of records per stream.

    `is_named`: the streams were named by hand, so each must be there. `full` reads everything
    again, `sweep` lists everything again. A sweep comes by itself after `sweep_every`, and within
    `reread_every` every record is fetched again that takes a request of its own (zero: never).
    `delete_share` is the share of a collection's records that may vanish at once; more is taken for
    a fault of the API. `parents_at_most` is how many lists a stream of lists reads in one run,
    `names` are those of streams that are read by name, by setting. `history` names the streams of
    which every version is kept, `policy` says what is kept of each record. `max_requests` and
    `max_runtime` end the run when they are used up. A database that goes away in the middle is waited
    for, `database_patience` at a time.
    """

    streams: tuple[Stream, ...]
    lookback: timedelta
    since: datetime | None = None
    full: bool = False
    sweep: bool = False
    limit: int | None = None
    is_named: bool = False
    delete_share: float = DELETE_SHARE
    sweep_every: timedelta = timedelta(0)
    reread_every: timedelta = timedelta(0)
    parents_at_most: int = 20_000
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    history: frozenset[str] = frozenset()
    policy: Policy | None = None
    max_requests: int | None = None
    max_runtime: timedelta | None = None
    database_patience: timedelta = DATABASE_PATIENCE

    @property
    def rereads_at_most(self) -> int:
        """How many records that did not change are read again in this run: news comes first."""
        return REREADS_AT_MOST if self.max_requests is None else max(1, self.max_requests // 10)

    @property
    def is_bounded(self) -> bool:
        """Whether the run may have to end before everything is done."""
        return self.max_requests is not None or self.max_runtime is not None

    def treatment(self, stream: Stream) -> Callable[[Page], Page] | None:
        """What becomes of a page before anybody sees it; None without a policy."""
        return partial(self.policy.apply_to_page, stream) if self.policy is not None else None

    def as_json(self) -> dict[str, Any]:
        """For the run's row."""
        return {
            "streams": [stream.name for stream in self.streams],
            "since": self.since.isoformat() if self.since else None,
            "full": self.full,
            "sweep": self.sweep,
            "limit": self.limit,
            "max_requests": self.max_requests,
            "max_runtime": self.max_runtime.total_seconds() if self.max_runtime else None,
            "privacy": self.policy.fingerprint if self.policy is not None else None,
        }

    def may_lack(self, known: Collection[str]) -> frozenset[str]:
        """Streams that the API need not have: nobody named them, and none of them was ever read."""
        if self.is_named:
            return frozenset()
        return frozenset(stream.name for stream in self.streams if stream.name not in known)
