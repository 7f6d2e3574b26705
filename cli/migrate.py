"""`intercom-etl migrate`: brings the schema up to date, or tells how far it is."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import options
from cli.output import Printer

if TYPE_CHECKING:
    from intercom_etl.migrate import MigrationState, SchemaChanges

Status = Annotated[
    bool,
    typer.Option(
        "--status", help="Only tell what is applied and what is pending; exit code 78 when something is."
    ),
]


def migrate(ctx: typer.Context, status: Status = False, json: options.Json = False) -> int:
    """Create or update the schema. Each file is applied in one transaction, and only once.

    Views are made again when they changed; what you built on them stays.
    """
    from cli.configuration import load_settings
    from cli.running import run
    from intercom_etl.database import database_url, exists, location
    from intercom_etl.exit_codes import ExitCode
    from intercom_etl.migrate import make_histories, migration_states, pending_states
    from intercom_etl.migrate import migrate as apply

    printer: Printer = ctx.obj
    printer.set_mode(
        as_json=json, afterwards="" if status else "files that were applied are kept; go on with {again}"
    )
    settings = load_settings(printer)
    if not status:
        with database_url(settings) as url:
            changes = run(apply(url))
            _tell(printer, changes, run(make_histories(url, settings)), location(settings))
        return ExitCode.OK
    if exists(settings):
        with database_url(settings) as url:
            states = run(migration_states(url))
    else:
        states = pending_states()
    ready = all(state.state == "applied" for state in states)
    code = ExitCode.OK if ready else ExitCode.CONFIGURATION
    if printer.as_json:
        _document(printer, states, code)
    else:
        _list(printer, states)
    return code


def _tell(printer: Printer, changes: "SchemaChanges", histories: list[str], where: str) -> None:
    from cli.table import counted

    if printer.as_json:
        _document(printer, changes.migrations, 0, views=[
            {"name": view.name, "state": view.state, "reason": view.reason} for view in changes.views
        ])  # fmt: skip
    for state in changes.migrations:
        printer.data(f"applied {state.name}")
    for name in histories:
        printer.data(f"made intercom.{name}")
    warn_of_views(printer, changes)
    made = [view.name for view in changes.views if view.state == "made"]
    done = [counted(len(changes.migrations), "migration") + " applied"] if changes.migrations else []
    done += [counted(len(made), "view") + " made"] if made else []
    printer.talk(f"schema is up to date: {', '.join(done) or 'nothing to do'} ({where})")


def warn_of_views(printer: Printer, changes: "SchemaChanges") -> None:
    """Views that could not be changed: the copy works without, but somebody should look."""
    for view in changes.views:
        if view.state == "kept":
            printer.warn(f"view `analytics.{view.name}` stays as it was", view.reason)


def _document(printer: Printer, states: "list[MigrationState]", code: int, **more: Any) -> None:
    found = [
        {"version": s.version, "name": s.name, "state": s.state, "applied_at": s.applied_at} for s in states
    ]
    status = "failed" if code else "ok"
    printer.document({"status": status, "exit_code": int(code), "migrations": found, **more})


def _list(printer: Printer, states: "list[MigrationState]") -> None:
    from cli.table import moment, table

    rows = [(state.name, state.state, moment(state.applied_at)) for state in states]
    for line in table(("migration", "state", "applied at (UTC)"), rows):
        printer.data(line)
