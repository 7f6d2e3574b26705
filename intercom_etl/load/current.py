"""Which listed records the database already holds, so that they need not be fetched again."""

from collections.abc import Collection, Sequence

from psycopg import sql

from intercom_etl.page import Stub
from intercom_etl.postgres.connection import Database, mapped_errors
from intercom_etl.stream import Stream

# `updated_at` has whole seconds: a version fetched within the second of its change may not be the
# last one of that second. Two, because servers' clocks differ a little.
SETTLED_SECONDS = 2


async def current_ids(
    database: Database, stream: Stream, workspace_id: str, stubs: Sequence[Stub]
) -> Collection[str]:
    """The ids whose stored version is the listed one and was fetched well after its change."""
    statement = sql.SQL(
        "select t.id from {table} t"
        " join unnest(%(ids)s::text[], %(seconds)s::bigint[]) as listed (id, seconds) on listed.id = t.id"
        " where t.workspace_id = %(workspace_id)s and t.deleted_at is null"
        " and t.updated_at = to_timestamp(listed.seconds)"
        " and t.synced_at >= t.updated_at + make_interval(secs => %(settled)s)"
    ).format(table=sql.Identifier("intercom", stream.name))
    known = [stub for stub in stubs if stub.updated_at is not None and "\x00" not in stub.id]
    with mapped_errors():
        cursor = await database.connection.execute(
            statement,
            {
                "ids": [stub.id for stub in known],
                "seconds": [stub.updated_at for stub in known],
                "workspace_id": workspace_id,
                "settled": SETTLED_SECONDS,
            },
        )
        return {row["id"] for row in await cursor.fetchall()}
