"""Workers that run batch after batch, each on a ground of its own, and whoever listens to them."""

import multiprocessing
import sys
import time
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from queue import Empty
from tempfile import TemporaryDirectory
from typing import Any

from chaos.ground import Ground
from chaos.round import kill_at_every_failpoint
from chaos.sequences import Failure, run_batch
from chaos.tally import Tally

TOLD_EVERY = 30.0  # seconds
SHRINKING = 400.0  # seconds that a worker may take after the time, once it has found something


def run_workers(
    seed: int, minutes: float, count: int, *, is_talkative: bool
) -> tuple[Tally, list[Failure], int]:
    """What all did together, what they found, and how many of them broke down."""
    context = multiprocessing.get_context("spawn")
    told: Any = context.Queue()
    following = context.Value("q", seed)
    deadline = time.time() + minutes * 60
    workers = [
        context.Process(target=_work, args=(following, deadline, told, is_talkative)) for _ in range(count)
    ]
    for worker in workers:
        worker.start()
    tally, failures = _listen(workers, told, deadline)
    for worker in workers:
        worker.join()
    return tally, failures, sum(worker.exitcode != 0 for worker in workers)


def _work(following: "Synchronized[int]", deadline: float, told: Any, is_talkative: bool) -> None:
    """One worker: batch after batch, each with the next seed, until the time is over or one fails."""
    with TemporaryDirectory(prefix="chaos-") as folder, Ground(Path(folder)).standing() as ground:
        failure = _first_round(following.value, ground, told)
        while failure is None and time.time() < deadline:
            with following.get_lock():
                seed = following.value
                following.value += 1
            tally = Tally()
            tell = _aloud if is_talkative else _silently
            failure = run_batch(seed, ground, tally, is_over=lambda: time.time() >= deadline, tell=tell)
            told.put((tally, failure))


def _first_round(seed: int, ground: Ground, told: Any) -> Failure | None:
    """Every failpoint once; it is the same for every seed."""
    tally, failure = Tally(), None
    try:
        kill_at_every_failpoint(ground, tally, ground.folder)
    except AssertionError as error:
        failure = Failure(seed, [f"one kill at every failpoint: {error}"], [])
    told.put((tally, failure))
    return failure


def _listen(workers: list[Any], told: Any, deadline: float) -> tuple[Tally, list[Failure]]:
    tally, failures = Tally(), list[Failure]()
    next_word = time.time() + TOLD_EVERY
    while any(worker.is_alive() for worker in workers) or not told.empty():
        try:
            part, failure = told.get(timeout=1)
        except Empty:
            pass
        else:
            tally.add(part)
            if failure is not None:
                failures.append(failure)
        if time.time() > next_word:
            next_word += TOLD_EVERY
            print(f"chaos: {max(0.0, deadline - time.time()):.0f} s left, {tally.details()}", file=sys.stderr)
        if time.time() > deadline + SHRINKING:
            for worker in workers:
                worker.terminate()
    return tally, failures


def _aloud(what: str) -> None:
    print(f"chaos: {time.strftime('%X')} {what}", file=sys.stderr, flush=True)


def _silently(what: str) -> None:
    pass
