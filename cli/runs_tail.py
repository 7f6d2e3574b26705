"""`intercom-etl runs tail`: a line for everything that happens to runs."""

import sys
from typing import TYPE_CHECKING, Any

from cli.output import Printer, clean, has_reader
from cli.run_words import counts_of, painted_status, quarantined_by, rows_of, took

if TYPE_CHECKING:
    from datetime import datetime

    from intercom_etl.run_history import Event, Wanted


def tail_runs(printer: Printer, wanted: "Wanted", *, shown: int, json: bool) -> int:
    """Tells until a signal comes, which is how it is meant to end: with 0."""
    from cli.configuration import load_settings
    from cli.running import Interrupted, run
    from intercom_etl.database import database_url, exists, location
    from intercom_etl.errors import UsageError
    from intercom_etl.exit_codes import ExitCode

    printer.set_mode(as_json=json, as_lines=json, command="runs tail")
    settings = load_settings(printer)
    if not exists(settings):
        raise UsageError(
            f"there are no runs to follow: {location(settings)} is not made yet", "run `intercom-etl sync`"
        )
    try:
        with database_url(settings) as url:
            run(_follow(printer, url, wanted, shown))
    except Interrupted:
        return ExitCode.OK
    return ExitCode.OK


async def _follow(printer: Printer, url: str, wanted: "Wanted", shown: int) -> None:
    from contextlib import aclosing

    from cli.running import now
    from intercom_etl.run_history import follow_runs

    async with aclosing(follow_runs(url, wanted=wanted, shown=shown)) as events:
        async for event in events:
            if isinstance(event, str):
                printer.warn(event, "it is looked for again")
            elif printer.as_json:
                printer.document({"event": event.kind, "at": now(), "run": event.run})
            else:
                printer.data(_line(printer, event, now()))
            if not has_reader(sys.stdout):
                return


def _line(printer: Printer, event: "Event", now: "datetime") -> str:
    found = event.run
    what = f"run {found['id']} {found['command']}"
    match event.kind:
        case "begins":
            return f"{found['started_at']:%Y-%m-%d %H:%M:%S}  {what} begins"
        case "progress":
            return f"{now:%Y-%m-%d %H:%M:%S}  {what}: {counts_of(found['streams'])}"
        case "ends":
            return f"{found['finished_at']:%Y-%m-%d %H:%M:%S}  {what} {_end(printer, found)}"


def _end(printer: Printer, found: dict[str, Any]) -> str:
    from cli.table import counted

    refused = quarantined_by(found)
    parts = [
        counted(rows_of(found), "row"),
        *([f"{refused:,} quarantined"] if refused else []),
        *([f"exit {found['exit_code']}"] if found["exit_code"] else []),
    ]
    error = f": {clean(found['error'])}" if found["error"] else ""
    return f"{painted_status(printer, found['status'])} after {took(found)}, {', '.join(parts)}{error}"
