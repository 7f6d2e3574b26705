"""`intercom-etl extract`: from the API into a landing folder, without a database."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from cli import options
from cli.output import Printer

Out = Annotated[Path, typer.Option(metavar="DIR", help="New folder for the pages.")]


def extract(
    ctx: typer.Context,
    out: Out,
    streams: options.Streams = None,
    since: options.Since = None,
    full: options.Full = False,
    limit: options.Limit = None,
    max_requests: options.MaxRequests = None,
    max_runtime: options.MaxRuntime = None,
    quiet: options.Quiet = False,
    json: options.Json = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormat = "text",
) -> int:
    """Fetch raw pages into a folder; needs no database.

    Next: `intercom-etl transform DIR`, then `intercom-etl load DIR`.
    """
    from cli.logs import set_up_logs
    from cli.request import read_request
    from cli.running import now, run

    printer: Printer = ctx.obj
    printer.set_mode(
        as_json=json,
        quiet=quiet,
        command="extract",
        afterwards=f"`{out}` holds what was fetched, and can be loaded; to fetch again, name another folder",
    )
    set_up_logs(printer, verbose=verbose, style=log_format)
    complete = read_request(
        streams,
        since=since,
        full=full,
        limit=limit,
        max_requests=max_requests,
        max_runtime=max_runtime,
        now=now(),
    )

    from cli.configuration import load_settings
    from cli.progress import watching
    from cli.run_report import show_run
    from intercom_etl.api import api_config
    from intercom_etl.stages import extract as fetch

    settings = load_settings(printer)
    api, request = api_config(settings), complete(settings)
    with watching(printer, log_format) as observer:
        report = run(fetch(request, api=api, folder=out, clock=now, observer=observer))
    code = show_run(printer, report, out)
    printer.talk(f"next: `{shlex.join(('intercom-etl', 'transform', str(out)))}`")
    return code
