"""`intercom-etl runs`: what ran, when, and what came of it."""

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import options
from cli.completion import no_names
from cli.output import Printer
from cli.plain_help import PlainCommand
from cli.run_words import painted_status, stream_status, took
from cli.runs_tail import tail_runs
from intercom_etl.errors import UsageError

if TYPE_CHECKING:
    from intercom_etl.run_history import Trend, Wanted

runs = typer.Typer(help="List runs, show one of them, or follow them.", rich_markup_mode=None)

Failed = Annotated[bool, typer.Option("--failed", help="Only runs that did not end well.")]
Limit = Annotated[int, typer.Option(min=1, metavar="N", help="How many, newest first.")]
Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Only runs that began since: `2026-01-02T03:04:05Z`, `7d`, `12h`."),
]
Command = Annotated[
    str | None, typer.Option("--command", metavar="NAME", help="Only runs of this command, like `sync`.")
]
Workspace = Annotated[str | None, typer.Option(metavar="ID", help="Only runs that worked on this workspace.")]
Before = Annotated[int, typer.Option("--limit", min=0, metavar="N", help="How many earlier runs to show.")]

LABEL = 11  # columns, of what stands in front of a fact
# columns of a run's streams: their heads, and what they are called in its row
COPIED = {"read": "read", "new": "inserted", "changed": "updated", "quarantined": "quarantined"}
CHECKED = {"stored": "stored", **{kind: kind for kind in ("missing", "extra", "stale", "altered", "parts")}}


@runs.callback(invoke_without_command=True)
def _root(
    ctx: typer.Context,
    failed: Failed = False,
    since: Since = None,
    command: Command = None,
    workspace: Workspace = None,
    limit: Limit = 20,
    json: options.Json = False,
) -> None:
    """List runs, show one of them, or follow them."""
    if ctx.invoked_subcommand is None:
        _list(ctx.obj, _wanted(since, command, workspace), failed=failed, limit=limit, json=json)
    elif given := _given_options(ctx):
        raise UsageError(
            f"`{given[0]}` stands before `{ctx.invoked_subcommand}`",
            f"options go behind it: see `intercom-etl runs {ctx.invoked_subcommand} --help`",
        )


def _given_options(ctx: typer.Context) -> list[str]:
    """The options of the group itself, where they would go unheard."""
    sources = {name: ctx.get_parameter_source(name) for name in ctx.params}
    return [f"--{name}" for name, source in sources.items() if source and source.name == "COMMANDLINE"]


def _wanted(since: str | None, command: str | None, workspace: str | None) -> "Wanted":
    """Raises UsageError for a time that is none and for a command that leaves no runs."""
    from cli.running import now
    from intercom_etl.run_history import COMMANDS, Wanted

    if command is not None and command not in COMMANDS:
        near = get_close_matches(command, COMMANDS, n=1)
        guess = f"did you mean `{near[0]}`? " if near else ""
        raise UsageError(
            f"--command is `{command}`: no such command has runs", f"{guess}it takes {', '.join(COMMANDS)}"
        )
    return Wanted(options.parse_since(since, now()), command, workspace)


@runs.command(name="list", cls=PlainCommand)
def list_runs(
    ctx: typer.Context,
    failed: Failed = False,
    since: Since = None,
    command: Command = None,
    workspace: Workspace = None,
    limit: Limit = 20,
    json: options.Json = False,
) -> None:
    """List the newest runs, and draw how many rows each command wrote in its last 30.

    The bars go with the logarithm of the rows; a cross is a run that did not come to its end.
    """
    _list(ctx.obj, _wanted(since, command, workspace), failed=failed, limit=limit, json=json)


@runs.command(cls=PlainCommand)
def tail(
    ctx: typer.Context,
    command: Command = None,
    workspace: Workspace = None,
    limit: Before = 5,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> int:
    """Follow the runs: what begins, how far it is, how it ends. Until Ctrl-C."""
    return tail_runs(ctx.obj, _wanted(None, command, workspace), shown=limit, json=json)


@runs.command(cls=PlainCommand)
def show(
    ctx: typer.Context,
    run_id: Annotated[int, typer.Argument(metavar="ID", autocompletion=no_names)],
    json: options.Json = False,
) -> None:
    """Show one run: what was asked for, and what became of each stream."""
    from cli.configuration import load_settings
    from cli.running import run
    from intercom_etl.database import database_url, exists
    from intercom_etl.run_history import no_run, read_run

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


def _list(printer: Printer, wanted: "Wanted", *, failed: bool, limit: int, json: bool) -> None:
    from cli.configuration import load_settings
    from cli.running import run
    from cli.runs_screens import show_list, show_trends
    from intercom_etl.database import database_url, exists
    from intercom_etl.run_history import read_runs, read_trends

    printer.set_mode(as_json=json)
    settings = load_settings(printer)
    found: list[dict[str, Any]] = []
    trends: list[Trend] = []
    if exists(settings):
        with database_url(settings) as url:
            found = run(read_runs(url, limit=limit, only_failed=failed, wanted=wanted))
            trends = [] if json or not found else run(read_trends(url, wanted))
    if printer.as_json:
        printer.document(found)
        return
    if not found:
        is_filtered = failed or wanted != type(wanted)()
        printer.talk("no such runs" if is_filtered else "no runs yet")
        return
    show_list(printer, found)
    show_trends(printer, trends)


def _show(printer: Printer, found: dict[str, Any]) -> None:
    from cli.output import clean
    from cli.table import moment
    from cli.terminal import labelled

    facts = {
        "run": f"{found['id']} {found['command']}",
        "status": f"{painted_status(printer, found['status'])}"
        + (f" (exit {found['exit_code']})" if found["exit_code"] is not None else ""),
        "workspace": clean(found["workspace_id"] or "-"),
        "started": f"{moment(found['started_at'])} UTC",
        "took": took(found),
        "asked": " ".join(f"{name}={_asked(value)}" for name, value in found["asked"].items() if value),
        "requests": "-" if found["requests"] is None else f"{found['requests']:,}",
        "by": f"intercom-etl {found['program_version']}, pid {found['pid']} on {found['host']}",
    }
    if found["error"]:
        facts["error"] = clean(found["error"])
    lines = [line for name, value in facts.items() for line in labelled(name, value, LABEL)]
    for line in [*lines, *_stream_table(printer, found)]:
        printer.data(line)


def _stream_table(printer: Printer, found: dict[str, Any]) -> list[str]:
    """A line a stream, without columns that say nothing of any: they would cost the remarks their room."""
    from cli.table import table
    from cli.terminal import terminal_width

    streams = sorted(found["streams"].items())
    if not streams:
        return []
    first, *others = (CHECKED if found["command"] == "verify" else COPIED).items()
    heads = dict([first, *((head, key) for head, key in others if any(each[key] for _, each in streams))])
    remarks = [_remark(each) for _, each in streams]
    rows = [
        (name, stream_status(found, each), *(f"{each[key] or 0:,}" for key in heads.values()), remark)
        for (name, each), remark in zip(streams, remarks, strict=True)
    ]
    columns = len(heads) + (3 if any(remarks) else 2)
    lines = table(
        ("stream", "status", *heads, "remark")[:columns],
        [row[:columns] for row in rows],
        right="ll" + "r" * len(heads),
        width=terminal_width(),
        wrap=True,
        printer=printer,
    )
    return ["", *lines]


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
