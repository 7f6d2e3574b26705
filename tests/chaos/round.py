"""One kill at every failpoint in turn, so that none of them is left to chance."""

import signal
from pathlib import Path

from chaos import census
from chaos.failpoints import FAILPOINTS
from chaos.ground import Ground
from chaos.machine import FEW, LISTS
from chaos.run import Conditions, Ended, Sync, environment_of
from chaos.tally import Tally
from chaos.world import World

from intercom_etl.simulator.server import SimulatorServer

# there is something to do for every stage of a run
TROUBLE = (
    "reply", "edit contact", "note on contact", "edit company", "note on company", "reply to ticket",
    "add tag",
)  # fmt: skip


def kill_at_every_failpoint(ground: Ground, tally: Tally, folder: Path) -> None:
    """Raises AssertionError when one does not fire, or when a run does not mend what all left."""
    world = World(4, is_patient=False, includes_equal=False)
    with ground.database() as url, SimulatorServer(world.workspace) as server:
        names = ",".join((*FEW, *LISTS))
        environment = environment_of(
            server, url, folder, INTERCOM_ETL_STREAMS=names, INTERCOM_ETL_LOOKBACK_MINUTES="0"
        )

        def sync(failpoint: tuple[str, int] | None = None) -> Ended:
            tally.syncs += 1
            with Sync(environment, folder, Conditions(), failpoint) as run:
                return run.wait()

        def calm_sync() -> None:
            ended = sync()
            assert ended == Ended(0, ""), ended

        calm_sync()
        for number, failpoint in enumerate(FAILPOINTS):
            world.pass_seconds(60)
            for name in TROUBLE:
                world.change(name, number)
            ended = sync((failpoint.name, 1))
            assert ended.code == -signal.SIGKILL, f"`{failpoint.name}` has not fired: {ended}"
            tally.kills[failpoint.name] += 1
            census.check_sound(world, url, FEW, tally)
        tally.compared += census.recover(world, url, FEW, tally, calm_sync)
    tally.recoveries += 1
