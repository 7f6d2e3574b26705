"""`intercom-etl runs`: what ran, when, and what came of it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import options
from cli.output import Colour, Printer
from cli.plain_help import PlainCommand
from intercom_etl.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

runs = typer.Typer(help="List runs, or show one of them.", rich_markup_mode=None)

Failed = Annotated[bool, typer.Option("--failed", help="Only runs that did not end well.")]
Limit = Annotated[int, typer.Option(min=1, metavar="N", help="How many, newest first.")]

# columns of a run's streams: their heads, and what they are called in its row
COPIED = {"read": "read", "new": "inserted", "changed": "updated", "quarantined": "quarantined"}
CHECKED = {"stored": "stored", **{kind: kind for kind in ("missing", "extra", "stale", "altered", "parts")}}

_COLOURS: dict[str, Colour] = {"ok": "green", "partial": "yellow", "running": "cyan"}


def painted_status(printer: Printer, status: str) -> str:
    """The status in its colour."""
    return printer.paint(status, _COLOURS.get(status, "red"))


@runs.callback(invoke_without_command=True)
def _root(ctx: typer.Context, failed: Failed = False, limit: Limit = 20, json: options.Json = False) -> None:
    """List runs, or show one of them."""
    if ctx.invoked_subcommand is None:
        _list(ctx.obj, failed=failed, limit=limit, json=json)
    elif given := _given_options(ctx):
        raise UsageError(
            f"`{given[0]}` stands before `{ctx.invoked_subcommand}`",
            f"options go behind it: see `intercom-etl runs {ctx.invoked_subcommand} --help`",
        )


def _given_options(ctx: typer.Context) -> list[str]:
    """The options of the group itself, where they would go unheard."""
    sources = {name: ctx.get_parameter_source(name) for name in ctx.params}
    return [f"--{name}" for name, source in sources.items() if source and source.name == "COMMANDLINE"]


@runs.command(name="list", cls=PlainCommand)
def list_runs(
    ctx: typer.Context, failed: Failed = False, limit: Limit = 20, json: options.Json = False
) -> None:
    """List the newest runs."""
    _list(ctx.obj, failed=failed, limit=limit, json=json)


@runs.command(cls=PlainCommand)
def show(
    ctx: typer.Context, run_id: Annotated[int, typer.Argument(metavar="ID")], json: options.Json = False
) -> None:
    """Show one run: what was asked for, and what became of each stream."""
    from cli.configuration import load_settings
    from cli.running import run
    from intercom_etl.database import database_url, exists
    from intercom_etl.status import no_run, read_run

    printer: Printer = ctx.obj
    printer.set_mode(as_json=json)
    settings = load_settings(printer)
    if not exists(settings):
        raise no_run(run_id)
    with database_url(settings) as url:
        found = run(read_run(url, run_id))
    if printer.as_json:
        printer.document(found)
    else:
        _show(printer, found)


def _list(printer: Printer, *, failed: bool, limit: int, json: bool) -> None:
    from cli.configuration import load_settings
    from cli.running import run
    from cli.table import moment, table
    from cli.terminal import terminal_width
    from intercom_etl.database import database_url, exists
    from intercom_etl.status import read_runs

    printer.set_mode(as_json=json)
    settings = load_settings(printer)
    found: list[dict[str, Any]] = []
    if exists(settings):
        with database_url(settings) as url:
            found = run(read_runs(url, limit=limit, only_failed=failed))
    if printer.as_json:
        printer.document(found)
        return
    if not found:
        printer.talk("no runs yet" if not failed else "no runs that failed")
        return
    rows = [
        (
            str(row["id"]),
            moment(row["started_at"]),
            _took(row),
            row["command"],
            f"{_rows(row):,}",
            f"{_quarantined(row):,}",
            "-" if row["exit_code"] is None else str(row["exit_code"]),
            row["status"],
            row["error"] or "",
        )
        for row in found
    ]
    head = ("id", "started (UTC)", "took", "command", "rows", "quar", "exit", "status", "error")
    for line in table(
        head,
        rows,
        right="rlrlrrr",
        width=terminal_width(),
        paint_head=lambda text: printer.paint(text, "dim"),
    ):
        printer.data(line)


def _show(printer: Printer, found: dict[str, Any]) -> None:
    from cli.output import clean
    from cli.table import moment, table
    from cli.terminal import folded, terminal_width

    facts = {
        "run": f"{found['id']} {found['command']}",
        "status": f"{painted_status(printer, found['status'])}"
        + (f" (exit {found['exit_code']})" if found["exit_code"] is not None else ""),
        "workspace": clean(found["workspace_id"] or "-"),
        "started": f"{moment(found['started_at'])} UTC",
        "took": _took(found),
        "asked": " ".join(f"{name}={_asked(value)}" for name, value in found["asked"].items() if value),
        "requests": "-" if found["requests"] is None else f"{found['requests']:,}",
        "by": f"intercom-etl {found['program_version']}, pid {found['pid']} on {found['host']}",
    }
    if found["error"]:
        facts["error"] = clean(found["error"])
    columns = terminal_width()
    for name, value in facts.items():
        first, *others = folded(value, columns and columns - 11)
        printer.data(f"{name:<10} {first}")
        for line in others:
            printer.data(f"{'':<10} {line}")
    heads = CHECKED if found["command"] == "verify" else COPIED
    rows = [
        (name, each["status"], *(f"{each[key] or 0:,}" for key in heads.values()), _remark(each))
        for name, each in sorted(found["streams"].items())
    ]
    if rows:
        printer.data()
        head = ("stream", "status", *heads, "remark")
        for line in table(
            head,
            rows,
            right="ll" + "r" * len(heads),
            width=terminal_width(),
            wrap=True,
            paint_head=lambda text: printer.paint(text, "dim"),
        ):
            printer.data(line)


def _remark(stream: dict[str, Any]) -> str:
    error = stream.get("error")
    return error["message"] if error else stream.get("note") or ""


def _asked(value: Any) -> str:
    return (
        ", ".join(map(str, value))
        if isinstance(value, list)
        else str(value).lower()
        if value is True
        else str(value)
    )


def _took(row: dict[str, Any]) -> str:
    from cli.table import duration

    ended: datetime | None = row["finished_at"]
    return "-" if ended is None else duration((ended - row["started_at"]).total_seconds())


def _rows(row: dict[str, Any]) -> int:
    return sum(sum(stream.get("rows", {}).values()) for stream in row["streams"].values())


def _quarantined(row: dict[str, Any]) -> int:
    return sum(stream.get("quarantined", 0) for stream in row["streams"].values())
