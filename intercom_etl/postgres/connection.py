"""One way to reach PostgreSQL, and the seam where psycopg's errors become ours.

Messages never carry row contents: PostgreSQL's DETAIL quotes whole rows ("Failing row contains
(jane@example.com)"), so only the primary message, SQLSTATE and constraint are passed on.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from intercom_etl.errors import (
    ConfigError,
    ConnectionLostError,
    DatabaseError,
    DatabaseUnavailableError,
    SchemaError,
)
from intercom_etl.postgres.sql_files import query
from intercom_etl.postgres.watched import LockedOutError, WatchedConnection

Params = Mapping[str, Any] | Sequence[Any] | None

# What passes without anybody's help: connection trouble, shutdown, full disk or memory, locks.
# 25P03 and 25P04: a process that was stopped within a transaction finds its session ended.
_AWAY = ("53", "57", "58", "55P03", "25P03", "25P04")
# Of what passes, what a new connection is free of: shutdown and restart, deadlocks.
_BROKEN = ("08", "40", "57P01", "57P02", "57P03")
_FULL_UP = ("too many clients", "too many connections", "remaining connection slots")
# Seconds, milliseconds for the last: after a minute the kernel gives up a network that is gone.
_KEEPALIVES = {
    "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000,
}  # fmt: skip
_QUOTED = re.compile(r'".*"', re.DOTALL)
_SCHEMES = ("postgresql://", "postgres://")
_ADDRESS = (
    "write it like `postgresql://user:password@host:5432/database`; "
    "percent-encode @ / : # and spaces in the password"
)
_SCHEMA = ("42P01", "42703", "3F000", "42883")


class Database:
    """A connection in autocommit mode. Not safe for concurrent use: one task, one Database."""

    def __init__(self, connection: AsyncConnection[dict[str, Any]]) -> None:
        self.connection = connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection[dict[str, Any]]]:
        """All or nothing. Errors of psycopg leave as DatabaseError; everything then is undone."""
        with mapped_errors():
            async with self.connection.transaction():
                yield self.connection

    async def rows(self, name: str, params: Params = None) -> list[dict[str, Any]]:
        """All rows of `sql/queries/<name>.sql`, committed at once."""
        with mapped_errors():
            return await fetch_rows(self.connection, name, params)

    async def row(self, name: str, params: Params = None) -> dict[str, Any] | None:
        """The first row of `sql/queries/<name>.sql`, None when there is none."""
        found = await self.rows(name, params)
        return found[0] if found else None


async def fetch_rows(
    tx: AsyncConnection[dict[str, Any]], name: str, params: Params = None
) -> list[dict[str, Any]]:
    """All rows of `sql/queries/<name>.sql` inside a transaction that the caller holds."""
    cursor = await tx.execute(query(name), params)
    return await cursor.fetchall() if cursor.description else []


@asynccontextmanager
async def open_database(
    url: str, *, name: str = "intercom-etl", connect_timeout: int = 10
) -> AsyncIterator[Database]:
    """A connection to `url`, closed at the end; `name` is what others see of it on the server.

    Times travel in UTC. Large values are compressed with lz4 where the server has it: pglz, the
    default, halves the speed of a load. No statement waits for ever, be it for a lock or for a server
    that is gone; what the address, the role or the database say about time-outs goes before ours.
    """
    settings = {"connect_timeout": connect_timeout, **_KEEPALIVES, **parse_address(url)}
    settings["application_name"] = name
    with mapped_errors(where=describe(url)):
        connection = await WatchedConnection.connect_watched(make_conninfo("", **settings))
    try:
        with mapped_errors():
            await connection.execute(query("prepare_session"))
        yield Database(connection)
    finally:
        await connection.close()


def parse_address(url: str) -> dict[str, Any]:
    """The parts of an address by libpq's names. Raises ConfigError that shows nothing of it.

    A password with an unescaped `@`, `/` or `:` ends up in what libpq takes for host, port or database,
    and from there in its messages: such an address is refused before anybody can quote it.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        # psycopg quotes the whole text, password included
        raise ConfigError("DATABASE_URL is not a PostgreSQL address", _ADDRESS) from None
    is_url = url.strip().startswith(_SCHEMES)
    if is_url and any("@" in str(parts.get(name) or "") for name in ("host", "port", "dbname")):
        raise ConfigError("DATABASE_URL has an `@` where host, port or database should be", _ADDRESS)
    if not all(_is_port(port) for port in str(parts.get("port") or "").split(",") if port):
        raise ConfigError("the port in DATABASE_URL is not a number from 1 to 65535", _ADDRESS)
    return parts


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65_535


