"""Those who watch a run: bars on a terminal, plain lines elsewhere, nobody with --quiet. All on stderr."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from time import monotonic

from cli.bars import bars, changes_of
from cli.logs import ONLY_IN_FILE, has_log_file, log, narrate, note_run
from cli.options import LogStyle
from cli.output import Printer, clean, is_animated
from cli.table import counted
from intercom_etl.report import Observer, StreamReport

# plain lines: seldom enough for a log, often enough to see that it lives
SECONDS_BETWEEN_LINES = 10.0


@contextmanager
def watching(printer: Printer, style: LogStyle = "text", *, in_rounds: bool = False) -> Iterator[Observer]:
    """The observer that fits: with JSON lines on stderr, progress is such lines too.

    `in_rounds`: where one run follows another, a stream without news is worth no line.
    """
    noted = Lines(_note, only_news=in_rounds) if has_log_file() else Silence()
    if not printer.quiet and style == "text" and is_animated(sys.stderr):
        with bars() as shown:
            yield Together(shown, noted)
    elif printer.quiet or in_rounds:
        yield noted
    else:
        yield Lines(partial(narrate, printer))


def _note(line: str) -> None:
    log.info(line, extra=ONLY_IN_FILE)


class Silence:
    """Watches and says nothing."""

    def started(self, workspace: str, streams: Sequence[str], run_id: int | None) -> None:
        """Says nothing."""

    def advanced(self, report: StreamReport) -> None:
        """Says nothing."""

    def finished(self, report: StreamReport) -> None:
        """Says nothing."""


class Together:
    """Two who watch the same."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers

    def started(self, workspace: str, streams: Sequence[str], run_id: int | None) -> None:
        """Tells both."""
        for observer in self._observers:
            observer.started(workspace, streams, run_id)

    def advanced(self, report: StreamReport) -> None:
        """Tells both."""
        for observer in self._observers:
            observer.advanced(report)

    def finished(self, report: StreamReport) -> None:
        """Tells both."""
        for observer in self._observers:
            observer.finished(report)


class Lines:
    """A line a stream at its end, with `only_news` if there is any, and now and then one between."""

    def __init__(self, say: Callable[[str], None], *, only_news: bool = False) -> None:
        self._say = say
        self._only_news = only_news
        self._spoken: dict[str, float] = {}

    def started(self, workspace: str, streams: Sequence[str], run_id: int | None) -> None:
        """Names the workspace."""
        note_run(run_id)
        if not self._only_news:
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
            what = f"{report.stream}: {report.status} after {report.read:,} records"
            self._say(f"{what}: {clean(report.error.message)}")
        elif changes_of(report) or not self._only_news:
            self._say(f"{report.stream}: {report.read:,} read{_changes(report)}")


def _passed(report: StreamReport) -> int:
    return report.read + report.skipped


def _share(report: StreamReport) -> str:
    return f"{_passed(report):,}" + (f" of {report.total:,}" if report.total is not None else "")


def _changes(report: StreamReport) -> str:
    changes = changes_of(report)
    return "  " + ", ".join(changes) if changes else ""
