"""`intercom-etl transform`: validates a landing folder, without network or database."""

import shlex

import typer

from cli import options
from cli.output import Printer


def transform(
    ctx: typer.Context,
    folder: options.Folder,
    quiet: options.Quiet = False,
    json: options.Json = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormat = "text",
) -> int:
    """Turn the pages in a folder into rows; works offline."""
    from cli.configuration import load_settings
    from cli.logs import set_up_logs
    from cli.progress import watching
    from cli.run_report import show_run
    from cli.running import now
    from intercom_etl.privacy_policy import require_treated
    from intercom_etl.stages import transform as validate

    printer: Printer = ctx.obj
    printer.set_mode(as_json=json, quiet=quiet, command="transform", afterwards="begin again with {again}")
    set_up_logs(printer, verbose=verbose, style=log_format)
    require_treated(folder, load_settings(printer))
    with watching(printer, log_format) as observer:
        report = validate(folder, clock=now, observer=observer)
    code = show_run(printer, report, folder)
    printer.talk(f"next: `{shlex.join(('intercom-etl', 'load', str(folder)))}`")
    return code
