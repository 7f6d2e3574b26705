"""`intercom-etl verify`: whether the copy is complete and right, and what is not."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli import options
from cli.output import Printer

if TYPE_CHECKING:
    from intercom_etl.verdict import Verdict

Sample = Annotated[
    int, typer.Option("--sample", min=0, metavar="N", help="Compare N records of each stream field by field.")
]
Fix = Annotated[bool, typer.Option("--fix", help="Fetch exactly what is wrong, and put it right.")]
ExitCodes = Annotated[
    bool, typer.Option("--exit-code", help="End with 4 when something is wrong, 0 when not.")
]
Quick = Annotated[
    bool,
    typer.Option(
        "--quick", help="Skip comparing stored rows with their own text, which takes most of the time."
    ),
]


def verify(
    ctx: typer.Context,
    streams: options.Streams = None,
    sample: Sample = 20,
    fix: Fix = False,
    exit_code: ExitCodes = False,
    quick: Quick = False,
    allow_mass_delete: options.AllowMassDelete = False,
    max_requests: options.MaxRequests = None,
    max_runtime: options.MaxRuntime = None,
    metrics_file: options.MetricsFile = None,
    ping_url: options.PingUrl = None,
    log_file: options.LogFile = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormat = "text",
) -> int:
    """Compare the database with Intercom, at little cost; --fix it.

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
        allow_mass_delete=allow_mass_delete,
        now=now(),
    )

    from cli.preparation import prepare_schema
    from cli.telling import Listeners, telling
    from cli.verify_report import show_check, summary_of
    from intercom_etl.api import api_config
    from intercom_etl.verify import Checks
    from intercom_etl.verify import verify as check

    checks = Checks(sample=sample, fix=fix, rows=not quick)
    with telling(printer, "verify", Listeners(metrics_file, ping_url, log_file, verbose)) as told:
        settings = told.begin()
        api, request = api_config(settings), complete(settings)
        with told.database(settings) as url:
            prepare_schema(printer, settings, url)
            work = check(request, checks, api=api, database_url=url, clock=now, observer=_Teller(printer))
            told.report = report = run(work)
        code = show_check(printer, report, as_exit_code=exit_code)
        told.end(code, summary_of(report, code))
    return told.code


class _Teller:
    """Says what a check will cost, and what became of each stream."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer

    def started(self, workspace: str, streams: list[str], requests: int, run_id: int) -> None:
        """Before the first comparison."""
        from cli.logs import narrate, note_run
        from cli.output import clean
        from cli.table import counted

        note_run(run_id)
        cost = f"about {counted(requests, 'request')}"
        narrate(self._printer, f"workspace {clean(workspace)}: {counted(len(streams), 'stream')}, {cost}")

    def finished(self, verdict: "Verdict") -> None:
        """Only what is wrong is worth a line."""
        from cli.logs import narrate

        if verdict.found:
            narrate(self._printer, f"{verdict.stream}: {len(verdict.found):,} wrong")
