"""Which span of the replication key a run reads, and where its bookmark may go afterwards.

No clock is read here: `now` comes in from the edge, so that the algebra can be tested.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Window:
    """A span of the replication key, both ends inclusive; `start` None means from the beginning.

    `bookmark` is where the bookmark goes once the window has been read to its end; None means
    that this window must leave it alone, since moving it would jump over a gap.
    """

    start: datetime | None
    end: datetime
    bookmark: datetime | None

    @classmethod
    def choose(
        cls,
        *,
        since: datetime | None,
        bookmark: datetime | None,
        resume_from: datetime | None,
        lookback: timedelta,
        now: datetime,
        whole: bool = False,
        first: datetime | None = None,
    ) -> "Window":
        """The only place where a user's `since` and the stored `bookmark` compete.

        The bookmark ends `lookback` before the run's start and not at the newest record seen:
        Intercom's search index lags some minutes, so a record changed just before the run may
        only show up after it.  It never moves back, and a `since` later than the bookmark
        leaves it where it is.  `resume_from` is how far an interrupted run had read; it counts only
        when the caller asks for nothing else, and only when it is later than the bookmark. `first` is
        where to start when there is neither.
        """
        target = now - lookback if bookmark is None else max(bookmark, now - lookback)
        if whole:
            return cls(None, now, target)
        if since is not None:
            leaves_gap = bookmark is None or since > bookmark
            return cls(since, now, None if leaves_gap else target)
        starts = [moment for moment in (bookmark, resume_from) if moment is not None]
        return cls(max(starts, default=first), now, target)

    def whole(self) -> "Window":
        """The same window from the very beginning."""
        return replace(self, start=None)

    @property
    def leaves_gap(self) -> bool:
        """Whether records before `start` may be missing from the database after this window."""
        return self.bookmark is None
