"""`intercom-etl sync`: brings the database up to date."""

from typing import Annotated

import typer

from cli import options
from cli.output import Printer

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Fetch and check the first page of each stream; keep nothing.")
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

    from cli.configuration import load_settings
    from cli.preparation import prepare_schema
    from cli.progress import watching
    from cli.run_report import show_run
    from intercom_etl.api import api_config
    from intercom_etl.database import database_url
    from intercom_etl.preview import preview
    from intercom_etl.sync import sync as bring_up_to_date

    settings = load_settings(printer)
    api, request = api_config(settings), complete(settings)
    with database_url(settings) as url:
        prepare_schema(printer, settings, url)
        with watching(printer, log_format) as observer:
            work = preview if dry_run else bring_up_to_date
            report = run(work(request, api=api, database_url=url, clock=now, observer=observer))
    return show_run(printer, report)


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
