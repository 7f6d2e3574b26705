"""Ten-second rate windows with the three X-RateLimit headers."""

from collections.abc import Callable
from dataclasses import dataclass

WINDOW = 10
# Stands for "no limit": the header is always there on the real API, so it is here too.
UNLIMITED = 1_000_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left after one request; `wait` is seconds until the window ends."""

    limit: int
    remaining: int
    wait: float
    allowed: bool


class RateWindows:
    """Counts requests; `limit` None allows all of them."""

    def __init__(self, limit: int | None, ticks: Callable[[], float]) -> None:
        self.limit = limit
        self._ticks = ticks
        self._window = -1
        self._used = 0

    def take(self) -> Allowance:
        """Count one request. Windows start at multiples of ten seconds."""
        now = self._ticks()
        window = int(now // WINDOW)
        if window != self._window:
            self._window, self._used = window, 0
        self._used += 1
        limit = UNLIMITED if self.limit is None else self.limit
        return Allowance(
            limit=limit,
            remaining=max(0, limit - self._used),
            wait=(window + 1) * WINDOW - now,
            allowed=self._used <= limit,
        )
