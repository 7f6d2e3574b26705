"""Secrets in files, as Docker, Kubernetes and systemd hand them over: `<SETTING>_FILE` names the file.

Nothing here ever shows what a file holds.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from intercom_etl.errors import ConfigError

SUFFIX = "_file"
# of the settings that are secret; each has a twin with the suffix that names a file
SECRETS = ("intercom_access_token", "database_url", "intercom_etl_privacy_key", "intercom_etl_ping_url")
# far more than a secret has: a device, or a file named by mistake, is not read to its end
MOST_BYTES = 64 * 1024
LONGEST_FILE_NAME = 40  # of those without a folder; longer ones are rather tokens


def twin_of(name: str) -> str | None:
    """The other name under which the same secret may be given; None for a setting that is no secret."""
    for secret in SECRETS:
        if name in (secret, secret + SUFFIX):
            return secret if name.endswith(SUFFIX) else secret + SUFFIX
    return None


class SecretsInFiles(BaseSettings):
    """Settings of which each secret may be given as a file; of the two the earlier source's one counts."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - a folder of files named by itself
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, environment, `.env`."""
        return (
            init_settings,
            _OneOfTwo(settings_cls, env_settings, "the environment"),
            _OneOfTwo(settings_cls, dotenv_settings, "`.env`"),
        )

    @model_validator(mode="before")
    @classmethod
    def _secrets_are_read(cls, given: dict[str, Any]) -> dict[str, Any]:
        return _read_secrets(given)

    @property
    def exposed_files(self) -> list[Path]:
        """Those of `.env` and the files of secrets that other users of this machine can read."""
        named = [getattr(self, name + SUFFIX) for name in SECRETS]
        paths = [Path(".env"), *(path.expanduser() for path in named if path)]
        return [path.absolute() for path in paths if os.name == "posix" and _is_exposed(path)]


class _OneOfTwo(PydanticBaseSettingsSource):
    """A source that gives a secret or its file, never both."""

    def __init__(
        self, settings_cls: type[BaseSettings], source: PydanticBaseSettingsSource, where: str
    ) -> None:
        super().__init__(settings_cls)
        self._source = source
        self._where = where

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """As the source itself has it."""
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        return _choose_one(self._source(), self._where)


def _choose_one(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """What one source gives, with the other of a pair unset: a later source must not bring it in again.

    Raises ConfigError when the source has both.
    """
    chosen = dict(given)
    for name in SECRETS:
        found = [twin for twin in (name, name + SUFFIX) if given.get(twin) not in (None, "")]
        if len(found) == 2:
            raise ConfigError(
                f"{name.upper()} and {name.upper()}_FILE are both set in {where}",
                "set one of them: the secret itself, or the file that it is in",
            )
        for twin in {name, name + SUFFIX} - set(found) if found else ():
            chosen[twin] = None
    return chosen


def _read_secrets(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with each secret that is in a file read from it. Raises ConfigError naming the file."""
    filled = dict(given)
    for name in SECRETS:
        if path := filled.get(name + SUFFIX):
            filled[name] = _read(f"{name}{SUFFIX}".upper(), os.fspath(path))
    return filled


def _read(setting: str, named: str) -> str:
    if _is_rather_the_secret(named):
        raise ConfigError(
            f"{setting} does not name a file: it looks like the secret itself",
            f"write the secret into a file, and set {setting} to its path",
        )
    path = Path(named)
    try:
        path = path.expanduser().absolute()
        with path.open("rb") as file:
            held = file.read(MOST_BYTES + 1)
    except (OSError, RuntimeError, ValueError) as error:  # a `~` of nobody's, a NUL
        reason = (getattr(error, "strerror", None) or "it is no path").lower()
        raise ConfigError(
            f"cannot read the file of {setting}, `{path}`: {reason}",
            "name a file that this user can read, with the secret in it and nothing else",
        ) from None
    text = _as_text(held)
    if text is None:
        raise ConfigError(
            f"the file of {setting}, `{path}`, is too long or no text",
            "it must hold the secret and nothing else, in UTF-8",
        )
    if not text.strip():
        raise ConfigError(f"the file of {setting}, `{path}`, is empty", "write the secret into it")
    return text


def _as_text(held: bytes) -> str | None:
    if len(held) > MOST_BYTES:
        return None
    try:
        text = held.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text.rstrip("\r\n")


def _is_rather_the_secret(named: str) -> bool:
    """Whoever forgot that a path was asked for must not find the secret in a message."""
    return "://" in named or ("/" not in named and len(named) > LONGEST_FILE_NAME)


def _is_exposed(path: Path) -> bool:
    """As libpq sees it: a file of root's may be readable by its group.

    A file system that is mounted read-only is a container's own, where secrets are readable by all and
    nobody else is there.
    """
    try:
        found = path.stat()
        is_fixed = bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return False
    shared = 0o007 if found.st_uid == 0 != os.geteuid() else 0o077
    return stat.S_ISREG(found.st_mode) and bool(found.st_mode & shared) and not is_fixed
