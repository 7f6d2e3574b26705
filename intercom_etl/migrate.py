"""Brings the schema of a database up to date, or tells how far it is."""

from intercom_etl.postgres import migrations
from intercom_etl.postgres.connection import open_database
from intercom_etl.postgres.migrations import MigrationState
from intercom_etl.postgres.schema import SchemaChanges, bring_up_to_date


async def migrate(database_url: str) -> SchemaChanges:
    """Applies what is pending and makes what views have changed; returns both.

    Raises SchemaError or DatabaseError naming the file.
    """
    async with open_database(database_url) as database:
        return await bring_up_to_date(database)


async def migration_states(database_url: str) -> list[MigrationState]:
    """Every migration, here or in the database, in order. Writes nothing."""
    async with open_database(database_url) as database:
        return await migrations.migration_states(database, migrations.read_migrations())
