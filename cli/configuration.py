"""Loads the settings for a command and makes the secrets among them known to the printer."""

from typing import TYPE_CHECKING

from cli.output import Printer

if TYPE_CHECKING:
    from intercom_etl.settings import Settings


def load_settings(printer: Printer, *, warn: bool = True) -> "Settings":
    """Environment, `.env` and the files of secrets. Raises ConfigError naming the setting.

    Whoever lets others read a secret is warned, and whoever sets what there is not, unless with --quiet
    (cron would send a mail an hour) or without `warn`: the doctor tells all.
    """
    from shlex import quote

    from intercom_etl.database import secrets_of
    from intercom_etl.setting_origins import strays
    from intercom_etl.settings import Settings

    settings = Settings.load()
    printer.keep_secret(secrets_of(settings))
    if warn:
        for path in settings.exposed_files:
            mend = f"chmod 600 {quote(str(path))}"
            printer.warn(f"other users of this machine can read `{path}`: run `{mend}`")
        for stray in strays():
            printer.warn(f"{stray.name} ({stray.origin}) is no setting: did you mean `{stray.nearest}`?")
    printer.crash_folder = settings.home / "tracebacks"
    return settings
