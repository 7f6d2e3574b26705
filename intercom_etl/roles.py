"""The SQL that makes the roles of a database, to be read before it is run."""

from intercom_etl.postgres.roles import roles_file


def roles_sql() -> str:
    """The text of `sql/roles.sql`."""
    return roles_file().decode()
