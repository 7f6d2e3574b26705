"""Those who watch a run: bars on a terminal, plain lines elsewhere, nobody with --quiet. All on stderr."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic

from cli.bars import bars, changes_of
from cli.logs import log, note_run
from cli.options import LogStyle
from cli.output import Printer, clean, is_animated
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
        with bars() as shown:
            yield shown
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
            what = f"{report.stream}: {report.status} after {report.read:,} records"
            self._say(f"{what}: {clean(report.error.message)}")
        else:
            self._say(f"{report.stream}: {report.read:,} read{_changes(report)}")


def _passed(report: StreamReport) -> int:
    return report.read + report.skipped


def _share(report: StreamReport) -> str:
    return f"{_passed(report):,}" + (f" of {report.total:,}" if report.total is not None else "")


def _changes(report: StreamReport) -> str:
    changes = changes_of(report)
    return "  " + ", ".join(changes) if changes else ""
