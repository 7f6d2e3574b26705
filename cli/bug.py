"""What becomes of a bug: its traceback in a file, for the report, and one line that names it."""

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
    text = printer.scrub(
        f"intercom-etl {version('intercom-etl')}, Python {platform.python_version()}, "
        f"{platform.platform()}\n\n" + "".join(traceback.format_exception(bug))
    )
    name = f"traceback-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.txt"
    for folder in (printer.crash_folder, Path(tempfile.gettempdir())):
        if folder is None:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / name
            path.touch(mode=0o600)
            path.write_text(text, encoding="utf-8", errors="replace")
        except OSError:
            continue
        return _error(bug, f"please report it with the file `{path}`")
    return _error(bug, "please report it; the traceback could not be saved anywhere")


def _error(bug: BaseException, hint: str) -> EtlError:
    # the text of a foreign error may quote anything; its kind and place are enough for one line
    return EtlError(f"this is a bug in intercom-etl: {type(bug).__name__}", hint)
