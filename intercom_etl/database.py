"""Which database: the one of DATABASE_URL, or a PostgreSQL of our own in the data folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from intercom_etl.postgres.connection import describe
from intercom_etl.postgres.embedded import EmbeddedPostgres
from intercom_etl.settings import Settings


def embedded(settings: Settings) -> EmbeddedPostgres:
    """The server of our own, running or not."""
    return EmbeddedPostgres(settings.home / "postgres", binaries=settings.intercom_etl_postgres_binaries)


def is_embedded(settings: Settings) -> bool:
    """Whether the database is ours to start, to stop and to migrate without being asked."""
    return settings.database_url is None


def exists(settings: Settings) -> bool:
    """Whether there can be data: looking must not make a server of our own where there is none yet."""
    return settings.database_url is not None or (settings.home / "postgres").is_dir()


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """The URL of the database, which for the length of the block is running if it is ours.

    Raises ConfigError or DatabaseUnavailableError when ours cannot be started.
    """
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
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
    try:
        given = urlsplit(url).password
    except ValueError:
        given = None
    found = {given, unquote(given)} if given else set()
    # the other form of address: `host=... password=...`
    for word in url.replace("?", " ").replace("&", " ").split():
        name, _, value = word.partition("=")
        if name == "password":
            found |= {value.strip("'\""), unquote(value)}
    return found
