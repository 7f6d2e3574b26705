"""Which database: the one of DATABASE_URL, or a PostgreSQL of our own in the data folder."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, unquote

from intercom_etl.errors import ConfigError
from intercom_etl.postgres.connection import describe, parse_address
from intercom_etl.postgres.embedded import EmbeddedPostgres
from intercom_etl.settings import Settings


def embedded(settings: Settings) -> EmbeddedPostgres:
    """The server of our own, running or not."""
    return EmbeddedPostgres(settings.home / "postgres", binaries=settings.intercom_etl_postgres_binaries)


def is_embedded(settings: Settings) -> bool:
    """Whether the database is ours to start, to stop and to migrate without being asked."""
    return settings.database_url is None


def exists(settings: Settings) -> bool:
    """Whether there can be data: looking must not make a server of our own where there is none yet.

    Raises ConfigError when the data folder is none, or cannot be entered.
    """
    if settings.database_url is not None:
        return True
    try:
        (settings.home / "postgres").stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ConfigError(
            f"cannot look into the data folder `{settings.home}`: {(error.strerror or str(error)).lower()}",
            "set INTERCOM_ETL_HOME to a folder that you can write to, or set DATABASE_URL",
        ) from error
    return True


def require_server(settings: Settings) -> None:
    """Raises ConfigError when the programs of the embedded server are not to be found."""
    embedded(settings).version()


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """The URL of the database, which for the length of the block is running if it is ours.

    Raises ConfigError when DATABASE_URL cannot be an address, and ConfigError or
    DatabaseUnavailableError when ours cannot be started.
    """
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
        parse_address(url)
        yield url
        return
    with embedded(settings).running() as url:
        yield url


def location(settings: Settings) -> str:
    """Where the data are, for people: never with a password."""
    if settings.database_url is None:
        return f"embedded PostgreSQL in {settings.home / 'postgres'}"
    return describe(settings.database_url.get_secret_value())


def secrets_of(settings: Settings) -> set[str]:
    """Every form in which a secret of the settings could turn up in a text."""
    found: set[str] = set()
    if settings.intercom_access_token is not None:
        found.add(settings.intercom_access_token.get_secret_value().strip())
    if settings.intercom_etl_privacy_key is not None:
        found.add(settings.intercom_etl_privacy_key.get_secret_value())
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
        found |= {url, *_passwords(url)}
    return found - {""}


def _passwords(url: str) -> set[str]:
    """What libpq takes for the password; of an address that is none, all that could be one."""
    try:
        given = {str(parse_address(url).get("password") or "")}
        given |= {match[1] for match in re.finditer(r"://[^:/@]*:([^@]*)@", url)}
    except ConfigError:
        _, _, credentials = url.partition("://")
        _, _, after_user = credentials.partition(":")
        given = {after_user, *re.split(r"[@/:#?\s]+", after_user)}
        given |= {match[1] for match in re.finditer(r"password\s*=\s*'?([^\s']+)", url)}
    return {form for password in given for form in (password, quote(password, safe=""), unquote(password))}
