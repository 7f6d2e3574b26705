"""The end of a run on the screen: a table of the streams, what needs a look, and one line that sums up."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from cli.logs import shows_json
from cli.output import Colour, Printer
from cli.table import amount, counted, duration, moment, table
from cli.terminal import folded, terminal_width
from intercom_etl.errors import EtlError
from intercom_etl.exit_codes import ExitCode
from intercom_etl.report import RunReport, StreamReport

HEAD = ("stream", "read", "new", "changed", "unchanged", "current", "gone", "quarantined", "dropped", "rows")
# the columns that stand there even when they are all zeros
IN_TABLES, IN_FOLDER = (0, 1, 2, 3, 4, 9), (0, 1)
FEW = 8  # so many lines without news may stand in the table
# the word of the last line, by what the run came to
VERDICTS: dict[str, Colour] = {"ok": "green", "partial": "yellow", "failed": "red"}


def show_run(printer: Printer, report: RunReport, folder: Path | None = None) -> int:
    """Prints the report as the printer's mode wants it; returns the exit code.

    `folder` is where records went, when it was no database: there are no rows to tell of then.
    """
    code = report.exit_code
    if printer.as_json:
        printer.document(report.as_json())
    if printer.quiet:
        if code is not ExitCode.OK:
            printer.fail(_in_one_line(report), code)
        return code
    if not printer.as_json:
        _show_table(printer, report, IN_FOLDER if folder else IN_TABLES)
    _show_remarks(printer, report)
    if not printer.as_json:
        status = printer.paint(report.status, VERDICTS[report.status])
        printer.data(_summary(report, _into(report, folder), status))
    return code


def summary_of(report: RunReport) -> str:
    """The last line of a run without colours, and of one that failed why."""
    summary = _summary(report, _into(report, None), report.status)
    if report.exit_code is ExitCode.OK:
        return summary
    return f"{summary}  {_in_one_line(report).in_full}"


def show_round(printer: Printer, report: RunReport, at: datetime) -> int:
    """One of many runs: a line, and with --quiet only of those that failed. Returns the exit code."""
    if printer.quiet:
        return show_run(printer, report)
    if not shows_json():  # there the log has it
        printer.data(printer.scrub(f"{moment(at)}  {summary_of(report)}"))
    return report.exit_code


def _into(report: RunReport, folder: Path | None) -> str:
    if folder is not None:
        return f"{counted(sum(stream.read for stream in report.streams), 'record')} into `{folder}`"
    new = sum(stream.inserted for stream in report.streams)
    changed = sum(stream.updated for stream in report.streams)
    return f"{counted(report.rows, 'row')} (+{new:,} ~{changed:,})"


def _show_table(printer: Printer, report: RunReport, usual: tuple[int, ...]) -> None:
    shown = [number for number, _ in enumerate(HEAD) if number in usual or _any(report, number)]
    quiet = [stream.stream for stream in report.streams if _is_quiet(stream)]
    rows = [
        [_cells(stream)[number] for number in shown]
        for stream in report.streams
        if not _is_quiet(stream) or len(quiet) < FEW
    ]
    head = [HEAD[number] for number in shown]
    printer.data()
    for line in table(
        head,
        rows,
        right="l" + "r" * (len(head) - 1),
        width=terminal_width(),
        printer=printer,
    ):
        printer.data(line)
    if len(quiet) >= FEW:
        printer.data()
        for line in folded(f"nothing new: {', '.join(quiet)}", terminal_width()):
            printer.data(printer.paint(line, "dim"))
    printer.data()


def _is_quiet(stream: StreamReport) -> bool:
    """Whether the run changed nothing of it. In a folder everything that was read counts."""
    changed = stream.inserted or stream.updated or stream.buried or stream.rejected
    stored = stream.unchanged or stream.skipped
    return stream.error is None and not changed and bool(stored or not stream.read)


def _cells(stream: StreamReport) -> tuple[str, ...]:
    numbers = (
        stream.read,
        stream.inserted,
        stream.updated,
        stream.unchanged,
        stream.skipped,
        stream.buried,
        stream.rejected,
        stream.dropped,
        stream.tables.total(),
    )
    return (stream.stream, *(amount(number) for number in numbers))


def _any(report: RunReport, column: int) -> bool:
    return any(_cells(stream)[column] != "0" for stream in report.streams)


def show_notes(printer: Printer, notes: Iterable[tuple[str, str]]) -> None:
    """Names of streams and what there is to say of each; what is the same of several stands in one line."""
    found: dict[str, list[str]] = {}
    for name, note in notes:
        found.setdefault(note, []).append(name)
    for note, names in found.items():
        printer.talk(f"note: {', '.join(names)}: {note}")


def _show_remarks(printer: Printer, report: RunReport) -> None:
    notes = [(stream.stream, stream.note) for stream in report.streams if stream.note]
    notes += [
        (stream.stream, f"{stream.error.message}: {stream.error.hint}")
        for stream in report.streams
        if stream.error is not None and stream.status == "stopped"
    ]
    show_notes(printer, notes)
    for stream in report.streams:
        if stream.error is not None and stream.status != "stopped":
            printer.warn(f"{stream.stream} {stream.status}: {stream.error.message}", stream.error.hint)
        if stream.cleaned:
            what = ", ".join(f"{reason} ({count:,}x)" for reason, count in stream.cleaned.most_common(5))
            printer.warn(f"{stream.stream}: values that PostgreSQL cannot hold were repaired: {what}")
    if report.quarantined and report.run_id is not None:
        printer.warn(
            f"{counted(report.quarantined, 'record')} could not become rows and went to quarantine",
            f"see why: `intercom-etl quarantine list --run {report.run_id}`",
        )


def _summary(report: RunReport, into: str, status: str) -> str:
    parts = [
        status,
        f"run {report.run_id}" if report.run_id is not None else report.command,
        counted(len(report.streams), "stream"),
        into,
    ]
    if report.requests:
        parts.append(counted(report.requests, "request"))
    if report.retries:
        parts.append(counted(report.retries, "retry", "retries"))
    if report.quarantined:
        parts.append(f"{report.quarantined:,} quarantined")
    counts = Counter(stream.status for stream in report.streams)
    parts += [f"{counts[status]} {status}" for status in ("failed", "skipped", "stopped") if counts[status]]
    parts.append(duration(report.seconds))
    if report.exit_code is not ExitCode.OK:
        parts.append(f"exit {int(report.exit_code)}")
    return "  ".join(parts)


def _in_one_line(report: RunReport) -> EtlError:
    ended = [stream for stream in report.streams if stream.error is not None]
    failures = [stream for stream in ended if stream.status != "stopped"] or ended
    parts = [f"{stream.stream}: {stream.error.message}" for stream in failures[:1] if stream.error]
    if len(failures) > 1:
        parts.append(f"{counted(len(failures) - 1, 'more stream')} {failures[0].status}")
    if report.quarantined:
        parts.append(f"{counted(report.quarantined, 'record')} in quarantine")
    run = f"run {report.run_id} " if report.run_id is not None else ""
    hint = failures[0].error.hint if failures and failures[0].error else None
    return EtlError(f"{run}{report.status}: {', '.join(parts)}", hint)
