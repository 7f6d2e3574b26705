"""Rows 1, 2 and 16: processes that are killed, told to end, started twice, or asleep for too long."""

import signal
from collections.abc import Callable
from dataclasses import replace

import pytest
from oracle import assert_fired, assert_recovered, assert_sound
from own_place import NAMES, SIZE, Place
from stopped_child import STAGES
from truth import rows

from intercom_etl.simulator.workspace import Workspace


@pytest.mark.fault(1, "L D P S M F")
def test_killed_at_every_stage_in_turn_the_next_run_still_ends_equal_to_the_truth(place: Place) -> None:
    kills = 0
    for stage in STAGES:
        with place.syncs.stopped(stage, "--quiet") as child:
            child.kill()
            kills += 1
        assert_sound(place.url, place.workspace, NAMES)
    assert_fired(kills, "kill -9", len(STAGES))
    # the last one stood before its own record: all that was missing is the end of that
    assert rows(
        place.url, "select distinct status from etl.run where id < (select max(id) from etl.run)"
    ) == [{"status": "abandoned"}]
    assert rows(place.url, "select status from etl.run order by id desc limit 1") == [{"status": "running"}]
    code, errors = place.syncs("--quiet")
    assert code == 0, errors
    found = rows(place.url, "select distinct status from etl.run order by status")
    assert found == [{"status": "abandoned"}, {"status": "ok"}]
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)


@pytest.mark.fault(1, "M")
def test_killed_between_merge_and_commit_the_batches_before_are_kept_and_claimed_and_no_others(
    make_place: Callable[[Workspace], Place],
) -> None:
    place = make_place(Workspace(seed=63, size=replace(SIZE, conversations=460, parts=1)))
    place.syncs.names = ("conversations",)
    with place.syncs.stopped("C", "--quiet", nth=3) as child:
        child.kill()
    # two pages of 150; a bookmark that spoke of the third would be ahead
    assert len(rows(place.url, "select 1 from intercom.conversations")) == 300
    assert_sound(place.url, place.workspace, NAMES)
    place.run()
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)


@pytest.mark.fault(2, "L S M F")
def test_one_signal_at_any_stage_ends_the_run_in_order_and_says_how_to_go_on(place: Place) -> None:
    sent = (signal.SIGTERM, signal.SIGINT)
    for number, stage in enumerate("LSCF"):
        with place.syncs.stopped(stage) as child:
            child.process.send_signal(sent[number % 2])
            child.go_on()
            code, errors = child.ended()
        asked = "intercom-etl sync conversations contacts tickets"
        assert code == 128 + sent[number % 2], (stage, errors)
        assert f"go on with `{asked}`" in errors.splitlines()[-1], (stage, errors)
        assert_sound(place.url, place.workspace, NAMES)
        [ended] = rows(place.url, "select status, exit_code from etl.run order by id desc limit 1")
        interrupted = {"status": "interrupted", "exit_code": code}
        # before its record is written the run itself is through
        assert ended == ({"status": "ok", "exit_code": 0} if stage == "F" else interrupted), stage
        assert rows(place.url, "select expires_at from etl.lease where expires_at is not null") == [], stage
    place.run()
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)


@pytest.mark.fault(2, "L")
def test_a_second_signal_ends_at_once_what_cannot_end_in_order(place: Place) -> None:
    with place.syncs.stopped("L") as child, place.own.locked("etl.lease", place.name):
        child.process.send_signal(signal.SIGTERM)
        child.go_on()
        # it gives back its lease, and cannot
        place.own.wait_for_waiting("etl.lease", place.name)
        child.process.send_signal(signal.SIGINT)
        code, _ = child.ended(timeout=5)
    assert code == 130
    assert_sound(place.url, place.workspace, NAMES)
    place.run()
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)


@pytest.mark.fault(16, "L D P S M F")
def test_a_second_run_is_sent_away_while_the_first_works_and_costs_it_nothing(place: Place) -> None:
    with place.syncs.stopped("M") as first:
        code, errors = place.syncs()
        assert code == 11, errors
        assert f"pid {first.process.pid} " in errors
        assert "hint: wait for it to end" in errors
        first.go_on()
        code, errors = first.ended()
        assert code == 0, errors
    assert rows(place.url, "select status, exit_code from etl.run order by id") == [
        {"status": "ok", "exit_code": 0},
        {"status": "failed", "exit_code": 11},
    ]
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)


@pytest.mark.fault(16, "S M F")
@pytest.mark.parametrize("stage", ["S", "B", "F"])
def test_a_run_whose_lease_was_taken_while_it_slept_writes_nothing_more(place: Place, stage: str) -> None:
    with place.syncs.stopped(stage) as sleeper:
        place.execute("update etl.lease set expires_at = now() - interval '1 second'")
        place.run()
        before = rows(place.url, "select * from etl.bookmark order by stream")
        sleeper.go_on()
        code, errors = sleeper.ended()
    # before its record nothing is left to be refused but the record itself
    assert code == (0 if stage == "F" else 11), errors
    assert rows(place.url, "select * from etl.bookmark order by stream") == before
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)
