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
    head = printer.paint(f"{now():%Y-%m-%d %H:%M:%S} UTC, Ctrl-C ends it", "dim")
    shown = [head, *lines]
    rows = shutil.get_terminal_size().lines - 1
    if len(shown) > rows:
        shown = _shortened(shown, rows, lambda left: printer.paint(f"... {left} more lines", "dim"))
    printer.redraw(shown)


def _shortened(lines: list[str], rows: int, tell: Callable[[int], str]) -> list[str]:
    """At most so many: what scrolls away cannot be drawn over. The last block, which is facts, stays."""
    facts = len(lines) - max((number + 1 for number, line in enumerate(lines) if not line), default=0)
    if facts > rows // 2:
        facts = 0
    first = max(rows - facts - 1, 0)
    return [*lines[:first], tell(len(lines) - first - facts), *(lines[-facts:] if facts else [])]


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
