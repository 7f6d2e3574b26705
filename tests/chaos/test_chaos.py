"""A short chaos at every `make test`; `make chaos` is the long one. And whether it would notice anything."""

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chaos import census
from chaos.failpoints import FAILPOINTS, SeamGoneError, check_seams, kill_at_arrival
from chaos.ground import Ground
from chaos.machine import Chaos
from chaos.round import kill_at_every_failpoint
from chaos.run import Conditions, Sync, environment_of
from chaos.sequences import run_batch
from chaos.tally import Tally
from chaos.world import World

from intercom_etl.simulator.server import SimulatorServer

SECONDS = 8.0


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Ground(tmp_path_factory.mktemp("ground")).standing() as ground:
        yield ground


def test_sequences_from_a_fresh_seed_lose_and_double_nothing(ground: Ground) -> None:
    tally, seed = Tally(), random.SystemRandom().randrange(1, 1_000_000)
    ends = time.monotonic() + SECONDS

    def is_over() -> bool:
        return time.monotonic() > ends and not tally.idle()

    while not is_over():
        # the steps are told by `make chaos` with this seed, which also looks for fewer of them
        failure = run_batch(seed, ground, tally, is_over=is_over, steps=8, shrinks=False)
        assert failure is None, failure.text()
        seed += 1
    assert (tally.lost, tally.duplicated, tally.idle()) == (0, 0, []), (seed, tally.details())


def test_one_kill_at_every_failpoint_in_turn_leaves_nothing_that_a_run_does_not_mend(
    ground: Ground, tmp_path: Path
) -> None:
    tally = Tally()
    kill_at_every_failpoint(ground, tally, tmp_path)
    assert tally.failpoints == len(FAILPOINTS)
    assert (tally.lost, tally.duplicated) == (0, 0)


def test_a_lost_record_is_found_counted_and_told_with_its_seed(ground: Ground) -> None:
    class Forgetful(Chaos):
        def calm_sync(self) -> None:
            super().calm_sync()
            self.ground.execute(
                self.url, "delete from intercom.tags where id = (select min(id) from intercom.tags)"
            )

    tally = Tally()
    failure = run_batch(5, ground, tally, sequences=1, steps=1, shrinks=False, machine=Forgetful)
    assert failure is not None
    assert "seed 5" in failure.text()
    assert "lost" in failure.shortest[-1]
    assert tally.lost > 0


def test_a_part_that_is_there_twice_is_counted(ground: Ground, tmp_path: Path) -> None:
    world = World(4, is_patient=False, includes_equal=False)
    with ground.database() as url, SimulatorServer(world.workspace) as server:
        environment = environment_of(server, url, tmp_path, INTERCOM_ETL_STREAMS="conversations")
        assert Sync(environment, tmp_path, Conditions()).wait().code == 0
        assert census.take_census(url, world.workspace, ["conversations"]) == (0, 0, 16)
        ground.execute(
            url,
            "update intercom.conversation_parts p set id = other.id from intercom.conversation_parts other"
            " where p.conversation_id < other.conversation_id and p.id = (select min(id)"
            " from intercom.conversation_parts where conversation_id < other.conversation_id)"
            " and other.id = (select max(id) from intercom.conversation_parts)",
        )
        assert census.take_census(url, world.workspace, ["conversations"]) == (0, 1, 16)


def test_a_run_whose_sessions_are_ended_tells_it_in_words_of_its_own(ground: Ground, tmp_path: Path) -> None:
    world = World(4, is_patient=False, includes_equal=False)
    with ground.database() as url, SimulatorServer(world.workspace) as server:
        world.workspace.before_request("GET /conversations/*", lambda: ground.end_backends(url), nth=3)
        environment = environment_of(server, url, tmp_path, INTERCOM_ETL_STREAMS="conversations,contacts")
        ended = Sync(environment, tmp_path, Conditions()).wait()
    assert (ended.code, ended.errors) == (0, "")  # it went on in a new run, and no library spoke of it


def test_a_run_in_which_nothing_fired_counts_as_failed() -> None:
    assert Tally(sequences=9, recoveries=9).idle() == ["kill", "kill at a failpoint", "fault of the API"]


@pytest.mark.parametrize(
    ("seam", "when"),
    [
        ("intercom_etl.load.write:copy_rowz", "before"),
        ("intercom_etl.loading:copy_rows", "before"),
        ("intercom_etl.load.write:copy_rows", "each"),
        ("intercom_etl.load.write:Loader.table", "before"),
    ],
)
def test_a_failpoint_whose_seam_is_gone_or_changed_is_refused(seam: str, when: str) -> None:
    failpoint = replace(FAILPOINTS[0], seam=seam, when=when)
    with pytest.raises(SeamGoneError, match=failpoint.name):
        kill_at_arrival(failpoint, 1)


def test_all_failpoints_have_their_seams() -> None:
    check_seams()
    assert len({failpoint.name for failpoint in FAILPOINTS}) == len(FAILPOINTS)
