"""Brings the schema of a database up to date, or tells how far it is."""

from intercom_etl.load.history import prepare_history
from intercom_etl.postgres import migrations
from intercom_etl.postgres.connection import fetch_rows, open_database
from intercom_etl.postgres.migrations import MigrationState
from intercom_etl.postgres.schema import SchemaChanges, bring_up_to_date
from intercom_etl.settings import Settings
from intercom_etl.streams import history_streams


async def migrate(database_url: str) -> SchemaChanges:
    """Applies what is pending and makes what views have changed; returns both.

    Raises SchemaError or DatabaseError naming the file.
    """
    async with open_database(database_url) as database:
        return await bring_up_to_date(database)


async def make_histories(database_url: str, settings: Settings) -> list[str]:
    """Makes the tables for INTERCOM_ETL_HISTORY and returns those that are new.

    Raises ConfigError for a name that is no stream.
    """
    names = sorted(history_streams(settings.history))
    if not names:
        return []
    async with open_database(database_url) as database, database.transaction() as tx:
        await fetch_rows(tx, "lock_migrations")
        return await prepare_history(tx, names)


async def migration_states(database_url: str) -> list[MigrationState]:
    """Every migration, here or in the database, in order. Writes nothing."""
    async with open_database(database_url) as database:
        return await migrations.migration_states(database, migrations.read_migrations())


def pending_states() -> list[MigrationState]:
    """Every migration, for a database that is not made yet."""
    return [MigrationState(m.version, m.name, "pending", None) for m in migrations.read_migrations()]
