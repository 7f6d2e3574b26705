"""What the commands that write do first: make or update the schema of our own server."""

from typing import TYPE_CHECKING

from cli.output import Printer
from cli.running import run
from cli.table import counted
from intercom_etl.database import is_embedded
from intercom_etl.migrate import make_histories, migrate

if TYPE_CHECKING:
    from intercom_etl.settings import Settings


def prepare_schema(printer: Printer, settings: "Settings", url: str) -> None:
    """Migrates a server of our own. The user's is left to `migrate`, and refused when outdated."""
    if not is_embedded(settings):
        return
    if applied := run(migrate(url)):
        printer.talk(f"schema is up to date: {counted(len(applied), 'migration')} applied")
    run(make_histories(url, settings))
