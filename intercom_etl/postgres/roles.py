"""The rights of those who use the database: `sql/roles.sql`, which an administrator applies."""

import psycopg

from intercom_etl.errors import SchemaError
from intercom_etl.postgres.connection import Database, fetch_rows, map_error
from intercom_etl.postgres.sql_files import sql_folder


def roles_file() -> bytes:
    """The text of the file, for psql."""
    return (sql_folder() / "roles.sql").read_bytes()


async def refresh_rights(database: Database) -> bool:
    """Gives the roles their rights on what is new, where somebody has put them to use; whether it did.

    Makes no roles: in other databases of the server they may mean nothing. Raises SchemaError.
    """
    async with database.transaction() as tx:
        await fetch_rows(tx, "lock_migrations")
        if not (await fetch_rows(tx, "are_roles_in_use"))[0]["in_use"]:
            return False
        try:
            await tx.execute(roles_file())
        except psycopg.Error as error:
            mapped = map_error(error)
            raise SchemaError(
                f"the roles cannot be given their rights: {mapped.message}",
                "run `intercom-etl migrate` as the owner of the tables, or as a superuser",
                sqlstate=error.sqlstate,
            ) from error
        return True
