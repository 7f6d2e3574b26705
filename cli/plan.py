"""`intercom-etl plan`: what `sync` would do, and what that costs."""

from typing import TYPE_CHECKING

import typer

from cli import options
from cli.output import Printer

if TYPE_CHECKING:
    from intercom_etl.plan import Plan, StreamPlan


def plan(
    ctx: typer.Context,
    streams: options.Streams = None,
    since: options.Since = None,
    full: options.Full = False,
    sweep: options.Sweep = False,
    json: options.Json = False,
    verbose: options.Verbose = False,
    log_format: options.LogFormat = "text",
) -> None:
    """Show what `sync` with these arguments would read.

    Writes nothing, and takes one request, and one more for each search. Numbers are about right: what
    changes meanwhile changes them.
    """
    from cli.logs import set_up_logs
    from cli.request import read_request
    from cli.running import now, run

    printer: Printer = ctx.obj
    printer.set_mode(as_json=json, command="plan", afterwards="nothing was written")
    set_up_logs(printer, verbose=verbose, style=log_format)
    complete = read_request(streams, since=since, full=full, sweep=sweep, limit=None, now=now())

    from cli.configuration import load_settings
    from intercom_etl.api import api_config
    from intercom_etl.database import database_url, exists
    from intercom_etl.plan import plan as make

    settings = load_settings(printer)
    api, request = api_config(settings), complete(settings)
    if exists(settings):
        with database_url(settings) as url:
            found = run(make(request, api=api, database_url=url))
    else:
        found = run(make(request, api=api, database_url=None))
    if printer.as_json:
        printer.document(found.as_json())
    else:
        _show(printer, found)


def _show(printer: Printer, found: "Plan") -> None:
    from cli.output import clean
    from cli.table import counted, duration, table
    from cli.terminal import terminal_width

    printer.talk(f"workspace {clean(found.workspace)}")
    head = ("stream", "from (UTC)", "records", "requests", "reads")
    rows = [_cells(each) for each in found.streams]
    for line in table(
        head,
        rows,
        right="llrr",
        width=terminal_width(),
        wrap=True,
        printer=printer,
    ):
        printer.data(line)
    took = f"{duration(60 * found.minutes)} at {found.per_minute:,} a minute"
    pending = sum(each.pending for each in found.streams)
    again = f"; {pending:,} of them for records that could not be read before" if pending else ""
    printer.data()
    printer.data(f"about {counted(found.requests, 'request')}, {took}{again}")
    for each in found.streams:
        if each.error is not None:
            printer.warn(f"{each.stream}: {each.error['message']}", each.error["hint"])


def _cells(each: "StreamPlan") -> tuple[str, ...]:
    from cli.table import moment

    def number(value: int | None) -> str:
        return "?" if value is None else f"{value:,}"

    return (
        each.stream,
        moment(each.since) if each.since else "",
        number(each.records),
        number(each.requests),
        each.how,
    )
