"""Brings the schema of a database up to date, or tells how far it is."""

from intercom_etl.postgres import migrations
from intercom_etl.postgres.connection import open_database
from intercom_etl.postgres.migrations import MigrationState


async def migrate(database_url: str) -> list[MigrationState]:
    """Applies what is pending and returns it. Raises SchemaError or DatabaseError naming the file."""
    async with open_database(database_url) as database:
        return await migrations.migrate(database, migrations.read_migrations())


async def migration_states(database_url: str) -> list[MigrationState]:
    """Every migration, here or in the database, in order. Writes nothing."""
    async with open_database(database_url) as database:
        return await migrations.migration_states(database, migrations.read_migrations())


def pending_states() -> list[MigrationState]:
    """Every migration, for a database that is not made yet."""
    return [MigrationState(m.version, m.name, "pending", None) for m in migrations.read_migrations()]
