"""One sync of the chaos: how it is started, what happens to it, and what it may end with."""

import itertools
import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from chaos.child import LOADED_BEFORE, Plan, run_child
from chaos.failpoints import BROKEN
from truth import TOKEN

from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer

_numbers = itertools.count(1)
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(list(LOADED_BEFORE))

LONGEST = 90.0  # seconds that a run may take before it counts as hung
LOOK = 0.01


@dataclass(frozen=True, slots=True)
class Conditions:
    """What goes on around a run: changes `before` it, and `moves`, one before every few of its requests.

    `minutes` pass before all that on the workspace's clock. `skew` is by how many seconds the clock of the
    run's machine is wrong.
    """

    minutes: int = 0
    before: tuple[tuple[str, int], ...] = ()
    faults: tuple[Fault, ...] = ()
    moves: tuple[tuple[str, int], ...] = ()
    skew: int = 0
    arguments: tuple[str, ...] = ()

    def told(self) -> str:
        """In a few words, without what is as usual."""
        parts = {
            "": " ".join(self.arguments),
            "after": f"{self.minutes} min" if self.minutes else "",
            "and": _told_changes(self.before),
            "while": _told_changes(self.moves),
            "clock wrong by": f"{self.skew} s" if self.skew else "",
            "faults": "; ".join(_told_fault(fault) for fault in self.faults),
        }
        return ", ".join(f"{name} {text}".strip() for name, text in parts.items() if text)


def _told_changes(changes: Sequence[tuple[str, int]]) -> str:
    return " + ".join(f"{name} {pick}" for name, pick in changes)


def _told_fault(fault: Fault) -> str:
    often = "for ever" if fault.count is None else f"{fault.count} times"
    waits = f", reset {fault.reset!r}, retry after {fault.retry_after!r}" if fault.kind == "429" else ""
    return f"{fault.kind} at `{fault.path}` after {fault.after}, {often}{waits}"


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    errors: str


class Sync:
    """A process that runs `sync`, forked from one that has loaded the program and nothing else.

    It does not outlive the block that it is used in.
    """

    def __init__(
        self,
        environment: dict[str, str],
        folder: Path,
        conditions: Conditions,
        failpoint: tuple[str, int] | None = None,
    ) -> None:
        self._output = folder / f"{next(_numbers)}.txt"
        arguments = ("sync", "--quiet", *conditions.arguments)
        plan = Plan(arguments, environment, folder, self._output, failpoint, conditions.skew)
        self.process = _forks.Process(target=run_child, args=(plan,))
        self.process.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    @property
    def has_ended(self) -> bool:
        return not self.process.is_alive()

    def wait(self) -> Ended:
        """Raises AssertionError when it hangs, or shows a traceback."""
        self.process.join(LONGEST)
        is_hung = self.process.is_alive()
        self._end()
        code = self.process.exitcode
        errors = self._output.read_text(errors="replace") if self._output.exists() else ""
        assert not is_hung, f"a sync has not ended after {LONGEST:g} s: {errors}"
        assert code is not None
        if code == BROKEN:
            raise RuntimeError(errors.strip())
        assert "Traceback" not in errors, errors
        return Ended(code, errors)

    def _end(self) -> None:
        if self.process.is_alive():
            self.process.kill()
        self.process.join()


def environment_of(server: SimulatorServer, database_url: str, folder: Path, **more: str) -> dict[str, str]:
    """What the command needs, and nothing else of this machine's."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "INTERCOM_ACCESS_TOKEN": TOKEN,
        "INTERCOM_BASE_URL": server.url,
        "INTERCOM_ETL_HOME": str(folder / "home"),
        "INTERCOM_ETL_REQUEST_TIMEOUT": "2",
        "DATABASE_URL": database_url,
        **more,
    }


class Scene:
    """A simulator with the conditions of one run in force; they end with the block."""

    def __init__(
        self, server: SimulatorServer, conditions: Conditions, move: Callable[[str, int], None]
    ) -> None:
        self._server = server
        self._conditions = conditions
        self._move = move
        self.fired: tuple[Fault, ...] = conditions.faults

    def __enter__(self) -> Self:
        self._server.faults = Faults(*self._conditions.faults)
        workspace = self._server.workspace
        for number, (name, pick) in enumerate(self._conditions.moves):
            workspace.before_request("*", lambda n=name, p=pick: self._move(n, p), nth=3 * number + 2)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.faults = Faults()
        with self._server.workspace.lock:
            self._server.workspace.schedule.clear()

    def at_request(self, nth: int) -> threading.Event:
        """Is set just before the nth request is answered."""
        reached = threading.Event()
        self._server.workspace.before_request("*", reached.set, nth=nth)
        return reached


def reached_in_time(sync: Sync, event: threading.Event, then_wait: float) -> bool:
    """Waits for the event and so many seconds more; False when the run has ended before."""
    deadline = time.monotonic() + LONGEST
    while not event.wait(LOOK):
        if sync.has_ended or time.monotonic() > deadline:
            return False
    time.sleep(then_wait)
    return not sync.has_ended
