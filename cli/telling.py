"""Whoever is to be told how a command went: a metrics file, a watchdog, and a log file."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.configuration import load_settings
from cli.logs import ONLY_IN_FILE, add_log_file, log, note_run
from cli.output import Printer
from cli.running import Interrupted, now, run
from intercom_etl.database import database_url
from intercom_etl.errors import EtlError, is_full
from intercom_etl.exit_codes import SIGNALLED, ExitCode, exit_code_of
from intercom_etl.metrics import RunEnd, require_place, write_metrics
from intercom_etl.ping import ping, require_address, secrets_of
from intercom_etl.status import read_status

if TYPE_CHECKING:
    from intercom_etl.report import RunReport
    from intercom_etl.settings import Settings
    from intercom_etl.status import Status
    from intercom_etl.verdict import VerifyReport

# of a start, and after a signal: whoever ends us does not wait for a watchdog
FEW, USUAL = 1, 3


@dataclass(frozen=True, slots=True)
class Listeners:
    """Whom the command line names; the settings may name the others."""

    metrics: Path | None = None
    watchdog: str | None = None
    log_file: Path | None = None
    verbose: bool = False


@dataclass(slots=True)
class Told:
    """How one run of a command goes, and who hears of it: only those whose place or address is good."""

    printer: Printer
    command: str
    named: Listeners
    counts: bool = True
    announces: bool = True
    metrics: Path | None = None
    watchdog: str | None = None
    report: "RunReport | VerifyReport | None" = None
    status: "Status | None" = None
    code: int = 0
    words: str = ""
    is_skipped: bool = False

    def begin(self, *, warn: bool = True) -> "Settings":
        """The settings, once everybody who wants to know has heard that the work begins.

        Raises ConfigError for what cannot be read, and for a place or an address that is none.
        """
        named = self.named
        self._listen(named.watchdog, named.log_file, named.metrics)
        settings = load_settings(self.printer, warn=warn)
        self._listen(
            None if named.watchdog else settings.ping_url,
            None if named.log_file else settings.intercom_etl_log_file,
            None if named.metrics else settings.intercom_etl_metrics_file,
        )
        log.info("%s begins", self.command, extra=ONLY_IN_FILE)
        if self.announces:
            self._ping("start", f"intercom-etl {self.command} begins", FEW)
        return settings

    def _listen(self, watchdog: str | None, log_file: Path | None, metrics: Path | None) -> None:
        if watchdog is not None and self.counts:
            self.printer.keep_secret(secrets_of(watchdog))
            require_address(watchdog)
            self.watchdog = watchdog
        if log_file is not None:
            add_log_file(self.printer, log_file, verbose=self.named.verbose)
        if metrics is not None and self.counts:
            require_place(metrics)
            self.metrics = metrics

    @contextmanager
    def database(self, settings: "Settings") -> Iterator[str]:
        """The URL of the database. At the end, also a bad one, the metrics get what is stored then."""
        with database_url(settings) as url:
            try:
                yield url
            except Interrupted:
                raise  # whoever ends us does not wait
            except BaseException:
                self._look(url)
                raise
            self._look(url)

    def _look(self, url: str) -> None:
        if self.metrics is not None:
            try:
                self.status = run(read_status(url))
            except EtlError:
                self.status = None  # the database is away: what the file says already is kept

    def end(self, code: int, words: str) -> None:
        """What it ends with, and what that was in one line."""
        self.code, self.words = int(code), self.printer.scrub(words)

    def skip(self, why: str) -> None:
        """Nothing was done, and nothing is wrong: neither success nor failure."""
        self.is_skipped = True
        self.end(ExitCode.OK, f"skipped: {why}")

    def tell(self) -> None:
        """Says it to all. Their trouble is only warned of."""
        if self.code:  # the screen has it as an error already
            log.error("%s ended with %d: %s", self.command, self.code, self.words, extra=ONLY_IN_FILE)
        else:
            log.info("%s ended: %s", self.command, self.words)
        if self.is_skipped:
            return
        if self.metrics is not None:
            end = RunEnd(self.command, self.code, now(), self.report, self.status)
            try:
                write_metrics(self.metrics, end)
            except EtlError as error:
                self._warn(error.message, error.hint or "")
        is_ended = self.code in SIGNALLED
        self._ping(str(self.code) if self.code else "", self.words, FEW if is_ended else USUAL)

    def _ping(self, path: str, body: str, tries: int) -> None:
        if self.watchdog is None:
            return
        why = ping(self.watchdog, path, body, tries=tries)
        if why is not None:
            self._warn(
                f"the watchdog could not be told: {why}",
                "check the address to ping (INTERCOM_ETL_PING_URL); the run itself is not affected",
            )

    def _warn(self, message: str, hint: str) -> None:
        self.printer.warn(message, hint)
        log.log(logging.WARNING, "%s; hint: %s", message, hint, extra=ONLY_IN_FILE)


@contextmanager
def telling(
    printer: Printer, command: str, named: Listeners, *, counts: bool = True, announces: bool = True
) -> Iterator[Told]:
    """Tells everybody of the block, which has to `begin` and to `end` it; an error is an end as well.

    Unless it `counts`, as with a dry run, only the log file hears of it. Without `announces` nobody is told
    of the beginning.
    """
    note_run(None)
    if named.watchdog is not None:
        printer.keep_secret(secrets_of(named.watchdog))
    told = Told(printer, command, named, counts, announces)
    try:
        yield told
    except EtlError as error:
        told.end(exit_code_of(error), error.in_full)
        raise
    except Interrupted as signal:
        told.end(signal.exit_code, "interrupted")
        raise
    except BaseException as bug:
        told.end(ExitCode.TRY_AGAIN if is_full(bug) else ExitCode.BUG, type(bug).__name__)
        raise
    finally:
        told.tell()
