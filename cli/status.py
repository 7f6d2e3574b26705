"""`intercom-etl status`: how fresh the copy is, and whether anything needs a look."""

from typing import TYPE_CHECKING, Any

import typer

from cli import options
from cli.output import Printer

if TYPE_CHECKING:
    from datetime import datetime

    from intercom_etl.status import Status, StreamStatus, WorkspaceStatus


UNKNOWN_SHOWN = 10  # `--json` has them all


def status(ctx: typer.Context, json: options.Json = False) -> None:
    """Show how much there is, and how fresh it is."""
    from cli.configuration import load_settings
    from cli.running import now, run
    from intercom_etl.database import database_url, exists, is_embedded, location
    from intercom_etl.status import read_status

    printer: Printer = ctx.obj
    printer.set_mode(as_json=json)
    settings = load_settings(printer)
    if not exists(settings):
        _show_location(printer, f"{location(settings)} (not made yet)")
        printer.talk("next: `intercom-etl sync`, or `intercom-etl demo` to look around without an account")
        if printer.as_json:
            printer.document({"database": location(settings), "schema": None, "workspaces": []})
        return
    with database_url(settings) as url:
        found = run(read_status(url))
    if printer.as_json:
        printer.document({"database": location(settings), **found.as_json()})
        return
    for workspace in found.workspaces:
        _show_workspace(printer, workspace, now())
    _show_location(printer, location(settings))
    _show_schema(printer, found, is_embedded=is_embedded(settings))
    _show_last_run(printer, found.last_run, now())


def _show_location(printer: Printer, text: str) -> None:
    from cli.terminal import folded, terminal_width

    first, *others = folded(f"database  {text}", terminal_width(), break_words=False)
    for line in (first, *(" " * 10 + other for other in others)):
        printer.data(line)


def _show_workspace(printer: Printer, workspace: "WorkspaceStatus", now: "datetime") -> None:
    from cli.table import age, counted, moment, table
    from cli.terminal import terminal_width

    rows = [
        (
            each.stream,
            _rows(each),
            moment(each.bookmark) if each.bookmark else "read whole" if each.completed_at else "-",
            age(each.completed_at, now),
            f"{each.quarantined:,}",
            _state(each),
        )
        for each in workspace.streams
        if each.completed_at or each.bookmark or each.resume_from or each.rows or each.quarantined
    ]
    printer.data(f"workspace {printer.paint(workspace.workspace, 'bold')}")
    printer.data()
    head = ("stream", "rows", "bookmark (UTC)", "age", "quarantined", "state")
    for line in table(
        head,
        rows,
        right="lrlrr",
        width=terminal_width(),
        wrap=True,
        paint_head=lambda text: printer.paint(text, "dim"),
    ):
        printer.data(line)
    printer.data()
    if refused := sum(each.quarantined for each in workspace.streams):
        printer.data(f"refused   {counted(refused, 'record')} in quarantine: `intercom-etl quarantine list`")
    if workspace.holder:
        held = workspace.holder
        printer.data(
            f"working   run {held['run_id']} (pid {held['pid']} on {held['host']}), "
            f"for {age(held['acquired_at'], now)}"
        )
    _show_unknown(printer, workspace)


def _show_unknown(printer: Printer, workspace: "WorkspaceStatus") -> None:
    from cli.output import clean

    unknown = workspace.unknown_fields
    if not unknown:
        return
    shown = ", ".join(
        f"{each.stream}.{clean(each.field)} ({each.records:,})" for each in unknown[:UNKNOWN_SHOWN]
    )
    more = f", and {len(unknown) - UNKNOWN_SHOWN} more" if len(unknown) > UNKNOWN_SHOWN else ""
    printer.data(f"unknown   API fields, in how many records: {shown}{more}")
    printer.talk("hint: their values are kept in `raw`; a newer intercom-etl may have columns for them")


def _rows(stream: "StreamStatus") -> str:
    if stream.rows is None:
        return "?"
    return f"~{stream.rows:,}" if stream.estimated else f"{stream.rows:,}"


def _state(stream: "StreamStatus") -> str:
    if stream.resume_from is not None:
        return "unfinished, goes on with the next sync"
    return "complete" if stream.completed_at else "never read to its end"


def _show_schema(printer: Printer, found: "Status", *, is_embedded: bool) -> None:
    for trouble in found.trouble:
        printer.data(f"schema    {printer.paint('does not fit', 'red')}: {trouble.message}")
        printer.talk(f"next: {trouble.hint}")
    if found.trouble:
        return
    if found.pending:
        first = f"{len(found.pending)} migration(s) pending, first {found.pending[0]}"
        printer.data(f"schema    {printer.paint('outdated', 'red')}: {first}")
        printer.talk(
            "next: `intercom-etl sync` applies them" if is_embedded else "next: `intercom-etl migrate`"
        )
    else:
        printer.data(f"schema    current ({found.schema})")


def _show_last_run(printer: Printer, run: "dict[str, Any] | None", now: "datetime") -> None:
    from cli.output import clean
    from cli.runs import painted_status
    from cli.table import age

    if run is None:
        printer.data("last run  none")
        return
    error = f": {clean(run['error'])}" if run["error"] else ""
    printer.data(
        f"last run  {run['id']} {run['command']}, {painted_status(printer, run['status'])} "
        f"{age(run['started_at'], now)} ago{error}"
    )
