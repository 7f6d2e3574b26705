"""Where each setting has its value from, and which names are set that nobody reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from intercom_etl.database import location
from intercom_etl.secret_files import SECRETS, SUFFIX, twin_of
from intercom_etl.settings import Settings

OURS = "intercom_"
DOTENV = ".env"
ENDING = 4  # characters of a secret that are shown, to tell one from another
LONG_ENOUGH = 16  # of a shorter secret they would be too much


@dataclass(frozen=True, slots=True)
class Origin:
    """`source` is `environment`, `.env`, `file` or `default`; `path` is the file's.

    `named_in`: where the setting is that names the file of a secret.
    """

    source: str
    path: Path | None = None
    named_in: str | None = None

    def __str__(self) -> str:
        if self.source == "file":
            return f"file {self.path}, named in {self.named_in}"
        return self.source

    @property
    def in_full(self) -> str:
        """With the path of `.env` as well."""
        return f"{self} ({self.path})" if self.source == DOTENV else str(self)


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting, fit to be shown. `value` is what counts, also where nothing is set; None: nothing."""

    name: str
    value: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Stray:
    """A name like one of ours that is set and read by nobody, and the one that may be meant."""

    name: str
    origin: Origin
    nearest: str


def origins() -> dict[str, Origin]:
    """Where each name that is set was found, in small letters; the environment goes before `.env`."""
    dotenv = Origin(DOTENV, Path(DOTENV).absolute())
    found = dict.fromkeys(_given(DotEnvSettingsSource(Settings).env_vars), dotenv)
    for name in _given(EnvSettingsSource(Settings).env_vars):
        found.pop(twin_of(name) or "", None)
        found[name] = Origin("environment")
    return found


def _given(found: Mapping[str, str | None]) -> Iterator[str]:
    return (name for name, value in found.items() if value)


def shown_settings(settings: Settings) -> list[Shown]:
    """Every setting, in the order of `.env.example`; a secret only by its last characters."""
    found = origins()
    return [
        Shown(name.upper(), _value(settings, name), _origin(settings, name, found))
        for name in Settings.model_fields
    ]


def strays() -> list[Stray]:
    """What begins like a setting of ours and is none."""
    return [
        Stray(name.upper(), origin, _nearest(name))
        for name, origin in origins().items()
        if name.startswith(OURS) and name not in Settings.model_fields
    ]


def masked(secret: str) -> str:
    """Asterisks, and the end of what is long enough to lose it."""
    return "****" + (secret[-ENDING:] if len(secret) >= LONG_ENOUGH else "")


def _nearest(name: str) -> str:
    return get_close_matches(name, Settings.model_fields, n=1, cutoff=0)[0].upper()


def _origin(settings: Settings, name: str, found: Mapping[str, Origin]) -> Origin:
    if name in found:
        return found[name]
    if name not in SECRETS or name + SUFFIX not in found:
        return Origin("default")
    path: Path = getattr(settings, name + SUFFIX)
    return Origin("file", path.expanduser().absolute(), f"{name}{SUFFIX}".upper())


def _value(settings: Settings, name: str) -> str | None:
    value = getattr(settings, name)
    if name == "database_url":  # without its password it is no secret, and its end tells nothing
        return location(settings)
    if isinstance(value, SecretStr):
        return masked(value.get_secret_value().strip())
    effective = {"intercom_base_url": settings.base_url, "intercom_etl_home": settings.home}
    value = effective.get(name, value)
    return None if value in (None, "") else str(value)
