"""`intercom-etl sync`: brings the database up to date."""

from typing import Annotated

import typer

from cli import options
from cli.output import Printer
from intercom_etl.errors import LeaseLostError, LockHeldError, UsageError

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Fetch and check the first page of each stream; keep nothing.")
]
Every = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="Run again every `90s`, `2m`, `1h`, until it is stopped (not for cron)."
    ),
]


def sync(
    ctx: typer.Context,
    streams: options.Streams = None,
    since: options.Since = None,
    full: options.Full = False,
    sweep: options.Sweep = False,
    limit: options.Limit = None,
    max_requests: options.MaxRequests = None,
    max_runtime: options.MaxRuntime = None,
    allow_mass_delete: options.AllowMassDelete = False,
    dry_run: DryRun = False,
    skip_if_locked: options.SkipIfLocked = False,
    every: Every = None,
    metrics_file: options.MetricsFile = None,
    ping_url: options.PingUrl = None,
    log_file: options.LogFile = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormat = "text",
) -> int:
    """Copy what is new and changed in Intercom into PostgreSQL.

    Goes on where the last run ended, also one that was interrupted. Safe to run again at any time.

    At the end it counts records by stream: read, new, changed and unchanged in the tables, current
    (listed, and held in that version already: not fetched), gone, quarantined; and the rows written.
    """
    from cli.logs import set_up_logs
    from cli.request import read_request
    from cli.running import now, run

    printer: Printer = ctx.obj
    printer.set_mode(
        as_json=json,
        quiet=quiet,
        command="sync",
        afterwards=_afterwards(streams, starts_over=full or sweep, since=since, dry_run=dry_run),
    )
    interval = options.parse_duration(every, "--every")
    if interval is not None and (json or dry_run):
        raise UsageError(
            "--every does not go with --json or --dry-run", "use --log-format json, or --log-file"
        )
    set_up_logs(printer, verbose=verbose, style=log_format, file=log_file)
    complete = read_request(
        streams,
        since=since,
        full=full,
        sweep=sweep,
        limit=limit,
        max_requests=max_requests,
        max_runtime=max_runtime,
        now=now(),
        allow_mass_delete=allow_mass_delete,
    )

    from cli.configuration import load_settings
    from cli.preparation import prepare_schema
    from cli.progress import watching
    from cli.rounds import repeat
    from cli.run_report import show_run, summary_of
    from cli.telling import telling
    from intercom_etl.api import api_config
    from intercom_etl.database import database_url
    from intercom_etl.exit_codes import ExitCode
    from intercom_etl.preview import preview
    from intercom_etl.sync import sync as bring_up_to_date

    settings = load_settings(printer)
    watchdog = ping_url or settings.ping_url
    printer.keep_secret({watchdog} if watchdog else ())

    def once() -> int:
        api, request = api_config(settings), complete(settings)
        metrics = metrics_file or settings.intercom_etl_metrics_file
        with telling(printer, "sync", metrics=metrics, watchdog=watchdog) as told:
            try:
                with database_url(settings) as url, told.while_open(url):
                    prepare_schema(printer, settings, url)
                    with watching(printer, log_format) as observer:
                        work = preview if dry_run else bring_up_to_date
                        told.report = run(
                            work(request, api=api, database_url=url, clock=now, observer=observer)
                        )
            except LeaseLostError:
                raise
            except LockHeldError as error:
                if not skip_if_locked:
                    raise
                told.is_skipped = True
                printer.talk(f"skipped: {error.message}")
                return ExitCode.OK
            told.words = summary_of(told.report)
            told.code = show_run(printer, told.report)
        return told.code

    return once() if interval is None else repeat(printer, interval, once)


def _afterwards(streams: list[str] | None, *, starts_over: bool, since: str | None, dry_run: bool) -> str:
    """What an interruption leaves; a reading of everything leaves no point to go on from."""
    if dry_run:
        return "nothing was written; begin again with {again}"
    if starts_over:
        usual = " ".join(("intercom-etl sync", *(streams or ())))
        return f"everything committed is kept; `{usual}` copies what is still missing, {{again}} starts over"
    if since is not None:
        return "everything committed is kept; {again} reads from that time again"
    return "everything committed is kept; go on with {again}"
