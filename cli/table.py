"""Tables of text: columns that line up, numbers to the right, no frames. Readable in a pipe, and by `awk`."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from rich.cells import cell_len, set_cell_size

from cli.output import Printer, clean
from cli.terminal import NARROWEST, folded

GAP = "  "


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: str = "",
    width: int | None = None,
    wrap: bool = False,
    printer: Printer | None = None,
) -> list[str]:
    """Lines of a table. `right` names with `r` the columns that go to the right, like `lrr`.

    With a `width`, the last column gives way so that lines fit: it is cut, or continued below with
    `wrap`. Cells are cleaned here; the `printer` dims the head.
    """
    cells = [[clean(cell) for cell in row] for row in [head, *rows]]
    sizes = [max(cell_len(row[column]) for row in cells) for column in range(len(head))]
    if width is not None:
        others = sum(sizes[:-1]) + len(GAP) * (len(sizes) - 1)
        sizes[-1] = min(sizes[-1], max(width - others, NARROWEST))
    if wrap:
        cells = [line for row in cells for line in _continued(row, sizes[-1])]
    lines = [_line(row, sizes, right) for row in cells]
    return [lines[0] if printer is None else printer.paint(lines[0], "dim"), *lines[1:]]


def _continued(row: Sequence[str], width: int) -> list[list[str]]:
    first, *others = folded(row[-1], width)
    return [[*row[:-1], first], *([*[""] * (len(row) - 1), other] for other in others)]


def _line(row: Sequence[str], sizes: Sequence[int], right: str) -> str:
    padded: list[str] = []
    for number, (cell, size) in enumerate(zip(row, sizes, strict=True)):
        if cell_len(cell) > size:
            cell = set_cell_size(cell, size - 1) + "…"
        fill = " " * (size - cell_len(cell))
        padded.append(fill + cell if right[number : number + 1] == "r" else cell + fill)
    return GAP.join(padded).rstrip()


def amount(number: int) -> str:
    """`51,539`."""
    return f"{number:,}"


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 stream`, `51,539 rows`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """`0.4s`, `12s`, `1m52s`, `3h05m`, `2d04h`."""
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 172_800:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86_400}d{whole % 86_400 // 3600:02}h"


def span(length: timedelta) -> str:
    """A duration without what is nothing: `30m`, `2h26m`, `1d`."""
    return re.sub(r"(?<=[a-z])00[smh]$", "", duration(length.total_seconds()))


def age(moment: datetime | None, now: datetime) -> str:
    """How long ago, in the one unit that counts: `14m`, `2d`; `-` for never."""
    if moment is None:
        return "-"
    passed = max(now - moment, timedelta())
    for unit, length in (("d", 86_400), ("h", 3600), ("m", 60)):
        if passed.total_seconds() >= length:
            return f"{int(passed.total_seconds() // length)}{unit}"
    return f"{int(passed.total_seconds())}s"


def moment(value: datetime | None) -> str:
    """A time in UTC, to the second."""
    return "-" if value is None else f"{value:%Y-%m-%d %H:%M:%S}"
