"""Log lines on stderr: for people, or a JSON object a line for machines."""

import json
import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime

from cli.options import LogStyle
from cli.output import Printer, clean

log = logging.getLogger("intercom_etl.cli")


def set_up_logs(printer: Printer, *, verbose: bool, style: LogStyle) -> None:
    """Warnings unless it shall be quiet, every request with `verbose`. Of libraries only warnings."""
    handler = _Stderr(printer, style)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # it warns of what it ignores while a broken connection is left behind; the error itself is ours to tell
    logging.getLogger("psycopg").setLevel(logging.WARNING if verbose else logging.ERROR)
    if printer.quiet:
        root.setLevel(logging.ERROR)
        return
    root.setLevel(logging.WARNING)
    level = logging.DEBUG if verbose else logging.INFO if style == "json" else logging.WARNING
    logging.getLogger("intercom_etl").setLevel(level)


def note_run(run_id: int | None) -> None:
    """From now on JSON lines say which run they belong to."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _Stderr):
            handler.run_id = run_id


class _Stderr(logging.Handler):
    """Writes to what stderr is at that moment: a progress bar puts itself in its place."""

    run_id: int | None = None

    def __init__(self, printer: Printer, style: LogStyle) -> None:
        super().__init__()
        self._printer = printer
        self._style = style

    def emit(self, record: logging.LogRecord) -> None:
        message = self._printer.scrub(clean(record.getMessage()))
        if self._style == "json":
            line = json.dumps(
                {
                    "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
                    "run": self.run_id,
                    "level": record.levelname.lower(),
                    "logger": record.name,
                    "message": message,
                },
                ensure_ascii=False,
            )
        else:
            line = f"{record.levelname.lower()}: {message}"
        # there is nobody to tell that nobody listens
        with suppress(OSError):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
