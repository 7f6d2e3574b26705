"""`intercom-etl erase`: removes a person from everything that is kept."""

from pathlib import Path
from typing import Annotated

import typer

from cli import options
from cli.completion import no_names
from cli.output import Printer

Contact = Annotated[
    str,
    typer.Argument(metavar="CONTACT_ID", help="Intercom's id of the contact.", autocompletion=no_names),
]
Workspace = Annotated[
    str | None, typer.Option(metavar="ID", help="Which workspace, when several are stored.")
]
Landing = Annotated[
    list[Path] | None, typer.Option(metavar="DIR", help="Landing folder to clear as well; may be repeated.")
]


def erase(
    ctx: typer.Context,
    contact_id: Contact,
    workspace: Workspace = None,
    landing: Landing = None,
    json: options.Json = False,
) -> None:
    """Delete a person everywhere, and count what is deleted.

    In every table, history, landing folder and the quarantine.

    Delete the contact in Intercom first: what is still there comes back with the next sync.
    """
    from cli.configuration import load_settings
    from cli.preparation import prepare_schema
    from cli.running import now, run
    from cli.table import amount, table
    from intercom_etl.database import database_url
    from intercom_etl.erase import erase as remove

    printer: Printer = ctx.obj
    printer.set_mode(as_json=json, command="erase", afterwards="begin again with {again}")
    settings = load_settings(printer)
    with database_url(settings) as url:
        prepare_schema(printer, settings, url)
        work = remove(contact_id, database_url=url, workspace=workspace, folders=landing or (), clock=now)
        done = run(work)
    if printer.as_json:
        printer.document(done.as_json())
        return
    names = sorted(name for name, count in (done.tables.deleted + done.tables.rewritten).items() if count)
    rows = [(name, amount(done.tables.deleted[name]), amount(done.tables.rewritten[name])) for name in names]
    rows += [
        (folder, amount(dropped), amount(rewritten)) for folder, (dropped, rewritten) in done.folders.items()
    ]
    for line in table(("where", "deleted", "rewritten"), rows, right="lrr"):
        printer.data(line)
    deleted, rewritten = done.tables.deleted.total(), done.tables.rewritten.total()
    printer.data(f"erased  run {done.run_id}  {deleted:,} rows deleted  {rewritten:,} rewritten")
