"""Loads the settings for a command and makes the secrets among them known to the printer."""

from typing import TYPE_CHECKING

from cli.output import Printer

if TYPE_CHECKING:
    from intercom_etl.settings import Settings


def load_settings(printer: Printer) -> "Settings":
    """Environment and `.env`. Raises ConfigError naming the setting."""
    from intercom_etl.database import secrets_of
    from intercom_etl.settings import Settings

    settings = Settings.load()
    printer.keep_secret(secrets_of(settings))
    printer.crash_folder = settings.home / "tracebacks"
    return settings
