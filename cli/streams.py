"""`intercom-etl streams`: what can be copied."""

import typer

from cli import options
from cli.output import Printer


def streams(ctx: typer.Context, json: options.Json = False) -> None:
    """List the streams, and the tables that they fill."""
    from cli.table import table
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
    rows = [
        (
            entry["name"],
            "changes" if entry["incremental"] else "whole",
            entry["endpoint"],
            entry["permission"],
            " ".join(entry["tables"]),
        )
        for entry in known
    ]
    for line in table(("stream", "reads", "endpoint", "permission", "tables"), rows):
        printer.data(line)
