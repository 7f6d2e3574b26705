"""Row 17: clocks that are wrong, or jump. Windows end by the API's clock, so no change falls between two."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from oracle import assert_recovered, assert_sound
from own_place import NAMES, SIZE, Place
from truth import rows

from intercom_etl.simulator.workspace import Workspace

# the program's clock, and what it goes by before the API has told the time
SKEWED = """
import datetime, time
real_time, real_datetime, by = time.time, datetime.datetime, datetime.timedelta(days={days})
time.time = lambda: real_time() + by.total_seconds()
class Skewed(real_datetime):
    @classmethod
    def now(cls, tz=None):
        return real_datetime.now(tz) + by
import cli.running, intercom_etl.extract.client
cli.running.datetime = intercom_etl.extract.client.datetime = Skewed
"""
LOOKBACK = timedelta(minutes=15)


@pytest.mark.fault(17, "L F")
def test_a_clock_that_is_a_day_off_loses_no_change_and_moves_no_bookmark_ahead(place: Place) -> None:
    for days in (1, -1, 1):
        code, errors = place.syncs("--quiet", before=SKEWED.format(days=days))
        assert code == 0, errors
        # after the run, so that only the next one can bring it
        place.change()
        [run] = rows(place.url, "select started_at from etl.run order by id desc limit 1")
        off = run["started_at"] - datetime.now(UTC)
        assert abs(off - timedelta(days=days)) < timedelta(minutes=5), "the clock was not off"
        for mark in rows(
            place.url, "select value, swept_at, completed_at from etl.bookmark where value is not null"
        ):
            assert mark["value"] <= datetime.now(UTC) - LOOKBACK + timedelta(seconds=1)
            assert mark["completed_at"] <= datetime.now(UTC) + timedelta(seconds=1)
        assert_sound(place.url, place.workspace, NAMES)
    place.run()
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)
    stored = rows(place.url, "select max(synced_at) as newest from intercom.conversations")
    assert stored[0]["newest"] <= datetime.now(UTC) + timedelta(seconds=1)


# New York's clocks go forward at 07:00 UTC, back at 06:00 UTC: the hour from 01:00 comes twice
JUMPS = {
    "an hour that is left out": datetime(2026, 3, 8, 6, 30, tzinfo=UTC),
    "an hour that comes twice": datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
}


@pytest.mark.fault(17, "L F")
@pytest.mark.parametrize("start", JUMPS.values(), ids=JUMPS.keys())
def test_changes_around_a_jump_of_the_workspaces_clock_all_arrive(
    make_place: Callable[[Workspace], Place], start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    moment = [start.timestamp()]
    workspace = Workspace(seed=62, size=SIZE, now=lambda: moment[0], timezone="America/New_York")
    place = make_place(workspace)
    changed = list(workspace.contacts)[:8]
    # the last step is a leap second: the same second once more, with a change in each
    steps = (0.0, 1790.0, 1801.0, 2700.0, 2700.0)
    for before, after in pairwise(steps):
        moment[0] = start.timestamp() + after
        workspace.update_contact(changed[int(before) % len(changed)], name=f"Ada {after}")
        workspace.reply(next(iter(workspace.conversations)))
        place.run()
        assert_recovered(place.url, workspace, NAMES)
        values = rows(place.url, "select value from etl.bookmark where value is not null")
        # the program counts on from the Date that it was told; the workspace's clock stands still meanwhile
        assert all(mark["value"].timestamp() <= moment[0] - LOOKBACK.total_seconds() + 10 for mark in values)
    assert_recovered(place.url, workspace, NAMES, run_again=place.run)
