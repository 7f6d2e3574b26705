"""`intercom-etl quarantine`: records that could not become rows: why, and what to do with them."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli import options
from cli.completion import no_names, stream_names
from cli.output import Printer
from cli.plain_help import PlainCommand
from intercom_etl.errors import UsageError

if TYPE_CHECKING:
    from intercom_etl.quarantine import Choice

quarantine = typer.Typer(
    help="Records that could not become rows: look, try again, give up.",
    rich_markup_mode=None,
)

Stream = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Only of this stream and its tables, or of this table.",
        autocompletion=stream_names,
    ),
]
Run = Annotated[int | None, typer.Option(metavar="ID", help="Only those that this run saw or closed.")]
Workspace = Annotated[str | None, typer.Option(metavar="ID", help="Only of this workspace.")]
Pending = Annotated[
    bool,
    typer.Option("--pending", help="Only those that the API kept failing for: the next sync asks again."),
]
Closed = Annotated[bool, typer.Option("--all", help="Also those that are closed, and how they were.")]
Limit = Annotated[int, typer.Option(min=1, metavar="N", help="How many, newest first.")]
Entry = Annotated[int, typer.Argument(metavar="ID", autocompletion=no_names)]
Entries = Annotated[list[int] | None, typer.Argument(metavar="ID", autocompletion=no_names)]


@quarantine.callback(invoke_without_command=True)
def _root(ctx: typer.Context) -> None:
    """Records that could not become rows: look at them, try them again, or give them up."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


@quarantine.command(name="list", cls=PlainCommand)
def list_entries(
    ctx: typer.Context,
    stream: Stream = None,
    run: Run = None,
    pending: Pending = False,
    closed: Closed = False,
    workspace: Workspace = None,
    limit: Limit = 20,
    json: options.Json = False,
) -> None:
    """List what waits there, the newest first, and say how many there are."""
    from cli.configuration import load_settings
    from cli.quarantine_screens import show_list
    from cli.running import now
    from cli.running import run as finish
    from intercom_etl.database import database_url, exists
    from intercom_etl.quarantine import Found, Look, refuse_unknown
    from intercom_etl.quarantine import list_entries as find

    printer: Printer = ctx.obj
    printer.set_mode(as_json=json)
    settings = load_settings(printer)
    look = Look(stream, run, workspace, pending, closed, limit)
    if exists(settings):
        with database_url(settings) as url:
            found = finish(find(url, look))
    else:
        refuse_unknown(stream)
        found = Found([], 0, 0, 0)
    if printer.as_json:
        printer.document(found.as_json())
    else:
        show_list(printer, look, found, now())


@quarantine.command(cls=PlainCommand)
def show(
    ctx: typer.Context,
    entry_id: Entry,
    raw: Annotated[
        bool,
        typer.Option("--raw", help="Print the text that is kept and nothing else; as it is, into a pipe."),
    ] = False,
    json: options.Json = False,
) -> None:
    """Show one entry: why it is there, since when, and what to do next."""
    from cli.configuration import load_settings
    from cli.quarantine_screens import print_raw, show_entry
    from cli.running import run
    from intercom_etl.database import database_url, exists
    from intercom_etl.quarantine import no_entry, read_entry

    printer: Printer = ctx.obj
    printer.set_mode(as_json=json)
    if raw and json:
        raise UsageError("`--raw` and `--json` exclude each other", "`--json` has the text as `raw`")
    settings = load_settings(printer)
    if not exists(settings):
        raise no_entry(entry_id)
    with database_url(settings) as url:
        found = run(read_entry(url, entry_id))
    if raw:
        print_raw(printer, found["raw"])
    elif printer.as_json:
        printer.document(found)
    else:
        show_entry(printer, found)


@quarantine.command(cls=PlainCommand)
def retry(
    ctx: typer.Context,
    entry_ids: Entries = None,
    stream: Stream = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
    workspace: Workspace = None,
    json: options.Json = False,
) -> int:
    """Try to make rows of them again, with this version of the program and without the API.

    What is stored is as old as it was when it was read: nothing newer is overwritten. Ends with 3 when an
    entry stays.
    """
    from cli.configuration import load_settings
    from cli.preparation import prepare_schema
    from cli.quarantine_screens import show_retries
    from cli.running import now, run
    from intercom_etl.database import database_url, exists
    from intercom_etl.privacy_policy import privacy_policy
    from intercom_etl.quarantine import refuse_unknown
    from intercom_etl.quarantine_retry import Retries
    from intercom_etl.quarantine_retry import retry as try_again
    from intercom_etl.streams import history_streams

    printer: Printer = ctx.obj
    printer.set_mode(
        as_json=json,
        command="quarantine retry",
        afterwards="what was stored is closed; {again} goes on with the others",
    )
    choice = _choice(entry_ids, stream, workspace, everything=everything or stream is not None, verb="retry")
    settings = load_settings(printer)
    policy, history = privacy_policy(settings), history_streams(settings.history)
    if exists(settings):
        with database_url(settings) as url:
            prepare_schema(printer, settings, url)
            work = try_again(choice, database_url=url, clock=now, policy=policy, history=history)
            done = run(work)
    else:
        refuse_unknown(choice.stream, choice.ids)
        done = Retries()
    if printer.as_json:
        printer.document(done.as_json())
    else:
        show_retries(printer, done)
    return done.exit_code


@quarantine.command(cls=PlainCommand)
def drop(
    ctx: typer.Context,
    entry_ids: Entries = None,
    stream: Stream = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
    workspace: Workspace = None,
    json: options.Json = False,
) -> None:
    """Give them up: close them without storing anything.

    An entry comes back only with another text or for another reason. It stays on record: `list --all`.
    """
    from cli.configuration import load_settings
    from cli.preparation import prepare_schema
    from cli.quarantine_screens import show_dropped
    from cli.running import now, run
    from intercom_etl.database import database_url, exists
    from intercom_etl.quarantine import Dropped, refuse_unknown
    from intercom_etl.quarantine import drop as give_up

    printer: Printer = ctx.obj
    printer.set_mode(as_json=json, command="quarantine drop", afterwards="nothing was dropped, or all")
    choice = _choice(entry_ids, stream, workspace, everything=everything, verb="drop")
    settings = load_settings(printer)
    if exists(settings):
        with database_url(settings) as url:
            prepare_schema(printer, settings, url)
            done = run(give_up(choice, database_url=url, clock=now))
    else:
        refuse_unknown(choice.stream, choice.ids)
        done = Dropped(None, [])
    if printer.as_json:
        printer.document(done.as_json())
    else:
        show_dropped(printer, done)


def _choice(
    ids: list[int] | None, stream: str | None, workspace: str | None, *, everything: bool, verb: str
) -> "Choice":
    from intercom_etl.quarantine import Choice

    if not ids and not everything:
        mend = f"say `intercom-etl quarantine {verb} ID`, or `--all`"
        raise UsageError(
            f"nothing says which entries to {verb}", f"{mend}; `--stream NAME --all` for a stream"
        )
    if ids and (everything or stream is not None):
        raise UsageError(
            "ids say which entries are meant, and `--all` or `--stream` say it too", "leave one of them out"
        )
    return Choice(tuple(dict.fromkeys(ids or ())), stream, workspace)
