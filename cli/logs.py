"""Log lines on stderr and in a file: for people, or a JSON object a line for machines."""

import json
import logging
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

from cli.options import LogStyle
from cli.output import Printer, clean
from intercom_etl.errors import ConfigError

log = logging.getLogger("intercom_etl.cli")
# of records that the screen has in other words already
ONLY_IN_FILE = {"only_in_file": True}


def set_up_logs(printer: Printer, *, verbose: bool, style: LogStyle) -> None:
    """Warnings unless it shall be quiet, every request with `verbose`. Of libraries only warnings."""
    quiet_level = logging.DEBUG if verbose else logging.INFO if style == "json" else logging.WARNING
    shown = _Stderr(printer, style)
    shown.setLevel(logging.ERROR if printer.quiet else quiet_level)
    root = logging.getLogger()
    root.handlers[:] = [shown]
    root.setLevel(logging.WARNING)
    # it warns of what it ignores while a broken connection is left behind; the error itself is ours to tell
    logging.getLogger("psycopg").setLevel(logging.WARNING if verbose else logging.ERROR)
    logging.getLogger("intercom_etl").setLevel(shown.level)


def add_log_file(printer: Printer, path: Path, *, verbose: bool) -> None:
    """JSON lines of everything but single requests, quiet or not, and these with `verbose`.

    Appends; a file that is there already, of an earlier round, is kept open. Raises ConfigError when it
    cannot be written.
    """
    if has_log_file():
        return
    try:
        handler = _LogFile(printer, path)
    except OSError as error:
        folder = path.absolute().parent
        why = (error.strerror or str(error)).lower() if folder.exists() else f"there is no folder `{folder}`"
        raise ConfigError(
            f"cannot write the log file `{path}`: {why}", "name a file in a folder that you can write to"
        ) from error
    handler.setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.getLogger().addHandler(handler)
    ours = logging.getLogger("intercom_etl")
    ours.setLevel(min(ours.level, handler.level))


def note_run(run_id: int | None) -> None:
    """From now on JSON lines say which run they belong to."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Json):
            handler.formatter.run_id = run_id


def has_log_file() -> bool:
    """Whether somebody will read more than what stands on stderr."""
    return any(isinstance(handler, _LogFile) for handler in logging.getLogger().handlers)


def shows_json() -> bool:
    """Whether lines on stderr are for machines."""
    handlers = logging.getLogger().handlers
    return any(isinstance(each, _Stderr) and isinstance(each.formatter, _Json) for each in handlers)


def narrate(printer: Printer, line: str) -> None:
    """One line about what is going on: on stderr in its style, and in the log file."""
    if shows_json():
        log.info(line)
    else:
        printer.talk(line)
        log.info(line, extra=ONLY_IN_FILE)


class _Text(logging.Formatter):
    """`warning: what happened`."""

    def __init__(self, printer: Printer) -> None:
        super().__init__()
        self._printer = printer

    def format(self, record: logging.LogRecord) -> str:
        return f"{record.levelname.lower()}: {self._printer.scrub(clean(record.getMessage()))}"


class _Json(logging.Formatter):
    """One object a line. `request_id` is what Intercom's support asks for."""

    run_id: int | None = None

    def __init__(self, printer: Printer) -> None:
        super().__init__()
        self._printer = printer

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(
            {
                "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
                "run": self.run_id,
                "level": record.levelname.lower(),
                "logger": record.name,
                "message": self._printer.scrub(clean(record.getMessage())),
                "request_id": getattr(record, "request_id", None),
            },
            ensure_ascii=False,
        )


class _Stderr(logging.Handler):
    """Writes to what stderr is at that moment: a progress bar puts itself in its place."""

    def __init__(self, printer: Printer, style: LogStyle) -> None:
        super().__init__()
        self.setFormatter(_Json(printer) if style == "json" else _Text(printer))
        self.addFilter(lambda record: not getattr(record, "only_in_file", False))

    def emit(self, record: logging.LogRecord) -> None:
        # there is nobody to tell that nobody listens
        with suppress(OSError):
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()


class _LogFile(WatchedFileHandler):
    """Begins a new file, its user's alone, when somebody has moved the old one away.

    A file that cannot be written any more, or a full disk, is told once and ends no run.
    """

    def __init__(self, printer: Printer, path: Path) -> None:
        self._printer = printer
        self._is_lost = False
        super().__init__(path, encoding="utf-8", errors="replace")
        self.setFormatter(_Json(printer))

    def _open(self) -> Any:
        return open(
            self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=_open_as_its_own
        )

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError as error:
            self._lose(error)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self._lose(error)
        else:
            super().handleError(record)

    def _lose(self, error: OSError) -> None:
        if not self._is_lost:
            self._is_lost = True
            why = (error.strerror or str(error)).lower()
            self._printer.warn(
                f"cannot write the log file `{self.baseFilename}`: {why}", "the run itself is not affected"
            )


def _open_as_its_own(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
