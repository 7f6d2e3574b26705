"""`intercom-etl load`: from a landing folder into the database, without the API."""

import typer

from cli import options
from cli.output import Printer


def load(
    ctx: typer.Context,
    folder: options.Folder,
    allow_mass_delete: options.AllowMassDelete = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormat = "text",
) -> int:
    """Write the rows of a folder into PostgreSQL.

    Can be repeated, and needs no network.
    """
    from cli.configuration import load_settings
    from cli.logs import set_up_logs
    from cli.preparation import prepare_schema
    from cli.progress import watching
    from cli.run_report import show_run
    from cli.running import now, run
    from intercom_etl.database import database_url
    from intercom_etl.privacy_policy import require_treated
    from intercom_etl.request import DELETE_SHARE
    from intercom_etl.stages import load as write
    from intercom_etl.streams import history_streams

    printer: Printer = ctx.obj
    printer.set_mode(
        as_json=json,
        quiet=quiet,
        command="load",
        afterwards="everything committed is kept; {again} writes the rest",
    )
    set_up_logs(printer, verbose=verbose, style=log_format)
    settings = load_settings(printer)
    require_treated(folder, settings)
    with database_url(settings) as url:
        prepare_schema(printer, settings, url)
        with watching(printer, log_format) as observer:
            work = write(
                folder,
                database_url=url,
                clock=now,
                observer=observer,
                delete_share=1.0 if allow_mass_delete else DELETE_SHARE,
                history=history_streams(settings.history),
            )
            report = run(work)
    return show_run(printer, report)
