"""Brings the schema up to date: plain SQL files, forward only, each in one transaction with its row.

An applied file must never change again: its checksum is kept, and an edited one is refused by
name. Two migrations at once wait for each other on an advisory lock.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg import AsyncConnection

from intercom_etl.errors import DatabaseUnavailableError, SchemaError
from intercom_etl.postgres.connection import Database, fetch_rows, map_error
from intercom_etl.postgres.sql_files import sql_folder


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of `sql/migrations`, by the number in its name."""

    version: int
    name: str
    sql: bytes

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, in hex."""
        return hashlib.sha256(self.sql).hexdigest()


@dataclass(frozen=True, slots=True)
class MigrationState:
    """What became of a migration. `unknown`: applied by a newer program, its file is not here."""

    version: int
    name: str
    state: Literal["applied", "pending", "edited", "unknown"]
    applied_at: datetime | None


def read_migrations(folder: Path | None = None) -> list[Migration]:
    """The files in order. Raises SchemaError when two share a number."""
    found: dict[int, Migration] = {}
    for path in sorted((folder or sql_folder() / "migrations").glob("*.sql")):
        version = int(path.name.split("_", 1)[0])
        if version in found:
            both = f"`{found[version].name}` and `{path.name}`"
            raise SchemaError(f"two migrations have the number {version}: {both}", "renumber one of them")
        found[version] = Migration(version, path.name, path.read_bytes())
    return list(found.values())


async def migration_states(database: Database, migrations: list[Migration]) -> list[MigrationState]:
    """Every migration known here or in the database, in order. Writes nothing."""
    if await database.row("find_migration_table") is None:
        return [MigrationState(m.version, m.name, "pending", None) for m in migrations]
    applied = {row["version"]: row for row in await database.rows("list_migrations")}
    states = [_state_of(m, applied.pop(m.version, None)) for m in migrations]
    states += [MigrationState(v, r["name"], "unknown", r["applied_at"]) for v, r in applied.items()]
    return sorted(states, key=lambda state: state.version)


def _state_of(migration: Migration, row: dict[str, Any] | None) -> MigrationState:
    if row is None:
        return MigrationState(migration.version, migration.name, "pending", None)
    same = row["checksum"] == migration.checksum
    return MigrationState(
        migration.version, migration.name, "applied" if same else "edited", row["applied_at"]
    )


async def migrate(database: Database, migrations: list[Migration]) -> list[MigrationState]:
    """Applies what is pending and returns it, in order.

    Raises SchemaError when an applied file was edited or the database is newer than the program,
    SchemaError with file, line and column when a statement fails; earlier files stay applied.
    """
    _refuse_trouble(await migration_states(database, migrations))
    done: list[MigrationState] = []
    for migration in migrations:
        async with database.transaction() as tx:
            await fetch_rows(tx, "lock_migrations")
            await tx.execute(_BOOTSTRAP)
            known = await fetch_rows(tx, "find_migration", {"version": migration.version})
            if known:
                continue
            await _apply(tx, migration)
            row = await fetch_rows(
                tx,
                "record_migration",
                {"version": migration.version, "name": migration.name, "checksum": migration.checksum},
            )
            done.append(MigrationState(migration.version, migration.name, "applied", row[0]["applied_at"]))
    return done


_BOOTSTRAP = b"""
create schema if not exists etl;
create table if not exists etl.schema_migration (
    version    integer primary key,
    name       text not null,
    checksum   text not null,
    applied_at timestamptz not null default now()
);
comment on table etl.schema_migration is
    'Which files of sql/migrations have been applied, with their SHA-256.';
"""


async def _apply(tx: AsyncConnection[dict[str, Any]], migration: Migration) -> None:
    try:
        await tx.execute(migration.sql)
    except psycopg.Error as error:
        mapped = map_error(error)
        position = int(error.diag.statement_position or 1) - 1
        before = migration.sql.decode()[:position]
        line, column = before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1
        said = f"migration `{migration.name}` failed at line {line}, column {column}: {mapped.message}"
        if isinstance(mapped, DatabaseUnavailableError):
            raise DatabaseUnavailableError(said, mapped.hint, sqlstate=error.sqlstate) from error
        raise SchemaError(
            said,
            "nothing of this file was kept: fix it, then run `intercom-etl migrate` again",
            sqlstate=error.sqlstate,
        ) from error


async def require_current(database: Database, migrations: list[Migration]) -> None:
    """Raises SchemaError with the mend unless the schema is exactly the one of this program."""
    states = await migration_states(database, migrations)
    _refuse_trouble(states)
    pending = [state.name for state in states if state.state == "pending"]
    if pending:
        raise SchemaError(
            f"the schema is not up to date: {len(pending)} migration(s) pending, first `{pending[0]}`",
            "run `intercom-etl migrate`",
        )
    missing = [row["name"] for row in await database.rows("list_missing_bookkeeping")]
    if missing:
        raise SchemaError(
            f"table `etl.{missing[0]}` is missing, although its migration was applied",
            "somebody dropped it: restore it, or load into a fresh database",
        )


def _refuse_trouble(states: list[MigrationState]) -> None:
    for trouble in find_trouble(states):
        raise trouble


def find_trouble(states: list[MigrationState]) -> list[SchemaError]:
    """What no migration can mend, each with its own way out."""
    found: list[SchemaError] = []
    for state in states:
        if state.state == "edited":
            found.append(
                SchemaError(
                    f"migration `{state.name}` was edited after it had been applied",
                    "restore the file as it was, and put the change into a new migration",
                )
            )
        if state.state == "unknown":
            found.append(
                SchemaError(
                    f"the schema is newer than this program: it has migration `{state.name}`",
                    "install the newer intercom-etl",
                )
            )
    return found
