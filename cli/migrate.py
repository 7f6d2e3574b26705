"""`intercom-etl migrate`: brings the schema up to date, or tells how far it is."""

from typing import Annotated

import typer

from cli import options
from cli.output import Printer

Status = Annotated[
    bool,
    typer.Option(
        "--status", help="Only tell what is applied and what is pending; exit code 78 when something is."
    ),
]


def migrate(ctx: typer.Context, status: Status = False, json: options.Json = False) -> int:
    """Create or update the schema. Each file is applied in one transaction, and only once."""
    from cli.configuration import load_settings
    from cli.running import run
    from cli.table import counted, moment, table
    from intercom_etl.database import database_url, exists, location
    from intercom_etl.exit_codes import ExitCode
    from intercom_etl.migrate import make_histories, migration_states, pending_states
    from intercom_etl.migrate import migrate as apply

    printer: Printer = ctx.obj
    printer.set_mode(
        as_json=json, afterwards="" if status else "files that were applied are kept; go on with {again}"
    )
    settings = load_settings(printer)
    histories: list[str] = []
    if status and not exists(settings):
        states = pending_states()
    else:
        with database_url(settings) as url:
            states = run(migration_states(url) if status else apply(url))
            histories = [] if status else run(make_histories(url, settings))
    ready = all(state.state == "applied" for state in states)
    code = ExitCode.OK if ready else ExitCode.CONFIGURATION
    if printer.as_json:
        found = [
            {"version": s.version, "name": s.name, "state": s.state, "applied_at": s.applied_at}
            for s in states
        ]
        printer.document({"status": "ok" if ready else "failed", "exit_code": int(code), "migrations": found})
    elif status:
        rows = [(state.name, state.state, moment(state.applied_at)) for state in states]
        for line in table(("migration", "state", "applied at (UTC)"), rows):
            printer.data(line)
    else:
        for state in states:
            printer.data(f"applied {state.name}")
        for name in histories:
            printer.data(f"made intercom.{name}")
        done = f"{counted(len(states), 'migration')} applied" if states else "nothing to do"
        printer.talk(f"schema is up to date: {done} ({location(settings)})")
    return code
