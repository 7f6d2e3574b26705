"""Brings a database to the schema that this program ships with: tables, views, and who may use them."""

from dataclasses import dataclass

from intercom_etl.postgres.connection import Database
from intercom_etl.postgres.migrations import MigrationState, migrate, read_migrations
from intercom_etl.postgres.roles import refresh_rights
from intercom_etl.postgres.views import ViewState, read_views, refresh_views


@dataclass(frozen=True, slots=True)
class SchemaChanges:
    """What was changed: migrations in order, views by name."""

    migrations: list[MigrationState]
    views: list[ViewState]


async def bring_up_to_date(database: Database) -> SchemaChanges:
    """Raises SchemaError or DatabaseError naming the file that does not go in."""
    applied = await migrate(database, read_migrations())
    views = await refresh_views(database, read_views())
    await refresh_rights(database)
    return SchemaChanges(applied, views)
