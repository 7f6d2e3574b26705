"""`intercom-etl config`: what is set, and where."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import options
from cli.output import Printer
from cli.plain_help import PlainCommand

if TYPE_CHECKING:
    from intercom_etl.setting_origins import Shown, Stray

config = typer.Typer(help="Show the settings.", rich_markup_mode=None)

NEEDED = 16  # columns for the gaps and the beginning of an origin

WithOrigin = Annotated[
    bool, typer.Option("--origin", help="Tell where each comes from: environment, .env, a file, default.")
]


@config.callback(invoke_without_command=True)
def _root(ctx: typer.Context) -> None:
    """Show the settings."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


@config.command(cls=PlainCommand)
def show(ctx: typer.Context, origin: WithOrigin = False, json: options.Json = False) -> None:
    """Show every setting with the value that counts; of secrets only the last characters.

    The environment goes before `.env`, and that before the defaults. Names like ours that nobody reads are
    pointed out.
    """
    from cli.configuration import load_settings
    from intercom_etl.setting_origins import shown_settings, strays

    printer: Printer = ctx.obj
    printer.set_mode(as_json=json, command="config show")
    settings = load_settings(printer)
    found = shown_settings(settings)
    if printer.as_json:
        printer.document(
            {"settings": [_described(each) for each in found], "unknown": [_stray(each) for each in strays()]}
        )
    elif origin:
        _show_origins(printer, found)
    else:
        _show(printer, found)


def _described(shown: "Shown") -> dict[str, Any]:
    origin = shown.origin
    return {
        "name": shown.name,
        "value": shown.value,
        "origin": origin.source,
        "path": origin.path,
        "named_in": origin.named_in,
    }


def _stray(stray: "Stray") -> dict[str, Any]:
    return {
        "name": stray.name,
        "origin": stray.origin.source,
        "path": stray.origin.path,
        "nearest": stray.nearest,
    }


def _show(printer: Printer, found: "list[Shown]") -> None:
    from cli.table import table
    from cli.terminal import terminal_width

    rows = [(each.name, each.value or "-") for each in found]
    for line in table(("setting", "value"), rows, width=terminal_width(), wrap=True, printer=printer):
        printer.data(line)


def _show_origins(printer: Printer, found: "list[Shown]") -> None:
    """On a narrow terminal the origin stands behind the value."""
    from cli.table import table
    from cli.terminal import terminal_width

    rows = [(each.name, each.value or "-", each.origin.in_full) for each in found]
    columns = terminal_width()
    widest = max(len(name) for name, _, _ in rows) + max(len(value) for _, value, _ in rows) + NEEDED
    head: tuple[str, ...] = ("setting", "value", "from")
    cells: list[tuple[str, ...]] = [*rows]
    if columns is not None and widest > columns:
        head, cells = (
            ("setting", "value (from)"),
            [(name, f"{value} ({where})") for name, value, where in rows],
        )
    for line in table(head, cells, width=columns, wrap=True, printer=printer):
        printer.data(line)
