"""`intercom-etl streams`: what can be copied, and what it costs."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import options
from cli.output import Printer

if TYPE_CHECKING:
    from intercom_etl.stream import Stream

Cost = Annotated[
    bool, typer.Option("--cost", help="Tell what each stream costs in requests, by what is stored now.")
]


def streams(ctx: typer.Context, cost: Cost = False, json: options.Json = False) -> None:
    """List the streams, and the tables that they fill.

    Those marked as costly are copied when they are named, or when INTERCOM_ETL_STREAMS has `+name`.
    """
    from intercom_etl.streams import all_streams

    printer: Printer = ctx.obj
    printer.set_mode(as_json=json)
    stored = _stored_rows(printer) if cost else {}
    known = [_describe(stream, stored) for stream in all_streams().values()]
    if printer.as_json:
        printer.document(known)
    elif cost:
        _show_costs(printer, known)
    else:
        _show(printer, known)


def _describe(stream: "Stream", stored: dict[str, int]) -> dict[str, Any]:
    from intercom_etl.costs import describe_cost, requests_for_all

    return {
        "name": stream.name,
        "title": stream.title,
        "endpoint": type(stream.endpoint).__name__.lower(),
        "path": stream.endpoint.path,
        "detail": stream.detail,
        "incremental": stream.replication_key is not None or stream.follows_parents,
        "replication_key": stream.replication_key,
        "permission": stream.permission,
        "tables": list(stream.tables),
        "costly": stream.optional,
        "cost": describe_cost(stream),
        "requests_for_all": requests_for_all(stream, stored),
    }


def _stored_rows(printer: Printer) -> dict[str, int]:
    from cli.configuration import load_settings
    from cli.running import run
    from intercom_etl.costs import stored_rows
    from intercom_etl.database import database_url, exists

    settings = load_settings(printer)
    if not exists(settings):
        return {}
    with database_url(settings) as url:
        return run(stored_rows(url))


def _show_costs(printer: Printer, known: list[dict[str, Any]]) -> None:
    from cli.table import amount, table
    from cli.terminal import terminal_width

    rows = [
        (
            entry["name"],
            "if asked" if entry["costly"] else "always",
            "" if entry["requests_for_all"] is None else amount(entry["requests_for_all"]),
            entry["cost"],
        )
        for entry in known
    ]
    head = ("stream", "copied", "all of it", "requests of a run")
    for line in table(
        head,
        rows,
        right="llrl",
        width=terminal_width(),
        wrap=True,
        printer=printer,
    ):
        printer.data(line)
    usual = sum(entry["requests_for_all"] or 0 for entry in known if not entry["costly"])
    if usual:
        printer.data(
            f"all that is always copied: {usual:,} requests, {usual / 10_000:,.1f} minutes at 10,000 a minute"
        )


def _show(printer: Printer, known: list[dict[str, Any]]) -> None:
    from cli.table import GAP, table
    from cli.terminal import folded, terminal_width

    head = ("stream", "reads", "endpoint", "permission")
    rows = [
        (
            entry["name"] + (" *" if entry["costly"] else ""),
            "changes" if entry["incremental"] else "all",
            entry["endpoint"],
            entry["permission"],
        )
        for entry in known
    ]
    first, *lines = table(head, rows, printer=printer)
    indent = max(len(row[0]) for row in rows) + len(GAP)
    columns = terminal_width()
    printer.data(first)
    for line, entry in zip(lines, known, strict=True):
        printer.data(line)
        for tables in folded(f"tables: {' '.join(entry['tables'])}", columns and columns - indent):
            printer.data(" " * indent + printer.paint(tables, "dim"))
    if any(entry["costly"] for entry in known):
        printer.data()
        printer.data("* costs much time or many requests: copied if asked for; see --cost")
