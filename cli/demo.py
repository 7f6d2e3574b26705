"""`intercom-etl demo`: the whole program on a simulated workspace; nothing of the user's is touched."""

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.output import Printer

if TYPE_CHECKING:
    from intercom_etl.demo import SimulatedWorkspace
    from intercom_etl.report import RunReport
    from intercom_etl.settings import Settings

Conversations = Annotated[
    int, typer.Option(min=1, max=100_000, metavar="N", help="Conversations in the workspace.")
]
Contacts = Annotated[int, typer.Option(min=1, max=1_000_000, metavar="N", help="Contacts in the workspace.")]
Seed = Annotated[
    int, typer.Option(min=0, max=99_999, metavar="N", help="Another seed gives another workspace.")
]


def demo(
    ctx: typer.Context,
    conversations: Conversations = 300,
    contacts: Contacts = 400,
    seed: Seed = 1,
) -> int:
    """Try it all on a simulated workspace.

    Needs no account and no database: yours are left alone.
    """
    from cli.configuration import load_settings
    from cli.logs import set_up_logs
    from cli.running import run
    from intercom_etl.database import database_url, require_server
    from intercom_etl.demo import ask, demo_settings, empty, require_simulator, simulated_workspace
    from intercom_etl.simulator.size import Size

    printer: Printer = ctx.obj
    printer.set_mode(command="demo", afterwards="begin again with {again}")
    set_up_logs(printer, verbose=False, style="text")
    settings = load_settings(printer)
    require_simulator()
    require_server(settings)
    printer.talk("starting a simulated workspace and an embedded PostgreSQL")
    size = Size(contacts=contacts, conversations=conversations)
    with simulated_workspace(seed, size) as workspace:
        ours = demo_settings(settings, workspace.url)
        with database_url(ours) as url:
            run(empty(url))
            _show_step(printer, "1. Everything: `intercom-etl sync`")
            report = _sync(printer, ours, url)
            _show_step(printer, "2. Ask the tables")
            for answer in run(ask(url)):
                _show_rows(printer, answer.title, answer.rows)
            _show_step(printer, "3. Only what changed: `intercom-etl sync` again")
            again = _sync_again(printer, workspace, ours, url)
    _show_end(printer, report, again)
    return max(report.exit_code, again.exit_code)


def _sync(printer: Printer, settings: "Settings", url: str) -> "RunReport":
    from cli.preparation import prepare_schema
    from cli.progress import watching
    from cli.run_report import show_run
    from cli.running import now, run
    from intercom_etl.api import api_config
    from intercom_etl.request import SyncRequest
    from intercom_etl.streams import usual_streams
    from intercom_etl.sync import sync

    prepare_schema(printer, settings, url)
    request = SyncRequest(usual_streams((), ()), settings.lookback)
    with watching(printer) as observer:
        report = run(sync(request, api=api_config(settings), database_url=url, clock=now, observer=observer))
    show_run(printer, report)
    return report


def _sync_again(
    printer: Printer, workspace: "SimulatedWorkspace", settings: "Settings", url: str
) -> "RunReport":
    for event in workspace.live_a_little():
        printer.data(f"  meanwhile: {event}")
    return _sync(printer, settings, url)


def _show_step(printer: Printer, title: str) -> None:
    printer.data()
    printer.data(printer.paint(title, "bold"))


def _show_rows(printer: Printer, title: str, rows: list[dict[str, Any]]) -> None:
    from cli.table import table

    printer.data()
    printer.data(f"  {printer.paint(title, 'cyan')}")
    if not rows:
        printer.data("    (none)")
        return
    head = [name.replace("_", " ") for name in rows[0]]
    right = "".join("l" if isinstance(value, str | None) else "r" for value in rows[0].values())
    cells = [[_shown(value) for value in row.values()] for row in rows]
    for line in table(head, cells, right=right, printer=printer):
        printer.data(f"    {line}")


def _shown(value: object) -> str:
    from datetime import timedelta

    from cli.table import duration

    match value:
        case None:
            return "-"
        case timedelta():
            return duration(value.total_seconds())
        case int():
            return f"{value:,}"
        case _:
            return str(value)


def _show_end(printer: Printer, first: "RunReport", second: "RunReport") -> None:
    printer.data()
    printer.data(
        f"{first.requests:,} requests the first time, {second.requests:,} the second: only changes are read."
    )
    printer.data()
    program = _program()
    printer.data(f"Look inside:      {program} db psql --demo")
    printer.data(f"Your workspace:   export INTERCOM_ACCESS_TOKEN=...   then   {program} sync")


def _program() -> str:
    """What to type to run this program again: `make demo` runs one that is not on the PATH."""
    if shutil.which("intercom-etl"):
        return "intercom-etl"
    typed = Path(sys.argv[0])
    if typed.name != "intercom-etl":
        return "python -m cli"
    folder = Path.cwd()
    return str(typed.relative_to(folder) if typed.is_relative_to(folder) else typed)
