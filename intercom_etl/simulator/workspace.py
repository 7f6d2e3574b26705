"""The simulated workspace: what a test or the demo makes, asks for the truth, and changes."""

import time
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from intercom_etl.simulator.changes_conversations import ConversationChanges
from intercom_etl.simulator.changes_people import PeopleChanges
from intercom_etl.simulator.nasty import spoil
from intercom_etl.simulator.rate_windows import RateWindows
from intercom_etl.simulator.schedule import Schedule
from intercom_etl.simulator.scroll import Scroll
from intercom_etl.simulator.size import Size

__all__ = ["Size", "Workspace"]


# Opens nothing but this simulator.
TOKEN = "simulator-token"  # noqa: S105


class Workspace(PeopleChanges, ConversationChanges):
    """One Intercom workspace. The same seed, size and `now` give the same bytes.

    `now` is the workspace's clock: it stamps changes and the Date header. `ticks` is the clock of
    waiting (rate windows, idle scrolls), so that a frozen `now` does not freeze those.
    `rate_limit` is requests per ten seconds. All attributes set here may be altered later.
    """

    def __init__(
        self,
        seed: int = 1,
        size: Size | None = None,
        token: str = TOKEN,
        timezone: str = "America/New_York",
        now: Callable[[], float] | None = None,
        rate_limit: int | None = None,
        ticks: Callable[[], float] = time.time,
        scroll_idle_seconds: float = 60.0,
        region: str = "US",
    ) -> None:
        super().__init__(seed, size or Size(), now)
        self.token = token
        self.timezone = timezone
        self.zone = ZoneInfo(timezone)
        self.region = region
        self.schedule = Schedule()
        self.rates = RateWindows(rate_limit, ticks)
        self.scroll = Scroll(scroll_idle_seconds, ticks)
        # The reference says "greater (or equal)" for `>` on conversations and tickets, but names an
        # operator `>=` as well; copies must be right under either reading.
        self.comparisons_include_equal = False

    @property
    def rate_limit(self) -> int | None:
        """Requests per ten seconds; None is no limit."""
        return self.rates.limit

    @rate_limit.setter
    def rate_limit(self, limit: int | None) -> None:
        self.rates.limit = limit

    def before_request(
        self, pattern: str, action: Callable[[], object], *, nth: int = 1, every: bool = False
    ) -> None:
        """Run `action` just before the nth request that fits, e.g. `POST /conversations/search`.

        With `every`, before each nth one. This is how a workspace changes under somebody who pages.
        """
        self.schedule.add(pattern, action, nth=nth, every=every)

    def plant(self, kind: str, record_id: str, raw: bytes) -> None:
        """Serve literally these bytes for the record, in lists, searches and by id."""
        with self.lock:
            if record_id not in getattr(self, kind):
                raise KeyError(f"no `{record_id}` in {kind}")
            self.planted[kind, record_id] = raw

    def plant_nasty(self, kind: str, record_id: str, recipe: str) -> bytes:
        """Spoil a record by a recipe of `nasty.RECIPES`; returns the bytes that are served from now on."""
        raw = spoil(self.truth_of(kind, record_id), recipe)
        self.plant(kind, record_id, raw)
        return raw

    def unplant(self, kind: str, record_id: str) -> None:
        """Serve the record itself again."""
        with self.lock:
            del self.planted[kind, record_id]

    def truth_of(self, kind: str, record_id: str) -> Mapping[str, object]:
        """One record of `truth(kind)`, without building the others."""
        with self.lock:
            return self._whole(kind)(record_id)