def describe(url: str) -> str:
    """`host:port/database` of an address, never its user's password."""
    try:
        parts = parse_address(url)
    except ConfigError:
        return "the database"
    host = str(parts.get("host") or "localhost")
    port = "" if host.startswith("/") else f":{parts.get('port') or 5432}"
    return f"{host}{port}/{parts.get('dbname') or parts.get('user') or ''}"


@contextmanager
def mapped_errors(where: str | None = None) -> Iterator[None]:
    """Turns psycopg's errors into DatabaseError and its children. `where` marks a first connection."""
    try:
        yield
    except psycopg.Error as error:
        raise map_error(error, where) from error


def map_error(error: psycopg.Error, where: str | None = None) -> DatabaseError:
    """Decides by SQLSTATE whether waiting helps. A broken connection has no SQLSTATE."""
    state = error.sqlstate
    text = _one_line(error)
    if where is not None and isinstance(error, psycopg.OperationalError):
        return _cannot_connect(text, state, where)
    if state is None and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return ConnectionLostError(
            f"the connection to PostgreSQL was lost: {text}", "run the command again; nothing is lost"
        )
    if state == "25006":
        return SchemaError(
            "PostgreSQL is read-only here",
            "DATABASE_URL names a standby: name the primary; "
            "on a primary, look at `default_transaction_read_only` of server, database and user",
            sqlstate=state,
        )
    if isinstance(error, LockedOutError):
        return DatabaseUnavailableError(
            f"PostgreSQL gave us no lock in time: {error.blocker} is in front",
            f"let it end, or end it (`select pg_terminate_backend({error.blocker.pid})`); "
            "then run the command again",
            sqlstate=state,
        )
    if state == "53100":
        return DatabaseUnavailableError(
            f"PostgreSQL's disk is full: {text}",
            "make room, then run the command again; what was committed is kept",
            sqlstate=state,
        )
    if state == "42501":
        return SchemaError(
            f"PostgreSQL refused: {text}",
            "use a login that has the right: the owner of the tables for `migrate`, for the rest a member of"
            " etl_loader (`intercom-etl db roles`)",
            sqlstate=state,
        )
    if state and state.startswith(_BROKEN):
        return ConnectionLostError(f"PostgreSQL broke off: {text}", "try again later", sqlstate=state)
    if state and state.startswith(_AWAY):
        return DatabaseUnavailableError(f"PostgreSQL cannot go on: {text}", "try again later", sqlstate=state)
    if state in _SCHEMA:
        return SchemaError(
            f"the schema is not as expected: {text}", "run `intercom-etl migrate`", sqlstate=state
        )
    return DatabaseError(f"PostgreSQL refused: {text} (SQLSTATE {state})", sqlstate=state)


def _cannot_connect(text: str, state: str | None, where: str) -> DatabaseError:
    # libpq answers a refused login without an SQLSTATE on the exception
    if any(word in text for word in ("authentication failed", "no password supplied", "no pg_hba.conf")):
        return SchemaError(
            f"PostgreSQL at `{where}` refused the login: {text}", "check user and password in DATABASE_URL"
        )
    if "does not exist" in text:
        return SchemaError(f"PostgreSQL at `{where}`: {text}", "create it, or correct DATABASE_URL")
    if any(word in text for word in _FULL_UP):
        return DatabaseUnavailableError(
            f"PostgreSQL at `{where}` has no connection left: {text}",
            "a sync takes up to twelve: end other sessions or raise the limit, then run the command again",
            sqlstate=state,
        )
    return ConnectionLostError(
        f"cannot reach PostgreSQL at `{where}`: {text}",
        "check that the server runs and that DATABASE_URL is right, then run the command again",
        sqlstate=state,
    )


def _one_line(error: psycopg.Error) -> str:
    primary = error.diag.message_primary
    if primary is None:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        primary = next((line for line in lines if "failed:" in line or "FATAL" in line), lines[0])
        primary = primary.removeprefix("connection failed: ")
    if (error.sqlstate or "").startswith("22"):  # data that does not fit: what stands in quotes is the data
        primary = _QUOTED.sub('".."', primary)
    if error.diag.constraint_name:
        primary += f" (constraint {error.diag.constraint_name})"
    return " ".join(primary.split())
