"""Registers the commands; the only place where an error becomes an exit code.

Only typer is loaded here and at the top of the command modules: `--help` must answer at once.
"""

import shlex
import sys
from importlib.metadata import version
from typing import Annotated

import typer
from typer.main import get_command

from cli.backfill import backfill
from cli.completion import answer_shells, completion
from cli.config import config
from cli.db import db
from cli.demo import demo
from cli.doctor import doctor
from cli.erase import erase
from cli.extract import extract
from cli.load import load
from cli.migrate import migrate
from cli.output import Printer, no_room, prepare_streams
from cli.plain_help import PlainCommand, WatchingCommand
from cli.plan import plan
from cli.quarantine import quarantine
from cli.runs import runs
from cli.simulate import simulate
from cli.status import status
from cli.streams import streams
from cli.sync import sync
from cli.transform import transform
from cli.usage import usage_error
from cli.verify import verify
from intercom_etl.errors import EtlError, UsageError, is_full
from intercom_etl.exit_codes import ExitCode, exit_code_of

app = typer.Typer(
    name="intercom-etl",
    help="Copies an Intercom workspace into PostgreSQL.",
    epilog="Try it without an account: intercom-etl demo",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)

for command in (
    sync,
    demo,
    status,
    plan,
    verify,
    backfill,
    streams,
    doctor,
    migrate,
    extract,
    transform,
    load,
    erase,
    simulate,
    completion,
):
    app.command(cls=WatchingCommand if command is status else PlainCommand)(command)
app.add_typer(runs, name="runs")
app.add_typer(quarantine, name="quarantine")
app.add_typer(db, name="db")
app.add_typer(config, name="config")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"intercom-etl {version('intercom-etl')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    ctx: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def main() -> None:
    """Runs the command line of this process and ends it with a code of `ExitCode`."""
    prepare_streams()
    sys.exit(execute(sys.argv[1:]))


def execute(arguments: list[str]) -> int:
    """Runs one command line and returns its exit code; whatever goes wrong is one line on stderr."""
    from cli.running import Interrupted, heed_signals

    as_json = any(word == "--json" or word.startswith("--json=") for word in arguments)
    printer = Printer(as_json=as_json)
    heed_signals()
    try:
        return _execute(arguments, printer)
    except Interrupted as signal:
        printer.interrupted(f"intercom-etl {shlex.join(arguments)}", signal.exit_code)
        return signal.exit_code


def _execute(arguments: list[str], printer: Printer) -> int:
    from cli.running import end_on_signals

    command = get_command(app)
    try:
        answer_shells()
        result = command.main(arguments, prog_name="intercom-etl", standalone_mode=False, obj=printer)
        return result if isinstance(result, int) else ExitCode.OK
    except typer.TyperException as error:
        printer.fail(usage_error(error, command, arguments), ExitCode.USAGE)
        return ExitCode.USAGE
    except EtlError as error:
        code = exit_code_of(error)
        printer.fail(error, code)
        return code
    except Exception as bug:  # noqa: BLE001 - the one place where a bug becomes one line
        if is_full(bug):
            full = no_room(bug)
            code = ExitCode.USAGE if isinstance(full, UsageError) else ExitCode.TRY_AGAIN
            printer.fail(full, code)
            return code
        from cli.bug import save_traceback

        printer.fail(save_traceback(printer, bug), ExitCode.BUG)
        return ExitCode.BUG
    finally:
        end_on_signals()  # nothing is left that could be ended in order
