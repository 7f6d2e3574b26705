"""Shows the same thing again and again, until somebody ends it."""

import shutil
import sys
import time
from collections.abc import Callable
from typing import Any

from cli.output import Printer, clean, has_reader, is_animated
from cli.running import Interrupted, heed_signals, now
from intercom_etl.errors import EtlError
from intercom_etl.exit_codes import ExitCode


def keep_showing(
    printer: Printer, seconds: int, screen: Callable[[], list[str]], document: Callable[[], dict[str, Any]]
) -> int:
    """Draws the screen over the last one on a terminal, and elsewhere below it; ends with 0.

    Only the first look may fail: later trouble is shown, and passes or not.
    """
    try:
        show = _shower(printer, screen, document)
        show()
        while has_reader(sys.stdout):
            heed_signals()
            time.sleep(seconds)
            try:
                show()
            except EtlError as error:
                _tell(printer, f"{now():%H:%M:%S} UTC: {clean(error.message)}")
    except Interrupted:
        pass
    return ExitCode.OK


def _shower(
    printer: Printer, screen: Callable[[], list[str]], document: Callable[[], dict[str, Any]]
) -> Callable[[], None]:
    if printer.as_json:
        return lambda: printer.document(document())
    if is_animated(sys.stdout):
        return lambda: _draw(printer, screen())
    return lambda: _append(printer, screen())


def _draw(printer: Printer, lines: list[str]) -> None:
    """At most as much as the terminal is high: what scrolls away cannot be drawn over."""
    rows = shutil.get_terminal_size().lines - 1
    head = printer.paint(f"{now():%Y-%m-%d %H:%M:%S} UTC, Ctrl-C ends it", "dim")
    shown = [head, *lines]
    if len(shown) > rows:
        left = len(shown) - rows + 1
        shown = [*shown[: rows - 1], printer.paint(f"... {left} more lines: make the window higher", "dim")]
    printer.redraw(shown)


def _append(printer: Printer, lines: list[str]) -> None:
    printer.data(f"--- {now():%Y-%m-%d %H:%M:%S} UTC")
    for line in lines:
        printer.data(line)


def _tell(printer: Printer, text: str) -> None:
    if printer.as_json:
        printer.document({"error": {"message": printer.scrub(text), "hint": None}})
    elif is_animated(sys.stdout):
        printer.redraw([printer.paint(printer.scrub(text), "red")])
    else:
        printer.talk(text)
