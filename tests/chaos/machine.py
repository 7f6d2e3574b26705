"""The chaos itself: a state machine whose steps change a workspace, copy it, and break whatever can break."""

import signal
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar, NoReturn

from chaos import census, plans
from chaos.ground import Ground, Shutdown
from chaos.run import Conditions, Ended, Scene, Sync, environment_of, reached_in_time
from chaos.tally import Tally
from chaos.world import World
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from oracle import USUAL
from truth import TOKEN

from intercom_etl.simulator.server import SimulatorServer

CALM, LOCKED, AGAIN, REFUSED, KILLED = {0}, 11, 75, 77, -signal.SIGKILL
PARTIAL = 3
FEW = ("companies", "contacts", "conversations", "deleted_conversations", "segments", "tags", "tickets")
LISTS = ("company_notes", "contact_notes")
NO_TOKEN = "a-token-that-opens-nothing"


class TimeIsOverError(BaseException):
    """No error to Hypothesis, which would look for a shorter way to it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What all sequences of a batch have in common. `trails` are those of the sequences that failed."""

    ground: Ground
    tally: Tally
    is_over: Callable[[], bool]
    tell: Callable[[str], None]
    trails: list[list[str]] = field(default_factory=list)


class Chaos(RuleBasedStateMachine):
    """Steps on a ground; what they do is counted in the tally, and told in `trail`."""

    frame: ClassVar[Frame]

    def __init__(self) -> None:
        super().__init__()
        if self.frame.is_over():
            raise TimeIsOverError
        self.ground = self.frame.ground
        # what is tried to make a failure shorter is the same failure, not one more
        self.tally = Tally() if self.frame.trails else self.frame.tally
        self.trail: list[str] = []
        self.is_broken = self.is_troubled = False
        self._closing = ExitStack()

    @initialize(
        seed=st.integers(1, 9),
        lookback=st.sampled_from((0, 15, 1)),
        is_patient=st.booleans(),
        includes_equal=st.booleans(),
        is_wide=st.sampled_from((False, False, False, False, False, True)),
    )
    def begin(self, seed: int, lookback: int, is_patient: bool, includes_equal: bool, is_wide: bool) -> None:
        self.say(f"begin: workspace {seed}, {lookback=}, {is_patient=}, {includes_equal=}, {is_wide=}")
        self.folder = Path(self._closing.enter_context(TemporaryDirectory(dir=self.ground.folder)))
        self.url = self._closing.enter_context(self.ground.database())
        self.world = World(seed, is_patient=is_patient, includes_equal=includes_equal)
        self.server = self._closing.enter_context(SimulatorServer(self.world.workspace))
        self.names = USUAL if is_wide else FEW
        self.environment = environment_of(
            self.server,
            self.url,
            self.folder,
            INTERCOM_ETL_LOOKBACK_MINUTES=str(lookback),
            INTERCOM_ETL_STREAMS=",".join((f"+{name}" for name in LISTS) if is_wide else (*FEW, *LISTS)),
        )

    @rule()
    def a_minute_passes(self) -> None:
        """The first rule by name and number of arguments, which Hypothesis tries first: it is to be cheap."""
        self.world.pass_seconds(60)

    @rule(conditions=plans.any_conditions)
    def sync_to_the_end(self, conditions: Conditions) -> None:
        with self.scene("to the end", conditions):
            vanished = self.world.vanished()
            ended = self.start(conditions).wait()
        self.judge(ended, conditions, CALM)
        if ended.code == 0 and not conditions.arguments:
            self.world.forget_vanished(vanished)

    @rule(kills=st.lists(st.tuples(plans.kills, plans.any_conditions), min_size=2, max_size=5))
    def syncs_killed_at_failpoints(self, kills: list[tuple[tuple[str, int], Conditions]]) -> None:
        for (failpoint, arrival), conditions in kills:
            with self.scene(f"kill -9: {failpoint}, arrival {arrival}", conditions):
                ended = self.start(conditions, (failpoint, arrival)).wait()
            self.judge(ended, conditions, {0, KILLED})
            self.tally.kills[failpoint] += ended.code == KILLED
            self.is_sound()

    @rule(requests=plans.requests, pause=plans.pauses, conditions=plans.any_conditions)
    def sync_killed_after_requests(self, requests: int, pause: float, conditions: Conditions) -> None:
        ended = self.disturbed(
            "kill -9", requests, pause, conditions, lambda sync: sync.process.kill(), {0, KILLED}
        )
        self.tally.kills["after requests"] += ended.code == KILLED

    @rule(requests=plans.requests, pause=plans.pauses, conditions=plans.any_conditions)
    def sync_terminated(self, requests: int, pause: float, conditions: Conditions) -> None:
        ended = self.disturbed(
            "SIGTERM", requests, pause, conditions, lambda sync: sync.process.terminate(), {0, 143}
        )
        self.tally.events["SIGTERM"] += ended.code == 143

    @rule(
        shutdown=st.sampled_from(("fast", "immediate")),
        requests=plans.requests,
        pause=plans.pauses,
        conditions=plans.any_conditions,
    )
    def database_restarts(
        self, shutdown: Shutdown, requests: int, pause: float, conditions: Conditions
    ) -> None:
        def restart(_: Sync) -> None:
            self.ground.restart(shutdown)
            self.tally.events[f"restart {shutdown}"] += 1

        self.disturbed(f"restart ({shutdown})", requests, pause, conditions, restart, {0, AGAIN})

    @rule(requests=plans.requests, pause=plans.pauses, conditions=plans.any_conditions)
    def backends_are_ended(self, requests: int, pause: float, conditions: Conditions) -> None:
        def end(_: Sync) -> None:
            self.tally.events["backends ended"] += self.ground.end_backends(self.url) > 0

        self.disturbed("end backends", requests, pause, conditions, end, {0, AGAIN})

    @rule(requests=plans.requests, conditions=plans.any_conditions)
    def token_expires(self, requests: int, conditions: Conditions) -> None:
        workspace = self.world.workspace
        with self.scene(f"token expires at request {requests}", conditions):
            workspace.before_request("*", lambda: setattr(workspace, "token", NO_TOKEN), nth=requests)
            ended = self.start(conditions).wait()
        workspace.token = TOKEN
        self.judge(ended, conditions, {0, REFUSED})
        self.tally.events["token expired"] += ended.code == REFUSED

    @rule(requests=st.integers(1, 12), conditions=plans.any_conditions)
    def two_at_once(self, requests: int, conditions: Conditions) -> None:
        with self.scene(f"two at once, the second at request {requests}", conditions) as scene:
            reached = scene.at_request(requests)
            with self.start(conditions) as first:
                reached_in_time(first, reached, 0)
                with self.start(conditions) as second:
                    codes = [sync.wait() for sync in (first, second)]
        for ended in codes:
            self.judge(ended, conditions, {0, LOCKED})
        self.tally.events["second run refused"] += LOCKED in {ended.code for ended in codes}
        if not conditions.faults:
            assert 0 in {ended.code for ended in codes}, codes

    @rule()
    @precondition(lambda self: self.is_troubled)
    def recovers(self) -> None:
        self.say("recovers")
        try:
            self.tally.compared += census.recover(
                self.world, self.url, self.names, self.tally, self.calm_sync
            )
        except AssertionError as error:
            self.fail(str(error))
        self.tally.recoveries += 1
        self.is_troubled = False

    @invariant()
    def is_sound(self) -> None:
        if not hasattr(self, "url"):
            return
        try:
            census.check_sound(self.world, self.url, self.names, self.tally)
        except AssertionError as error:
            self.fail(str(error))

    def teardown(self) -> None:
        with self._closing:
            if hasattr(self, "server") and not self.is_broken:
                self.tally.sequences += 1
                self.recovers()

    def scene(self, what: str, conditions: Conditions) -> Scene:
        if self.frame.is_over():
            raise TimeIsOverError
        self.world.pass_seconds(60 * conditions.minutes)
        for name, pick in conditions.before:
            self.world.change(name, pick)
        self.say(f"sync, {what}: {conditions.told() or 'calm'}")
        self.is_troubled = True
        return Scene(self.server, conditions, self.world.change)

    def start(self, conditions: Conditions, failpoint: tuple[str, int] | None = None) -> Sync:
        self.tally.syncs += 1
        return Sync(self.environment, self.folder, conditions, failpoint)

    def disturbed(
        self,
        what: str,
        requests: int,
        pause: float,
        conditions: Conditions,
        disturb: Callable[[Sync], None],
        codes: set[int],
    ) -> Ended:
        """A run that something happens to once it has made so many requests, and a moment later."""
        with self.scene(f"{what} at request {requests} + {pause:g} s", conditions) as scene:
            reached = scene.at_request(requests)
            with self.start(conditions) as sync:
                if reached_in_time(sync, reached, pause):
                    disturb(sync)
                ended = sync.wait()
        self.judge(ended, conditions, codes)
        return ended

    def judge(self, ended: Ended, conditions: Conditions, codes: set[int]) -> None:
        """Whether a run may end so. Faults of the API may cost some of it, never more than that."""
        self.say(f"  ended with {ended.code} {' / '.join(ended.errors.split(chr(10)))[:300]}")
        self.tally.codes[ended.code] += 1
        for fault in conditions.faults:
            self.tally.faults[fault.kind] += fault.fired
        allowed = codes | ({PARTIAL, AGAIN} if any(fault.fired for fault in conditions.faults) else set())
        if ended.code not in allowed:
            self.fail(
                f"a sync ended with {ended.code}, and not with one of {sorted(allowed)}: {ended.errors}"
            )

    def calm_sync(self) -> None:
        """A run that nothing happens to, and that must end well."""
        ended = self.start(Conditions()).wait()
        self.judge(ended, Conditions(), CALM)

    def say(self, what: str) -> None:
        """For the trail, and for whoever listens."""
        self.trail.append(what)
        self.frame.tell(what)

    def fail(self, why: str) -> NoReturn:
        self.is_broken = True
        self.frame.trails.append([*self.trail, why])
        raise AssertionError(why)
