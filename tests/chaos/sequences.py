"""Runs sequences of the state machine from a seed, and says what they found."""

from collections.abc import Callable
from dataclasses import dataclass

from chaos.ground import Ground
from chaos.machine import Chaos, Frame, TimeIsOverError
from chaos.tally import Tally
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

SEQUENCES, STEPS = 8, 14  # of a batch, and of a sequence at most


@dataclass(frozen=True, slots=True)
class Failure:
    """`first` is the sequence that was found, `shortest` what it could be shrunk to, if it could."""

    seed: int
    first: list[str]
    shortest: list[str]

    def text(self) -> str:
        """All that is needed to go after it."""
        lines = [
            f"chaos: FAILED, found with seed {self.seed}",
            f'to see it again: make chaos ARGS="--seed {self.seed} --workers 1"',
            "the sequence that failed:",
            *(f"  {line}" for line in self.first),
        ]
        if self.shortest not in ([], self.first):
            lines += ["the shortest one that fails:", *(f"  {line}" for line in self.shortest)]
        return "\n".join(lines)


def run_batch(
    number: int,
    ground: Ground,
    tally: Tally,
    *,
    is_over: Callable[[], bool] = lambda: False,
    tell: Callable[[str], None] = lambda _: None,
    sequences: int = SEQUENCES,
    steps: int = STEPS,
    shrinks: bool = True,
    machine: type[Chaos] = Chaos,
) -> Failure | None:
    """The sequences that belong to this seed, until the time is over; what failed, if any did.

    What failed once is told, even when the same steps go well the next time: processes and servers are
    involved, and an error that comes now and then is one.
    """
    frame = Frame(ground, tally, is_over, tell)
    seeded = seed(number)(type("Seeded", (machine,), {"frame": frame}))
    phases = (Phase.generate, Phase.shrink) if shrinks else (Phase.generate,)
    try:
        run_state_machine_as_test(
            seeded,
            settings=settings(
                max_examples=sequences,
                stateful_step_count=steps,
                phases=phases,
                database=None,
                deadline=None,
                derandomize=False,
                verbosity=Verbosity.quiet,
                suppress_health_check=(
                    HealthCheck.too_slow,
                    HealthCheck.filter_too_much,
                    HealthCheck.data_too_large,
                ),
                report_multiple_bugs=False,
            ),
        )
    except (Exception, TimeIsOverError):
        # a run that the time has cut short is of another shape than the first, which Hypothesis calls flaky
        if not frame.trails and not is_over():
            raise
    trails = frame.trails
    return Failure(number, trails[0], trails[-1]) if trails else None
