"""Migrations: applied once, in order, safe together, and honest about what somebody changed."""

import asyncio
import shutil
from pathlib import Path

import pytest

from intercom_etl.errors import DatabaseUnavailableError, SchemaError
from intercom_etl.postgres.catalog import read_tables, require_columns
from intercom_etl.postgres.connection import Database, open_database
from intercom_etl.postgres.migrations import migrate, migration_states, read_migrations, require_current
from intercom_etl.postgres.sql_files import sql_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the real migrations that a test may spoil."""
    return Path(shutil.copytree(sql_folder() / "migrations", tmp_path / "migrations"))


async def test_two_migrations_at_once_apply_every_file_once(empty_database_url: str) -> None:
    async def run() -> int:
        async with open_database(empty_database_url) as database:
            return len(await migrate(database, read_migrations()))

    counts = await asyncio.gather(*(run() for _ in range(3)))
    assert sum(counts) == len(read_migrations())


async def test_an_empty_database_is_not_current_and_a_migrated_one_is(empty_database_url: str) -> None:
    async with open_database(empty_database_url) as database:
        with pytest.raises(SchemaError, match=r"not up to date"):
            await require_current(database, read_migrations())
        await migrate(database, read_migrations())
        await require_current(database, read_migrations())
        assert await migrate(database, read_migrations()) == []


async def test_an_edited_file_is_refused_by_name(database: Database, folder: Path) -> None:
    path = folder / "0003_teams.sql"
    path.write_text(path.read_text() + "\n-- harmless")
    with pytest.raises(SchemaError, match=r"`0003_teams.sql` was edited"):
        await migrate(database, read_migrations(folder))


async def test_a_newer_database_is_refused_by_name(database: Database, folder: Path) -> None:
    (folder / "0009_tickets.sql").unlink()
    with pytest.raises(SchemaError, match=r"newer than this program.*0009_tickets.sql"):
        await require_current(database, read_migrations(folder))


async def test_a_failing_file_names_line_and_column_and_keeps_nothing(
    database: Database, folder: Path
) -> None:
    (folder / "9000_good.sql").write_text("create table etl.good ();")
    (folder / "9001_bad.sql").write_text("create table etl.half ();\nselect nonsense from nowhere;\n")
    with pytest.raises(SchemaError, match=r"`9001_bad.sql` failed at line 2, column 22"):
        await migrate(database, read_migrations(folder))
    states = {
        state.version: state.state for state in await migration_states(database, read_migrations(folder))
    }
    assert (states[9000], states[9001]) == ("applied", "pending")
    cursor = await database.connection.execute(b"select to_regclass('etl.half') as half")
    assert await cursor.fetchone() == {"half": None}


def test_two_files_with_one_number_are_refused(folder: Path) -> None:
    (folder / "0003_another.sql").write_text("select 1")
    with pytest.raises(
        SchemaError, match=r"two migrations have the number 3: `0003_\w+.sql` and `0003_\w+.sql`"
    ):
        read_migrations(folder)


async def test_a_dropped_column_is_named(database: Database) -> None:
    await database.connection.execute(b"alter table intercom.tags drop column name")
    tables = await read_tables(database.connection, ("tags",))
    with pytest.raises(SchemaError, match=r"`intercom.tags` lacks the column.*`name`"):
        require_columns(tables["tags"], {"id", "name"})


async def test_a_server_that_is_not_there_is_worth_another_try() -> None:
    with pytest.raises(DatabaseUnavailableError, match=r"cannot reach PostgreSQL at `127.0.0.1:1/x`"):
        async with open_database("postgresql://me:secret@127.0.0.1:1/x"):
            pass


async def test_a_terminated_connection_is_worth_another_try(database: Database, database_url: str) -> None:
    async with open_database(database_url) as other:
        await other.connection.execute(
            b"select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
            b" and datname = current_database()"
        )
    with pytest.raises(DatabaseUnavailableError):
        await database.rows("list_migrations")


async def test_a_standby_is_told_apart(database: Database) -> None:
    await database.connection.execute(b"set default_transaction_read_only = on")
    with pytest.raises(SchemaError, match=r"read-only"):
        await migrate(database, read_migrations())
