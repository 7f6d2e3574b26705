"""`intercom-etl streams`: what can be copied."""

import typer

from cli import options
from cli.output import Printer


def streams(ctx: typer.Context, json: options.Json = False) -> None:
    """List the streams, and the tables that they fill."""
    from cli.table import GAP, table
    from cli.terminal import folded, terminal_width
    from intercom_etl.streams import all_streams

    printer: Printer = ctx.obj
    printer.set_mode(as_json=json)
    known = [
        {
            "name": stream.name,
            "title": stream.title,
            "endpoint": type(stream.endpoint).__name__.lower(),
            "path": stream.endpoint.path,
            "detail": stream.detail,
            "incremental": stream.replication_key is not None,
            "replication_key": stream.replication_key,
            "permission": stream.permission,
            "tables": list(stream.tables),
        }
        for stream in all_streams().values()
    ]
    if printer.as_json:
        printer.document(known)
        return
    head = ("stream", "reads", "endpoint", "permission")
    rows = [
        (
            entry["name"],
            "changes" if entry["incremental"] else "all",
            entry["endpoint"],
            entry["permission"],
        )
        for entry in known
    ]
    first, *lines = table(head, rows, paint_head=lambda text: printer.paint(text, "dim"))
    indent = max(len(entry["name"]) for entry in known) + len(GAP)
    columns = terminal_width()
    printer.data(first)
    for line, entry in zip(lines, known, strict=True):
        printer.data(line)
        for tables in folded(f"tables: {' '.join(entry['tables'])}", columns and columns - indent):
            printer.data(" " * indent + printer.paint(tables, "dim"))
