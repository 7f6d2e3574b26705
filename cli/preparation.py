"""What the commands that work on streams do first: read the request, make the schema of our own server."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from cli import options
from cli.output import Printer
from cli.running import run
from cli.table import counted
from intercom_etl.database import is_embedded
from intercom_etl.errors import UsageError
from intercom_etl.migrate import migrate
from intercom_etl.sync import SyncRequest

if TYPE_CHECKING:
    from intercom_etl.settings import Settings


def read_request(
    streams: list[str] | None, *, since: str | None, full: bool, limit: int | None, now: datetime
) -> Callable[["Settings"], SyncRequest]:
    """Checks what was asked for, before anything else is looked at; the settings complete it.

    Raises UsageError for what does not exist or does not fit.
    """
    if full and since is not None:
        raise UsageError("--full and --since contradict each other", "give one of them")
    chosen, moment = options.choose_streams(streams), options.parse_since(since, now)

    def complete(settings: "Settings") -> SyncRequest:
        return SyncRequest(chosen, settings.lookback, since=moment, full=full, limit=limit)

    return complete


def prepare_schema(printer: Printer, settings: "Settings", url: str) -> None:
    """Migrates a server of our own. The user's is left to `migrate`, and refused when outdated."""
    if is_embedded(settings) and (applied := run(migrate(url))):
        printer.talk(f"schema is up to date: {counted(len(applied), 'migration')} applied")
