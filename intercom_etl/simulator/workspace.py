"""The simulated workspace: what a test or the demo makes, asks for the truth, and changes."""

import time
from collections.abc import Callable, Mapping
from typing import Literal
from zoneinfo import ZoneInfo

from intercom_etl.simulator.changes_conversations import ConversationChanges
from intercom_etl.simulator.changes_people import PeopleChanges
from intercom_etl.simulator.changes_records import RecordChanges
from intercom_etl.simulator.export_jobs import ExportJobs
from intercom_etl.simulator.nasty import spoil
from intercom_etl.simulator.rate_windows import RateWindows
from intercom_etl.simulator.schedule import Schedule
from intercom_etl.simulator.scroll import Scroll
from intercom_etl.simulator.size import Size
from intercom_etl.simulator.withdrawals import Withdrawals

__all__ = ["Size", "Workspace"]


# Opens nothing but this simulator.
TOKEN = "simulator-token"  # noqa: S105


class Workspace(PeopleChanges, ConversationChanges, RecordChanges):
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
        # The same question where dates are parameters (activity logs, macros, execution results): the
        # reference only says "after" and "before". False is the reading under which copies lose records.
        self.bounds_include_equal = False
        # How GET by id answers for an archived contact; the reference does not say.
        self.archived_contact_status: Literal[200, 404] = 200
        # The schema says `{"data": [..]}`, older versions and live answers give the bare array.
        self.away_status_reasons_bare = False
        # The reference's own example names a next page of events beside an empty list.
        self.events_always_name_next = False
        self.withdrawals = Withdrawals()
        self.content_exports = ExportJobs(1, "completed", "message data", ticks, self.stamp)
        self.reporting_exports = ExportJobs(5, "complete", "reporting dataset", ticks, self.stamp)

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

    def forbid(self, pattern: str, status: int = 403, code: str | None = None) -> None:
        """Answer requests that fit, e.g. `/calls*` or `GET /articles*`, with this error from now on.

        Without a code it is the usual one: 400 intercom_version_invalid, 401 unauthorized,
        402 payment_required, 403 api_plan_restricted.
        """
        self.withdrawals.forbid(pattern, status, code)

    def empty(self, pattern: str) -> None:
        """Answer lists that fit with 200 and no records, as a store does that cannot be read."""
        self.withdrawals.empty(pattern)

    def restore(self, pattern: str) -> None:
        """Take back what `forbid` or `empty` said of exactly this pattern."""
        self.withdrawals.restore(pattern)

    def plant(self, kind: str, record_id: str, raw: bytes) -> None:
        """Serve literally these bytes for the record, in lists, searches and by id."""
        with self.lock:
            if record_id not in self.holder(kind):
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
