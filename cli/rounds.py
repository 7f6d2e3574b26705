"""One run after another in one process, until somebody ends it: `sync --every`."""

import random
import time
from collections.abc import Callable
from datetime import timedelta

from cli.output import Printer
from cli.running import Interrupted, heed_signals
from cli.table import duration
from intercom_etl.errors import EtlError
from intercom_etl.exit_codes import ExitCode, exit_code_of

# what the next round would not mend either
FINAL = (ExitCode.BUG, ExitCode.USAGE, ExitCode.CREDENTIALS, ExitCode.CONFIGURATION)
JITTER = 0.1  # of the pause: many workspaces shall not all begin in the same second
LONGEST_BACK_OFF = 1800.0  # seconds, or the interval if that is longer


def repeat(printer: Printer, every: timedelta, work: Callable[[], int]) -> int:
    """Runs `work` every so often, later after failures. Ends with the code that no round can mend.

    A signal between two rounds ends it with 0; one in the middle of a round ends that round in order.
    """
    failures = 0
    while True:
        began = time.monotonic()
        try:
            code = work()
        except EtlError as error:
            code = exit_code_of(error)
            if code in FINAL:
                raise
            printer.fail(error, code)
        if code in FINAL:
            return code
        failures = failures + 1 if code in (ExitCode.TRY_AGAIN, ExitCode.LOCKED) else 0
        pause = _pause(every.total_seconds(), time.monotonic() - began, failures)
        printer.talk(f"next run in {duration(pause)}")
        try:
            heed_signals()
            time.sleep(pause)
        except Interrupted:
            printer.talk("stopped between two runs: nothing was interrupted")
            return ExitCode.OK


def _pause(every: float, took: float, failures: int) -> float:
    """Seconds until the next round begins; each failure doubles them."""
    spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing
    if not failures:
        return max(0.0, every - took) * spread
    return min(every * 2**failures, max(every, LONGEST_BACK_OFF)) * spread
