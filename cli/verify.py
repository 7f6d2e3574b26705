"""`intercom-etl verify`: whether the copy is complete and right, and what is not."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import options
from cli.output import Printer

if TYPE_CHECKING:
    from intercom_etl.verdict import Verdict, VerifyReport

Sample = Annotated[
    int, typer.Option("--sample", min=0, metavar="N", help="Compare N records of each stream field by field.")
]
Fix = Annotated[bool, typer.Option("--fix", help="Fetch exactly what is wrong, and put it right.")]
ExitCodes = Annotated[
    bool, typer.Option("--exit-code", help="End with 4 when something is wrong, 0 when not.")
]
Quick = Annotated[
    bool, typer.Option("--quick", help="Do not compare stored rows with their own text (most of the time).")
]

FEW = 8  # so many streams without anything wrong may stand in the table
HEAD = ("stream", "API", "stored", "missing", "extra", "stale", "altered", "parts", "sampled", "state")


def verify(
    ctx: typer.Context,
    streams: options.Streams = None,
    sample: Sample = 20,
    fix: Fix = False,
    exit_code: ExitCodes = False,
    quick: Quick = False,
    max_requests: options.MaxRequests = None,
    max_runtime: options.MaxRuntime = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormat = "text",
) -> int:
    """Compare the database with Intercom, without reading everything again.

    Missing: Intercom has it, the database not. Extra: the reverse. Stale: an older version is stored.
    Altered: columns are not what the record says. Parts: the lists inside a record differ. What changed
    after the last sync is not counted as wrong.
    """
    from cli.logs import set_up_logs
    from cli.request import read_request
    from cli.running import now, run

    printer: Printer = ctx.obj
    printer.set_mode(
        as_json=json,
        quiet=quiet,
        command="verify",
        afterwards="what was put right stays; begin again with {again}",
    )
    set_up_logs(printer, verbose=verbose, style=log_format)
    complete = read_request(
        streams,
        since=None,
        full=False,
        limit=None,
        max_requests=max_requests,
        max_runtime=max_runtime,
        now=now(),
    )

    from cli.configuration import load_settings
    from cli.preparation import prepare_schema
    from intercom_etl.api import api_config
    from intercom_etl.database import database_url
    from intercom_etl.verify import Checks
    from intercom_etl.verify import verify as check

    settings = load_settings(printer)
    api, request = api_config(settings), complete(settings)
    checks = Checks(sample=sample, fix=fix, rows=not quick)
    with database_url(settings) as url:
        prepare_schema(printer, settings, url)
        work = check(request, checks, api=api, database_url=url, clock=now, observer=_Teller(printer))
        report = run(work)
    return _show(printer, report, as_exit_code=exit_code)


class _Teller:
    """Says what a check will cost, and what became of each stream."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer

    def started(self, workspace: str, streams: list[str], requests: int) -> None:
        """Before the first comparison."""
        from cli.output import clean
        from cli.table import counted

        cost = f"about {counted(requests, 'request')}"
        self._printer.talk(f"workspace {clean(workspace)}: {counted(len(streams), 'stream')}, {cost}")

    def finished(self, verdict: "Verdict") -> None:
        """Only what is wrong is worth a line."""
        if verdict.found:
            self._printer.talk(f"{verdict.stream}: {len(verdict.found):,} wrong")


def _show(printer: Printer, report: "VerifyReport", *, as_exit_code: bool) -> int:
    from intercom_etl.exit_codes import ExitCode

    code = report.exit_code
    if code is ExitCode.DRIFT and not as_exit_code:
        code = ExitCode.OK
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
        printer.data(_summary(printer, report, code))
    return code


def _show_table(printer: Printer, report: "VerifyReport") -> None:
    from cli.table import table
    from cli.terminal import terminal_width

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
            paint_head=lambda text: printer.paint(text, "dim"),
        )
    ):
        printer.data(line)
    if len(sound) >= FEW:
        names = "all" if not cells else "and the other"
        printer.data(f"{names} {len(sound)} streams are as Intercom has them")
    printer.data()


def _cells(verdict: "Verdict") -> tuple[str, ...]:
    from cli.table import amount
    from intercom_etl.verdict import KINDS

    def number(value: int | None) -> str:
        return "-" if value is None else amount(value)

    return (
        verdict.stream,
        number(verdict.api),
        number(verdict.stored),
        *(amount(verdict.count(kind)) for kind in KINDS),
        amount(verdict.sampled),
        verdict.status if not verdict.fixed else f"{verdict.status}, {len(verdict.fixed):,} mended",
    )


def _show_remarks(printer: Printer, report: "VerifyReport") -> None:
    from cli.output import clean

    notes: dict[str, list[str]] = {}
    for verdict in report.streams:
        if verdict.note:
            notes.setdefault(verdict.note, []).append(verdict.stream)
        if verdict.error is not None:
            printer.warn(f"{verdict.stream} {verdict.status}: {verdict.error.message}", verdict.error.hint)
        for kind, ids in verdict.as_json()["ids"].items():
            what = ""
            if kind in ("altered", "stale") and verdict.columns:
                what = f" ({', '.join(verdict.as_json()['columns'])})"
            more = verdict.count(kind) - len(ids)
            rest = f" and {more:,} more" if more else ""
            printer.talk(clean(f"{verdict.stream}: {kind}{what}: {', '.join(ids)}{rest}"))
    for note, streams in notes.items():
        printer.talk(f"note: {', '.join(streams)}: {note}")
    if report.drift:
        names = " ".join(verdict.stream for verdict in report.streams if verdict.drift)
        printer.talk(f"next: `intercom-etl verify {names} --fix`")


def _summary(printer: Printer, report: "VerifyReport", code: int) -> str:
    from cli.table import counted, duration

    word = printer.paint("drift", "red") if report.drift else printer.paint(report.status, "green")
    if report.status != "ok" and not report.drift:
        word = printer.paint(report.status, "yellow")
    fixed = sum(len(verdict.fixed) for verdict in report.streams)
    parts: list[Any] = [
        word,
        f"run {report.run_id}",
        counted(len(report.streams), "stream"),
        f"{report.drift:,} wrong",
        *([f"{fixed:,} mended"] if fixed else []),
        counted(report.requests, "request"),
        duration(report.seconds),
        *([f"exit {int(code)}"] if code else []),
    ]
    return "  ".join(parts)


def _in_one_line(report: "VerifyReport") -> Any:
    from intercom_etl.errors import EtlError

    wrong = [verdict for verdict in report.streams if verdict.drift]
    if wrong:
        names = ", ".join(f"{verdict.stream} {verdict.drift:,}" for verdict in wrong[:4])
        more = f" and {len(wrong) - 4} more" if len(wrong) > 4 else ""
        return EtlError(
            f"run {report.run_id}: records are wrong: {names}{more}", "`intercom-etl verify --fix`"
        )
    failed = [verdict for verdict in report.streams if verdict.error is not None]
    first = failed[0]
    message = first.error.message if first.error else ""
    hint = first.error.hint if first.error else None
    return EtlError(f"run {report.run_id} {report.status}: {first.stream}: {message}", hint)
