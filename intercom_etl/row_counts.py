"""How many records are stored, by workspace and stream: counted where that is quick, else estimated."""

from psycopg import sql

from intercom_etl.postgres.connection import Database, mapped_errors
from intercom_etl.streams import all_streams

# counting this many rows takes a blink; above it, PostgreSQL's own estimate has to do
COUNTED_UP_TO = 500_000


async def count_rows(
    database: Database, workspaces: list[str]
) -> dict[tuple[str, str], tuple[int | None, bool]]:
    """Rows by workspace and stream, and whether the number is an estimate.

    None where only an estimate of several workspaces together is known.
    """
    estimates = {
        row["table_name"]: row["rows"]
        for row in await database.rows("estimate_rows", {"tables": list(all_streams())})
    }
    counts: dict[tuple[str, str], tuple[int | None, bool]] = {}
    for stream, estimate in estimates.items():
        if estimate > COUNTED_UP_TO:
            share = estimate if len(workspaces) == 1 else None
            counts |= {(workspace, stream): (share, True) for workspace in workspaces}
            continue
        counted = await _count_table(database, stream)
        counts |= {(workspace, stream): (counted.get(workspace, 0), False) for workspace in workspaces}
    return counts


async def _count_table(database: Database, table: str) -> dict[str, int]:
    statement = sql.SQL(
        "select workspace_id, count(*) as rows from intercom.{} "
        "where deleted_at is null group by workspace_id"
    ).format(sql.Identifier(table))
    with mapped_errors():
        cursor = await database.connection.execute(statement)
        return {row["workspace_id"]: row["rows"] for row in await cursor.fetchall()}
