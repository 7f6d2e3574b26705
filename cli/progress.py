"""Those who watch a run: bars on a terminal, plain lines elsewhere, nobody with --quiet. All on stderr."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from cli.logs import log, note_run
from cli.options import LogStyle
from cli.output import Printer, clean, has_colours, is_animated
from cli.table import counted
from intercom_etl.report import Observer, StreamReport

# plain lines: seldom enough for a log, often enough to see that it lives
SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def watching(printer: Printer, style: LogStyle = "text") -> Iterator[Observer]:
    """The observer that fits: with JSON lines on stderr, progress is such lines too."""
    if printer.quiet:
        yield Silence()
    elif style == "json":
        yield Lines(log.info)
    elif is_animated(sys.stderr):
        with bars() as progress:
            yield Bars(progress)
    else:
        yield Lines(printer.talk)


class Silence:
    """Watches and says nothing."""

    def started(self, workspace: str, streams: Sequence[str], run_id: int | None) -> None:
        """Says nothing."""

    def advanced(self, report: StreamReport) -> None:
        """Says nothing."""

    def finished(self, report: StreamReport) -> None:
        """Says nothing."""


class Lines:
    """A line a stream at its end, and now and then one between."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._spoken: dict[str, float] = {}

    def started(self, workspace: str, streams: Sequence[str], run_id: int | None) -> None:
        """Names the workspace."""
        note_run(run_id)
        self._say(f"workspace {clean(workspace)}: {counted(len(streams), 'stream')}")
        self._spoken = dict.fromkeys(streams, monotonic())

    def advanced(self, report: StreamReport) -> None:
        """Says how far it is, when the last line is old enough."""
        if monotonic() - self._spoken.get(report.stream, 0.0) >= SECONDS_BETWEEN_LINES:
            self._spoken[report.stream] = monotonic()
            self._say(f"{report.stream}: {_share(report)} read{_changes(report)}")

    def finished(self, report: StreamReport) -> None:
        """Says what became of the stream."""
        if report.error is not None:
            self._say(f"{report.stream}: failed after {report.read:,} records: {clean(report.error.message)}")
        else:
            self._say(f"{report.stream}: {report.read:,} read{_changes(report)}")


class Bars:
    """A bar a stream."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def started(self, workspace: str, streams: Sequence[str], run_id: int | None) -> None:
        """Names the workspace and shows a bar for each stream."""
        note_run(run_id)
        self._progress.console.print(Text(f"workspace {clean(workspace)}", style="bold"))
        for stream in streams:
            self._tasks[stream] = self._progress.add_task(stream, total=None, start=False, what="", state="")

    def advanced(self, report: StreamReport) -> None:
        """Moves the bar. A total is the API's own word, and it may be less than there is."""
        task = self._tasks[report.stream]
        if not self._progress.tasks[task].started:
            self._progress.start_task(task)
        total = None if report.total is None else max(report.total, _passed(report))
        self._progress.update(task, completed=_passed(report), total=total, what=_changes(report))

    def finished(self, report: StreamReport) -> None:
        """Fills the bar, or says that the stream failed."""
        task = self._tasks[report.stream]
        if not self._progress.tasks[task].started:
            self._progress.start_task(task)
        passed = _passed(report)
        if report.error is not None:
            self._progress.update(
                task, completed=passed, total=max(passed, 1), state="failed", what="  failed"
            )
            self._progress.stop_task(task)
        else:
            # an empty stream is done too, and only a full bar looks like it
            done = max(passed, 1)
            self._progress.update(task, completed=done, total=done, state="done", what=_changes(report))
            self._progress.stop_task(task)
        self._progress.refresh()


class _Amount(ProgressColumn):
    """`3,911 / 6,702`, as records that were looked at."""

    def render(self, task: Task) -> Text:
        if not task.started:
            return Text("waiting", style="dim")
        count = (
            0
            if task.fields["state"] == "done" and task.total == 1 and not task.fields["what"]
            else task.completed
        )
        shown = f"{int(count):,}"
        if task.total is not None and not task.fields["state"]:
            shown += f" / {int(task.total):,}"
        return Text(shown, justify="right")


def bars() -> Progress:
    """Bars that fit into 80 columns, on stderr."""
    console = Console(
        stderr=True, highlight=False, markup=False, no_color=not has_colours(sys.stderr), soft_wrap=False
    )
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        _Amount(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}", markup=False),
        console=console,
        refresh_per_second=8,
        transient=True,  # the table of the report takes their place
    )


def _passed(report: StreamReport) -> int:
    return report.read + report.skipped


def _share(report: StreamReport) -> str:
    return f"{_passed(report):,}" + (f" of {report.total:,}" if report.total is not None else "")


def _changes(report: StreamReport) -> str:
    parts = [
        f"{count:,} {word}"
        for count, word in (
            (report.inserted, "new"),
            (report.updated, "changed"),
            (report.buried, "gone"),
            (report.rejected, "quarantined"),
        )
        if count
    ]
    return "  " + ", ".join(parts) if parts else ""
