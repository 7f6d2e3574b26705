"""What becomes of a bug: its traceback in a file, for the report, and one line that names it."""

import os
import platform
import tempfile
import traceback
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from cli.output import Printer
from intercom_etl.errors import EtlError


def save_traceback(printer: Printer, bug: BaseException) -> EtlError:
    """Writes the traceback, without secrets, and returns the error that says where it is."""
    _take_rows_out(bug)
    text = printer.scrub(
        f"intercom-etl {version('intercom-etl')}, Python {platform.python_version()}, "
        f"{platform.platform()}\n\n" + "".join(traceback.format_exception(bug))
    )
    name = f"traceback-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.txt"
    for find in (lambda: printer.crash_folder, lambda: Path(tempfile.gettempdir())):
        try:
            folder = find()  # of temporary files there may be none that can be written to
            if folder is None:
                continue
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path = folder / name
            # where others write too, the name may be a link that somebody has laid out
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
                file.write(text)
        except OSError:
            continue
        return _error(bug, f"please report it with the file `{path}`")
    return _error(bug, "please report it; the traceback could not be saved anywhere")


def _take_rows_out(bug: BaseException) -> None:
    """PostgreSQL quotes values and whole rows, and a report goes to strangers: its code is enough."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [bug]
    while waiting:
        error = waiting.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        waiting += [error.__cause__, error.__context__, *getattr(error, "exceptions", ())]
        said = getattr(error, "diag", None)  # psycopg's errors have it
        if said is not None:
            error.args = (f"SQLSTATE {said.sqlstate}, constraint {said.constraint_name}",)


def _error(bug: BaseException, hint: str) -> EtlError:
    # the text of a foreign error may quote anything; its kind and place are enough for one line
    return EtlError(f"this is a bug in intercom-etl: {type(bug).__name__}", hint)
