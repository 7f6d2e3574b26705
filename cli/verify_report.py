"""The end of a check on the screen: a table of the streams, what is wrong with them, and one line."""

from cli.output import Printer, clean
from cli.run_report import VERDICTS, show_notes
from cli.table import amount, counted, duration, table
from cli.terminal import terminal_width
from intercom_etl.errors import EtlError
from intercom_etl.exit_codes import ExitCode
from intercom_etl.report import code_of
from intercom_etl.verdict import KINDS, Verdict, VerifyReport

FEW = 8  # so many streams without anything wrong may stand in the table
HEAD = ("stream", "API", "stored", "missing", "extra", "stale", "altered", "parts", "sampled", "state")


def show_check(printer: Printer, report: VerifyReport, *, as_exit_code: bool) -> int:
    """Prints the report as the printer's mode wants it; returns the exit code."""
    code = report.exit_code
    if code is ExitCode.DRIFT and not as_exit_code:
        code = code_of(report.streams)
    if printer.as_json:
        printer.document(report.as_json() | {"exit_code": int(code)})
    if printer.quiet:
        if report.exit_code is not ExitCode.OK:
            printer.fail(_in_one_line(report), code)
        return code
    if not printer.as_json:
        _show_table(printer, report)
    _show_remarks(printer, report)
    if not printer.as_json:
        word = printer.paint(_word(report), "red" if report.drift else VERDICTS[report.status])
        printer.data(_summary(report, word, code))
    return code


def _show_table(printer: Printer, report: VerifyReport) -> None:
    printer.data()
    cells = [_cells(verdict) for verdict in report.streams if verdict.found or verdict.status != "ok"]
    sound = [_cells(verdict) for verdict in report.streams if not verdict.found and verdict.status == "ok"]
    if len(sound) < FEW:
        cells = sorted([*cells, *sound])
    shown = [
        number
        for number, name in enumerate(HEAD)
        if name not in ("extra", "stale", "altered", "parts", "sampled")
        or any(row[number] != "0" for row in cells)
    ]
    for line in (
        ()
        if not cells
        else table(
            [HEAD[number] for number in shown],
            [[row[number] for number in shown] for row in cells],
            right="l" + "r" * (len(shown) - 2),
            width=terminal_width(),
            printer=printer,
        )
    ):
        printer.data(line)
    if len(sound) >= FEW:
        names = "all" if not cells else "and the other"
        printer.data(f"{names} {len(sound)} streams are as Intercom has them")
    printer.data()


def _cells(verdict: Verdict) -> tuple[str, ...]:
    def number(value: int | None) -> str:
        return "-" if value is None else amount(value)

    return (
        verdict.stream,
        number(verdict.api),
        number(verdict.stored),
        *(amount(verdict.count(kind)) for kind in KINDS),
        amount(verdict.sampled),
        verdict.status if not verdict.fixed else f"{verdict.status}, {len(verdict.fixed):,} fixed",
    )


def _show_remarks(printer: Printer, report: VerifyReport) -> None:
    for verdict in report.streams:
        if verdict.error is not None:
            printer.warn(f"{verdict.stream} {verdict.status}: {verdict.error.message}", verdict.error.hint)
        for kind, ids in verdict.as_json()["ids"].items():
            what = ""
            if kind in ("altered", "stale") and verdict.columns:
                what = f" ({', '.join(verdict.as_json()['columns'])})"
            more = verdict.count(kind) - len(ids)
            rest = f" and {more:,} more" if more else ""
            printer.talk(clean(f"{verdict.stream}: {kind}{what}: {', '.join(ids)}{rest}"))
    show_notes(printer, [(verdict.stream, verdict.note) for verdict in report.streams if verdict.note])
    if report.drift:
        names = " ".join(verdict.stream for verdict in report.streams if verdict.drift)
        printer.talk(f"next: `intercom-etl verify {names} --fix`")


def summary_of(report: VerifyReport, code: int) -> str:
    """The last line of a check without colours, and of one that found or lacked something what."""
    summary = _summary(report, _word(report), code)
    if report.exit_code is ExitCode.OK:
        return summary
    return f"{summary}  {_in_one_line(report).in_full}"


def _word(report: VerifyReport) -> str:
    return "drift" if report.drift else report.status


def _summary(report: VerifyReport, word: str, code: int) -> str:
    fixed = sum(len(verdict.fixed) for verdict in report.streams)
    parts = [
        word,
        f"run {report.run_id}",
        counted(len(report.streams), "stream"),
        f"{report.drift:,} wrong",
        *([f"{fixed:,} fixed"] if fixed else []),
        counted(report.requests, "request"),
        duration(report.seconds),
        *([f"exit {int(code)}"] if code else []),
    ]
    return "  ".join(parts)


def _in_one_line(report: VerifyReport) -> EtlError:
    failed = [verdict for verdict in report.streams if verdict.error is not None]
    if report.trouble is not None:
        also = f"; not checked: {', '.join(verdict.stream for verdict in failed)}" if failed else ""
        return EtlError(f"run {report.run_id}: {report.trouble}{also}", "`intercom-etl verify --fix`")
    first = failed[0]
    message = first.error.message if first.error else ""
    hint = first.error.hint if first.error else None
    return EtlError(f"run {report.run_id} {report.status}: {first.stream}: {message}", hint)
