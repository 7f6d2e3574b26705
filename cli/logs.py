"""Log lines on stderr and in a file: for people, or a JSON object a line for machines."""

import json
import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path

from cli.options import LogStyle
from cli.output import Printer, clean
from intercom_etl.errors import ConfigError

log = logging.getLogger("intercom_etl.cli")


def set_up_logs(printer: Printer, *, verbose: bool, style: LogStyle, file: Path | None = None) -> None:
    """Warnings unless it shall be quiet, every request with `verbose`. Of libraries only warnings.

    A `file` gets JSON lines of everything but single requests, quiet or not, and these with `verbose`.
    Raises ConfigError when it cannot be written.
    """
    quiet_level = logging.DEBUG if verbose else logging.INFO if style == "json" else logging.WARNING
    shown = _Stderr(printer, style)
    shown.setLevel(logging.ERROR if printer.quiet else quiet_level)
    handlers: list[logging.Handler] = [shown]
    if file is not None:
        handlers.append(_open(printer, file))
        handlers[-1].setLevel(logging.DEBUG if verbose else logging.INFO)
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(logging.WARNING)
    # it warns of what it ignores while a broken connection is left behind; the error itself is ours to tell
    logging.getLogger("psycopg").setLevel(logging.WARNING if verbose else logging.ERROR)
    logging.getLogger("intercom_etl").setLevel(min(handler.level for handler in handlers))


def note_run(run_id: int | None) -> None:
    """From now on JSON lines say which run they belong to."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, _Json):
            handler.formatter.run_id = run_id


def has_log_file() -> bool:
    """Whether somebody will read more than what stands on stderr."""
    return any(isinstance(handler, WatchedFileHandler) for handler in logging.getLogger().handlers)


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

    def emit(self, record: logging.LogRecord) -> None:
        # there is nobody to tell that nobody listens
        with suppress(OSError):
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()


def _open(printer: Printer, file: Path) -> logging.Handler:
    """Appends, and begins a new file when somebody has moved the old one away."""
    try:
        file.touch(mode=0o600)
        handler = WatchedFileHandler(file, encoding="utf-8", errors="replace")
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise ConfigError(
            f"cannot write the log file `{file}`: {why}", "name a file in a folder that you can write to"
        ) from error
    handler.setFormatter(_Json(printer))
    return handler
