"""A run on a terminal: a bar for each stream at work, and a line that counts the others.

A row never wraps, whatever the width: a row that became two could not be drawn over, and would stay.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from cli.logs import note_run
from cli.output import clean, has_colours
from cli.table import GAP, counted
from intercom_etl.report import StreamReport

REFRESHES_A_SECOND = 8
BAR, NARROW_BAR = 20, 8
AMOUNT = len("123,456 / 234,567")
ELAPSED = len("0:00:00")
LONGEST_NAME = 24


@contextmanager
def bars() -> Iterator["Bars"]:
    """Bars on stderr, gone at the end: the table of the report takes their place."""
    console = Console(stderr=True, highlight=False, markup=False, no_color=not has_colours(sys.stderr))
    shown = Bars(console)
    with Live(shown, console=console, refresh_per_second=REFRESHES_A_SECOND, transient=True) as live:
        shown.refresh = live.refresh
        yield shown


@dataclass(slots=True)
class _AtWork:
    report: StreamReport
    since: float


class Bars:
    """Watches a run, and draws what it sees."""

    def __init__(self, console: Console) -> None:
        self.refresh = lambda: None
        self._console = console
        self._at_work: dict[str, _AtWork] = {}
        self._streams = self._done = self._failed = 0

    def started(self, workspace: str, streams: Sequence[str], run_id: int | None) -> None:
        """Names the workspace."""
        note_run(run_id)
        self._console.print(Text(f"workspace {clean(workspace)}", style="bold"))
        self._streams = len(streams)

    def advanced(self, report: StreamReport) -> None:
        """Moves the stream's bar; the first time it appears."""
        if report.stream not in self._at_work:
            self._at_work[report.stream] = _AtWork(report, monotonic())
            self.refresh()

    def finished(self, report: StreamReport) -> None:
        """Takes the bar away, and counts the stream."""
        self._at_work.pop(report.stream, None)
        self._done += report.error is None
        self._failed += report.status in ("failed", "skipped")
        self.refresh()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The rows, none wider than the terminal."""
        # a terminal shows `^C` behind the last row: there must be room for it
        width = options.max_width - 3
        now = monotonic()
        rows = list(self._at_work.values())
        name = min(max((len(row.report.stream) for row in rows), default=0), LONGEST_NAME)
        most = max(console.height - 3, 1)
        for row in rows[:most]:
            yield _line(_cells(row, now, name, width, ascii_only=options.ascii_only), width)
        yield _line([Text(self._counts(), style="dim")], width)

    def _counts(self) -> str:
        waiting = self._streams - self._done - self._failed - len(self._at_work)
        parts = [f"{self._done} of {counted(self._streams, 'stream')} done"]
        parts += [f"{self._failed} failed"] if self._failed else []
        parts += [f"{waiting} waiting"] if waiting else []
        return ", ".join(parts)


def _cells(row: _AtWork, now: float, name: int, width: int, *, ascii_only: bool) -> list[Text]:
    """Name, bar, amount, time, changes; the changes give way first, then the bar."""
    report = row.report
    passed = report.read + report.skipped
    # a total is the API's own word, and it may be less than there is
    total = None if report.total is None else max(report.total, passed)
    amount = f"{passed:,}" + (f" / {total:,}" if total is not None else "")
    seconds = int(now - row.since)
    elapsed = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    left = width - name - max(AMOUNT, len(amount)) - ELAPSED - 2 * len(GAP)
    cells = [Text(report.stream[:name].ljust(name))]
    size = min(BAR, left - len(GAP))
    if size >= NARROW_BAR:
        cells.append(_bar(size, passed, total, ascii_only=ascii_only))
        left -= size + len(GAP)
    cells += [Text(amount.rjust(AMOUNT)), Text(elapsed, style="dim")]
    changes = ", ".join(changes_of(report))
    if changes and len(changes) + len(GAP) <= left:
        cells.append(Text(changes))
    return cells


def _bar(size: int, passed: int, total: int | None, *, ascii_only: bool) -> Text:
    full = size * passed // total if total else 0
    stroke = "-" if ascii_only else "━"
    return Text.assemble((stroke * full, "green"), (stroke * (size - full), "dim"))


def _line(cells: list[Text], width: int) -> Text:
    line = Text(GAP, no_wrap=True, overflow="crop").join(cells)
    line.no_wrap, line.overflow = True, "crop"
    line.truncate(width)
    return line


def changes_of(report: StreamReport) -> list[str]:
    """What became of the records so far: `12 new`, `3 changed`."""
    counts = {
        "new": report.inserted,
        "changed": report.updated,
        "gone": report.buried,
        "quarantined": report.rejected,
    }
    return [f"{count:,} {word}" for word, count in counts.items() if count]
