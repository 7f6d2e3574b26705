"""The doctor's first look: settings and where they come from, `.env`, and the data folder."""

import tempfile
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from shlex import quote

from pydantic import SecretStr
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from intercom_etl.database import is_embedded, location
from intercom_etl.errors import ConfigError, EtlError
from intercom_etl.exit_codes import ExitCode
from intercom_etl.findings import Finding, failed
from intercom_etl.postgres.connection import parse_address
from intercom_etl.privacy_policy import privacy_policy
from intercom_etl.secret_files import SECRETS, SUFFIX, twin_of
from intercom_etl.settings import Settings

OURS = "intercom_"


def examine_settings(settings: Settings) -> Iterator[Finding]:
    """Every setting that is not a default, names that nobody reads, and where data are to go."""
    origins = _origins()
    for name, origin in origins.items():
        if name in Settings.model_fields:
            yield _judge_setting(settings, name, origin)
    if not origins.keys() & Settings.model_fields.keys():
        yield Finding("ok", "setting", "all as they are by default")
    for name, origin in origins.items():
        if name.startswith(OURS) and name not in Settings.model_fields:
            near = get_close_matches(name, Settings.model_fields, n=1, cutoff=0)[0]
            text = f"{name.upper()} ({origin}) is none of this program's"
            yield Finding("warn", "setting", text, f"did you mean `{near.upper()}`?")
    exposed = settings.exposed_files
    for path in exposed:
        mend = f"run `chmod 600 {quote(str(path))}`"
        yield Finding("warn", "secrets", f"`{path}` can be read by other users", mend)
    if not exposed and (kept := _kept_in_files(settings)):
        yield Finding("ok", "secrets", f"{kept} can be read by their user only")
    try:
        if policy := privacy_policy(settings):
            path = settings.intercom_etl_privacy_file
            yield Finding("ok", "privacy", f"policy {policy.fingerprint} of `{path}` is applied")
    except EtlError as error:
        yield failed("privacy", error)
    yield _judge_home(settings)


def _origins() -> dict[str, str]:
    """Where each name that is set was found, in small letters; the environment goes before `.env`."""
    found = _given(DotEnvSettingsSource(Settings).env_vars, ".env")
    for name, origin in _given(EnvSettingsSource(Settings).env_vars, "environment").items():
        found.pop(twin_of(name) or "", None)
        found[name] = origin
    return found


def _given(found: Mapping[str, str | None], origin: str) -> dict[str, str]:
    return {name: origin for name, value in found.items() if value}


def _kept_in_files(settings: Settings) -> str:
    named = [Path(".env"), *(getattr(settings, name + SUFFIX) for name in SECRETS)]
    return ", ".join(f"`{path}`" for path in named if path and path.exists())


def _judge_setting(settings: Settings, name: str, origin: str) -> Finding:
    value = getattr(settings, name)
    shown = "set" if isinstance(value, SecretStr) else str(value)
    if name in ("database_url", "database_url_file") and settings.database_url is not None:
        try:
            parse_address(settings.database_url.get_secret_value())
        except ConfigError as error:
            return failed("setting", error)
        shown = location(settings) if name == "database_url" else f"{value}, which names {location(settings)}"
    return Finding("ok", "setting", f"{name.upper()} = {shown} ({origin})")


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
