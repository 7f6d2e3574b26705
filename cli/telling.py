"""Whoever is to be told how a command went: a metrics file for a monitoring system, and a watchdog."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cli.output import Printer
from cli.running import Interrupted, now, run
from intercom_etl.errors import EtlError
from intercom_etl.exit_codes import ExitCode, exit_code_of
from intercom_etl.metrics import write_metrics
from intercom_etl.ping import ping, require_address
from intercom_etl.status import read_status

if TYPE_CHECKING:
    from intercom_etl.report import RunReport
    from intercom_etl.status import Status


@dataclass(slots=True)
class Told:
    """How the command went: `report` once there is one, `code` what it ends with."""

    command: str
    metrics: Path | None
    watchdog: str | None
    report: "RunReport | None" = None
    status: "Status | None" = None
    code: int = 0
    words: str = ""
    is_skipped: bool = field(default=False)

    @contextmanager
    def while_open(self, url: str) -> Iterator[None]:
        """At the end of the block, however it ends, looks at what is stored, if anybody wants to know."""
        try:
            yield
        finally:
            if self.metrics is not None:
                try:
                    self.status = run(read_status(url))
                except EtlError:
                    self.status = None  # its absence says it: the database is away


@contextmanager
def telling(printer: Printer, command: str, *, metrics: Path | None, watchdog: str | None) -> Iterator[Told]:
    """Tells them of the block: that it begins, and how it ended. Their trouble is only warned of.

    Raises ConfigError when the watchdog's address is none.
    """
    told = Told(command, metrics, watchdog)
    if watchdog is not None:
        require_address(watchdog)
        _ping(printer, watchdog, "start", f"intercom-etl {command} begins")
    try:
        yield told
    except EtlError as error:
        told.code, told.words = exit_code_of(error), f"{error.message}; hint: {error.hint or '-'}"
        raise
    except Interrupted as signal:
        told.code, told.words = signal.exit_code, "interrupted"
        raise
    except BaseException as bug:
        told.code, told.words = ExitCode.BUG, type(bug).__name__
        raise
    finally:
        if not told.is_skipped:
            _tell(printer, told)


def _tell(printer: Printer, told: Told) -> None:
    if told.metrics is not None:
        try:
            write_metrics(
                told.metrics,
                command=told.command,
                exit_code=int(told.code),
                finished_at=now(),
                report=told.report,
                status=told.status,
            )
        except EtlError as error:
            printer.warn(error.message, error.hint)
    if told.watchdog is not None:
        _ping(printer, told.watchdog, str(int(told.code)) if told.code else "", printer.scrub(told.words))


def _ping(printer: Printer, address: str, path: str, body: str) -> None:
    why = ping(address, path, body)
    if why is not None:
        printer.warn(
            f"the watchdog could not be told: {why}", "check --ping-url; the run itself is not affected"
        )
