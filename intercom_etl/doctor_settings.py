"""The doctor's first look: settings and where they come from, `.env`, and the data folder."""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shlex import quote
from shutil import disk_usage

from intercom_etl.database import is_embedded, location
from intercom_etl.errors import ConfigError, EtlError
from intercom_etl.exit_codes import ExitCode
from intercom_etl.findings import Finding, failed
from intercom_etl.postgres.connection import parse_address
from intercom_etl.privacy.policy import KEEPS_ALL
from intercom_etl.privacy_policy import privacy_policy
from intercom_etl.secret_files import SECRETS, SUFFIX
from intercom_etl.setting_origins import Shown, shown_settings, strays
from intercom_etl.settings import Settings

WARN_BELOW, FAIL_BELOW = 1_000_000_000, 100_000_000  # bytes free


def examine_settings(settings: Settings) -> Iterator[Finding]:
    """Every setting that is not a default, names that nobody reads, and where data are to go."""
    # of a secret in a file, the setting that names the file is told
    shown = [each for each in shown_settings(settings) if each.origin.source not in ("default", "file")]
    for each in shown:
        yield _judge_setting(settings, each)
    if not shown:
        yield Finding("ok", "setting", "all as they are by default")
    for stray in strays():
        text = f"{stray.name} ({stray.origin}) is none of this program's"
        yield Finding("warn", "setting", text, f"did you mean `{stray.nearest}`?")
    exposed = settings.exposed_files
    for path in exposed:
        mend = f"run `chmod 600 {quote(str(path))}`"
        yield Finding("warn", "secrets", f"`{path}` can be read by other users", mend)
    if not exposed and (kept := _kept_in_files(settings)):
        yield Finding("ok", "secrets", f"{kept} can be read by the owner only")
    try:
        if policy := privacy_policy(settings):
            path = settings.intercom_etl_privacy_file
            applied = f"policy {policy.fingerprint} of `{path}` is applied"
            is_kept = policy.fingerprint == KEEPS_ALL
            yield Finding("ok", "privacy", "everything is kept, as is said" if is_kept else applied)
    except EtlError as error:
        yield failed("privacy", error)
    yield _judge_home(settings)
    yield from _judge_disk(settings)


def _kept_in_files(settings: Settings) -> str:
    named = [Path(".env"), *(getattr(settings, name + SUFFIX) for name in SECRETS)]
    return ", ".join(f"`{path}`" for path in named if path and path.exists())


def _judge_setting(settings: Settings, shown: Shown) -> Finding:
    text = f"{shown.name} = {shown.value}"
    if shown.name.startswith("DATABASE_URL") and settings.database_url is not None:
        try:
            parse_address(settings.database_url.get_secret_value())
        except ConfigError as error:
            return failed("setting", error)
        text += f", which names {location(settings)}" if shown.name == "DATABASE_URL_FILE" else ""
    return Finding("ok", "setting", f"{text} ({shown.origin})")


def _judge_home(settings: Settings) -> Finding:
    home = there = settings.home
    try:
        there = next(folder for folder in (home, *home.parents) if folder.exists())
        # asked by doing it: for root, permissions say yes even where the file system says no
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Finding(
            "FAIL" if is_embedded(settings) else "warn",
            "data folder",
            f"cannot write to `{there}`: {(error.strerror or str(error)).lower()}",
            "set INTERCOM_ETL_HOME to a folder that you can write to",
            ExitCode.CONFIGURATION,
        )
    return Finding("ok", "data folder", str(home) if there == home else f"{home} (not made yet)")


def _judge_disk(settings: Settings) -> Iterator[Finding]:
    """Room where traces and, with the embedded server, all data go; nothing of a folder that is not there."""
    with suppress(OSError):
        there = next(folder for folder in (settings.home, *settings.home.parents) if folder.exists())
        yield judge_space(disk_usage(there).free, holds_data=is_embedded(settings))


def judge_space(free: int, *, holds_data: bool) -> Finding:
    """Whether the room that is left in the data folder will do."""
    text = f"{free / 1e9:,.1f} GB free in the data folder" + (", where the database is" if holds_data else "")
    if not holds_data or free >= WARN_BELOW:
        return Finding("ok", "disk", text)
    level = "FAIL" if free < FAIL_BELOW else "warn"
    return Finding(
        level, "disk", text, "make room, or set INTERCOM_ETL_HOME to a folder with more", ExitCode.TRY_AGAIN
    )
