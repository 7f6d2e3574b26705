"""`intercom-etl db`: the database for other programs, foremost the embedded one."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cli.output import Printer
from cli.plain_help import PlainCommand

if TYPE_CHECKING:
    from intercom_etl.settings import Settings

db = typer.Typer(help="psql, the URL, SQL for roles; stop the embedded server.", rich_markup_mode=None)

Demo = Annotated[bool, typer.Option("--demo", help="The database of `intercom-etl demo`.")]
Force = Annotated[
    bool, typer.Option("--force", help="Also when commands use it; what they have not committed is lost.")
]
Arguments = Annotated[list[str] | None, typer.Argument(metavar="-- ARGUMENT", help="Passed on to psql.")]


@db.callback(invoke_without_command=True)
def _root(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


@db.command(cls=PlainCommand)
def psql(ctx: typer.Context, arguments: Arguments = None, demo: Demo = False) -> int:
    """Open psql on the database.

    What follows `--` goes to psql: intercom-etl db psql -- -c "select 1"
    """
    from intercom_etl.database import database_url
    from intercom_etl.psql import run_psql

    settings = _settings(ctx.obj, demo=demo)
    with database_url(settings) as url:
        return run_psql(settings, url, arguments or [])


@db.command(cls=PlainCommand)
def url(ctx: typer.Context, demo: Demo = False) -> None:
    """Print the URL, for other programs. It holds the password, if there is one.

    For example: psql "$(intercom-etl db url)". The embedded server is started, and stays up while
    somebody is connected and ten minutes after.
    """
    from cli.running import run
    from intercom_etl.database import database_url, is_embedded
    from intercom_etl.psql import has_keeper, start_keeper

    printer: Printer = ctx.obj
    settings = _settings(printer, demo=demo)
    with database_url(settings) as address:
        printer.data(address)
        if is_embedded(settings) and not run(has_keeper(address)):
            start_keeper([sys.executable, "-m", "cli", "db", "keep", *(["--demo"] if demo else [])])


@db.command(cls=PlainCommand)
def roles(ctx: typer.Context) -> None:
    """Print the SQL that makes roles: one that only loads, and two that only read.

    It is for the owner of the tables: intercom-etl db roles | psql "$OWNER_URL"
    """
    from intercom_etl.roles import roles_sql

    printer: Printer = ctx.obj
    for line in roles_sql().splitlines():
        printer.data(line)


@db.command(cls=PlainCommand, hidden=True)
def keep(ctx: typer.Context, demo: Demo = False) -> None:
    """Hold the embedded server up; `url` starts this in the background."""
    from cli.running import run
    from intercom_etl.database import database_url
    from intercom_etl.psql import keep as hold

    printer: Printer = ctx.obj
    with database_url(_settings(printer, demo=demo)) as address:
        run(hold(address, ready=lambda: printer.data(address)))


@db.command(cls=PlainCommand)
def stop(ctx: typer.Context, demo: Demo = False, force: Force = False) -> None:
    """Stop the embedded server. It starts again by itself with the next command."""
    from intercom_etl.psql import stop_embedded

    printer: Printer = ctx.obj
    stopped = stop_embedded(_settings(printer, demo=demo), force=force)
    printer.talk("stopped" if stopped else "it does not run")


def _settings(printer: Printer, *, demo: bool) -> "Settings":
    from cli.configuration import load_settings
    from intercom_etl.database import exists
    from intercom_etl.demo import demo_settings
    from intercom_etl.errors import UsageError

    settings = load_settings(printer)
    if not demo:
        return settings
    settings = demo_settings(settings)
    if not exists(settings):
        raise UsageError("there are no demo data yet", "run `intercom-etl demo`")
    return settings
