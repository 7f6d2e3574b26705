"""One sync after another in one process, until somebody ends it: `sync --every`."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from cli.logs import narrate
from cli.options import LogStyle
from cli.output import Printer
from cli.preparation import prepare_schema
from cli.progress import watching
from cli.run_report import show_round, show_run, summary_of
from cli.running import Interrupted, heed_signals, now, run
from cli.table import duration
from cli.telling import Listeners, Told, telling
from intercom_etl.api import api_config
from intercom_etl.errors import EtlError, LeaseLostError, LockHeldError
from intercom_etl.exit_codes import ExitCode, exit_code_of
from intercom_etl.preview import preview
from intercom_etl.report import RunReport
from intercom_etl.request import SyncRequest
from intercom_etl.settings import Settings
from intercom_etl.sync import sync

# what the next round would not mend either
FINAL = (ExitCode.BUG, ExitCode.USAGE, ExitCode.CREDENTIALS, ExitCode.CONFIGURATION)
JITTER = 0.1  # of the pause: many workspaces shall not all begin in the same second
LONGEST_BACK_OFF = 1800.0  # seconds, or the interval if that is longer


@dataclass(slots=True)
class Round:
    """One run of `sync`, from the settings on: a secret in a file that has changed counts from then on."""

    printer: Printer
    complete: Callable[[Settings], SyncRequest]
    listeners: Listeners
    dry_run: bool
    skip_if_locked: bool
    is_one_of_many: bool
    log_format: LogStyle
    is_first: bool = True
    has_failed: bool = False

    def __call__(self) -> int:
        """Runs, tells everybody, and returns the exit code."""
        self.has_failed = True
        # who only looks whether there is something to do has not begun
        announces = not (self.skip_if_locked or self.dry_run)
        with telling(
            self.printer, "sync", self.listeners, counts=not self.dry_run, announces=announces
        ) as told:
            try:
                told.report = report = self._run(told)
            except LeaseLostError:
                raise
            except LockHeldError as error:
                if not self.skip_if_locked:
                    raise
                told.skip(error.message)
                self.has_failed = False
                self.printer.talk(told.words)
                return told.code
            if self.is_one_of_many:
                told.end(show_round(self.printer, report, now()), summary_of(report))
            else:
                told.end(show_run(self.printer, report), summary_of(report))
            # what the budget cut off goes on in the next round, and not later
            is_cut_off = any(stream.status == "stopped" for stream in report.streams)
            self.has_failed = told.code == ExitCode.TRY_AGAIN and not is_cut_off
        return told.code

    def _run(self, told: Told) -> RunReport:
        settings = told.begin(warn=self.is_first)
        self.is_first = False
        api, request = api_config(settings), self.complete(settings)
        with told.database(settings) as url:
            prepare_schema(self.printer, settings, url)
            with watching(self.printer, self.log_format, in_rounds=self.is_one_of_many) as observer:
                work = preview if self.dry_run else sync
                return run(work(request, api=api, database_url=url, clock=now, observer=observer))


def repeat(printer: Printer, every: timedelta, work: Round) -> int:
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
        failures = failures + 1 if work.has_failed else 0
        try:
            heed_signals()
            pause = pause_after(time.monotonic() - began, every.total_seconds(), failures)
            if failures:
                narrate(printer, f"next run in {duration(pause)}")
            time.sleep(pause)
        except Interrupted:
            narrate(printer, "stopped between two runs: nothing was interrupted")
            return ExitCode.OK


def pause_after(took: float, every: float, failures: int) -> float:
    """Seconds until the next round begins; each failure in a row doubles them."""
    spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing
    if not failures:
        return max(0.0, every - took) * spread
    return min(every * 2.0 ** min(failures, 30), max(every, LONGEST_BACK_OFF)) * spread
