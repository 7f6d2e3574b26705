"""A row of numbers as a row of little bars."""

import sys
from collections.abc import Sequence
from math import ceil, log1p
from typing import TextIO

from cli.output import Printer

BARS, BROKEN = "▁▂▃▄▅▆▇█", "✗"
# for a terminal that knows ASCII only
PLAIN_BARS, PLAIN_BROKEN = "_.:-=+*#", "x"


def sparkline(printer: Printer, values: Sequence[int | None]) -> str:
    """A bar each, the higher the larger; a mark for None.

    Heights go with the logarithm: beside a first run that read everything, all others would look the same.
    """
    bars, broken = (BARS, BROKEN) if knows(BARS + BROKEN, sys.stdout) else (PLAIN_BARS, PLAIN_BROKEN)
    largest = log1p(max((value for value in values if value), default=0))
    return "".join(
        printer.paint(broken, "red") if value is None else bars[_level(value, largest, len(bars))]
        for value in values
    )


def knows(text: str, stream: TextIO) -> bool:
    """Whether the stream's encoding has these characters."""
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _level(value: int, largest: float, levels: int) -> int:
    """The lowest bar is for none at all."""
    if value <= 0 or not largest:
        return 0
    return min(levels - 1, max(1, ceil((levels - 1) * log1p(value) / largest)))
