"""`intercom-etl sync`: brings the database up to date."""

from datetime import timedelta
from typing import Annotated

import typer

from cli import options
from cli.output import Printer
from intercom_etl.errors import UsageError

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
    from cli.running import now

    printer: Printer = ctx.obj
    printer.set_mode(
        as_json=json,
        quiet=quiet,
        command="sync",
        afterwards=_afterwards(streams, starts_over=full or sweep, since=since, dry_run=dry_run),
    )
    interval = _interval(every, as_json=json, dry_run=dry_run)
    set_up_logs(printer, verbose=verbose, style=log_format)
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

    from cli.rounds import Round, repeat
    from cli.telling import Listeners

    listeners = Listeners(metrics_file, ping_url, log_file, verbose)
    work = Round(printer, complete, listeners, dry_run, skip_if_locked, interval is not None, log_format)
    return work() if interval is None else repeat(printer, interval, work)


def _interval(every: str | None, *, as_json: bool, dry_run: bool) -> timedelta | None:
    interval = options.parse_duration(every, "--every")
    if interval is not None and (as_json or dry_run):
        raise UsageError(
            "--every does not go with --json or --dry-run", "use --log-format json, or --log-file"
        )
    return interval


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
