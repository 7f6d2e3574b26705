"""The doctor's look at the database: server, encryption, schema, what this login may do, lease."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from psycopg import AsyncConnection

from intercom_etl.database import database_url, embedded, exists, is_embedded, location
from intercom_etl.errors import EtlError
from intercom_etl.exit_codes import ExitCode
from intercom_etl.findings import Finding, failed, judge_clock
from intercom_etl.postgres.connection import Database, open_database, parse_address
from intercom_etl.postgres.migrations import (
    MigrationState,
    find_trouble,
    migration_states,
    read_migrations,
)
from intercom_etl.settings import Settings

OLDEST = 13  # major version; `fetch first .. with ties` came with it
VERIFY = (
    "add `?sslmode=verify-full&sslrootcert=system` to DATABASE_URL; where the server's CA is none of the"
    " system's, its file in place of `system`"
)


@dataclass(frozen=True, slots=True)
class Link:
    """The connection as this side of it knows it: a pooler in between would tell of its own."""

    near: bool
    encrypted: bool
    sslmode: str

    @classmethod
    def of(cls, connection: AsyncConnection[Any]) -> "Link":
        """Near is a socket or the loopback: nobody can listen on the way."""
        given = {option.keyword.decode(): option.val for option in connection.pgconn.info}
        mode = (given.get("sslmode") or b"prefer").decode()
        near = _is_near(connection.info.host, connection.info.hostaddr)
        return cls(near, connection.pgconn.ssl_in_use, mode)


def _is_near(host: str, address: str) -> bool:
    if not address or host.startswith(("/", "@")):
        return True
    return _is_loopback(address)


async def examine_database(
    settings: Settings, *, offline: bool, clock: Callable[[], datetime]
) -> AsyncIterator[Finding]:
    """Whether there is one, and whether a sync could work with it; `offline`: if it is on this machine."""
    try:
        if is_embedded(settings):
            yield _judge_embedded(settings)
        elif offline and not _is_named_near(settings):
            yield Finding(
                "ok", "database", f"{location(settings)}: not looked at, since it takes the network"
            )
            return
        if not exists(settings):
            yield Finding("ok", "database", f"{location(settings)}: will be made by the first sync")
            return
        with database_url(settings) as url:
            async with open_database(url) as database:
                async for finding in _examine_server(database, settings, clock):
                    yield finding
    except EtlError as error:
        yield failed("database", error)


def _judge_embedded(settings: Settings) -> Finding:
    server = embedded(settings)
    how = "it runs" if server.is_running() else "it starts with the next command"
    return Finding("ok", "programs", f"PostgreSQL {server.version()} for the embedded server: {how}")


def _is_named_near(settings: Settings) -> bool:
    """Whether the address is of this machine, by its words alone."""
    if settings.database_url is None:
        return True
    parts = parse_address(settings.database_url.get_secret_value())
    hosts = str(parts.get("hostaddr") or parts.get("host") or "").split(",")
    return all(
        host in ("", "localhost") or host.startswith(("/", "@")) or _is_loopback(host) for host in hosts
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


async def _examine_server(
    database: Database, settings: Settings, clock: Callable[[], datetime]
) -> AsyncIterator[Finding]:
    link = Link.of(database.connection)
    asked_at = clock()
    server = await database.row("show_server") or {}
    yield _judge_server(server, settings)
    yield judge_age(server["version"], server["version_number"])
    yield judge_clock(server["now"] - (asked_at + (clock() - asked_at) / 2), "the database's")
    yield Finding("ok", "space", f"the database takes {server['bytes'] / 1e6:,.0f} MB")
    yield judge_encryption(link, server)
    async for finding in _examine_schema(database, settings, link):
        yield finding


def judge_age(version: str, number: int) -> Finding:
    """Whether the server has all that our statements take."""
    if number < OLDEST * 10_000:
        text = f"PostgreSQL {version} is too old: {OLDEST} is needed"
        return Finding("FAIL", "version", text, "move to a newer server", ExitCode.CONFIGURATION)
    return Finding("ok", "version", f"PostgreSQL {version}, {OLDEST} or newer is needed")


async def _examine_schema(database: Database, settings: Settings, link: Link) -> AsyncIterator[Finding]:
    states = await migration_states(database, read_migrations())
    for trouble in find_trouble(states):
        yield failed("schema", trouble)
    if not find_trouble(states):
        yield _judge_schema(states, settings)
    if any(state.state == "applied" for state in states):
        rights = await database.row("show_rights")
        if rights is not None:
            yield judge_rights(rights, near=link.near, is_embedded=is_embedded(settings))
        yield await _judge_lease(database)


def _judge_server(server: Mapping[str, Any], settings: Settings) -> Finding:
    text = location(settings)
    if server["standby"]:
        return Finding(
            "FAIL",
            "database",
            f"{text}, is a standby",
            "name the primary in DATABASE_URL",
            ExitCode.CONFIGURATION,
        )
    return Finding("ok", "database", text)


def judge_encryption(link: Link, server: Mapping[str, Any]) -> Finding:
    """Away from this machine it has to be encrypted, and the server to be who it says."""
    if server["gssapi"]:
        return Finding("ok", "encryption", "GSSAPI, which knows both ends")
    if not link.encrypted:
        if link.near:
            return Finding("ok", "encryption", "none, and none needed: it stays on this machine")
        return Finding("warn", "encryption", "none: passwords and data can be read on the way", VERIFY)
    how = " ".join(part for part in (server["protocol"], server["cipher"]) if part) or "TLS"
    text = f"{how}, sslmode={link.sslmode}"
    if link.near or link.sslmode == "verify-full":
        return Finding("ok", "encryption", text)
    missing = "nobody checks who the server is"
    if link.sslmode == "verify-ca":
        missing = "its certificate is checked, and not whether it is this host's"
    return Finding("warn", "encryption", f"{text}: {missing}", VERIFY)


def judge_rights(rights: Mapping[str, Any], *, near: bool, is_embedded: bool) -> Finding:
    """What this login may do, and whether that is more than it needs, or less."""
    who = f"`{rights['user_name']}`"
    if rights["superuser"]:
        text = f"{who} is a superuser"
        if near or is_embedded:
            return Finding("ok", "roles", text)
        hint = "make a login that is a member of etl_loader: `intercom-etl db roles`"
        return Finding("warn", "roles", f"{text}: whoever gets its password has the whole server", hint)
    if rights["owns"]:
        text = f"{who} is the owner: it may change and drop the tables"
        return Finding("ok", "roles", f"{text}; `intercom-etl db roles` has a role for sync that may not")
    if not rights["loads"]:
        what = "reads all data" if rights["reads_people"] else "reads, without what is personal"
        if not rights["reads"]:
            what = "may not even read"
        hint = "for sync, make it a member of etl_loader: `intercom-etl db roles`"
        return Finding("warn", "roles", f"{who} {what}, and cannot write", hint)
    if not rights["makes_views"]:
        hint = "make it a member of etl_loader: `intercom-etl db roles`"
        return Finding("warn", "roles", f"{who} loads, and cannot make the views of custom attributes", hint)
    if rights["may_break"]:
        hint = "revoke truncate, and all but select on etl.schema_migration"
        return Finding("warn", "roles", f"{who} loads, and has more rights than that needs", hint)
    return Finding("ok", "roles", f"{who} loads: it reads and writes rows, and cannot change or drop tables")


def _judge_schema(states: list[MigrationState], settings: Settings) -> Finding:
    pending = [state for state in states if state.state == "pending"]
    if pending and is_embedded(settings):
        return Finding("ok", "schema", f"{len(pending)} migration(s) pending: the next sync applies them")
    if pending:
        text = f"{len(pending)} migration(s) pending, first `{pending[0].name}`"
        return Finding("FAIL", "schema", text, "run `intercom-etl migrate`", ExitCode.CONFIGURATION)
    return Finding("ok", "schema", f"current ({states[-1].name})")


async def _judge_lease(database: Database) -> Finding:
    held = await database.rows("list_live_leases")
    if not held:
        return Finding("ok", "lease", "free: no run is at work")
    who = ", ".join(
        f"run {row['run_id']} (pid {row['pid']} on {row['host']}) on {row['workspace_id']}" for row in held
    )
    return Finding("ok", "lease", f"at work: {who}")
