"""`make chaos`: workers break syncs for a time, and one line says what came of it."""

import argparse
import random
import sys

from chaos.workers import run_workers

LONG = 10.0  # minutes; in fewer a run need not have come to everything


def main() -> int:
    asked = _arguments()
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(1, 1_000_000)
    print(f"chaos: seed {seed}, {asked.minutes:g} min, {asked.workers} workers", file=sys.stderr)
    tally, failures, broken = run_workers(seed, asked.minutes, asked.workers, is_talkative=asked.verbose)
    for failure in failures:
        print(failure.text(), file=sys.stderr)
    idle = tally.idle(is_long=asked.minutes >= LONG and not failures)
    for name in idle:
        print(f"chaos: no {name} has fired: this proves nothing", file=sys.stderr)
    print(f"chaos: {tally.details()}", file=sys.stderr)
    print(tally.line(asked.minutes, seed), flush=True)
    return 1 if failures or broken or idle else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, help="as printed by a run; a fresh one if left out")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--verbose", action="store_true", help="tell every step")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
