"""Checks rows against their own text: columns and parts must be what `raw` says. Takes no request.

This finds whatever was changed or deleted in the database by hand, and columns that a newer
version of this program has and stored rows lack.
"""

from collections.abc import AsyncIterator

from psycopg import sql

from intercom_etl.batch import Item
from intercom_etl.load.compare import Comparer
from intercom_etl.page import Page
from intercom_etl.postgres.connection import Database, mapped_errors
from intercom_etl.stream import Stream
from intercom_etl.transform.validate import to_batch
from intercom_etl.verdict import Verdict

ROWS_AT_ONCE = 300
BYTES_AT_ONCE = 2_000_000  # as PostgreSQL stores them, compressed


async def check_stored(
    database: Database, stream: Stream, comparer: Comparer, workspace_id: str, verdict: Verdict
) -> None:
    """Every live row of the stream, in batches; what does not fit its text goes into the verdict."""
    async for items, unreadable in _stored(database, stream, workspace_id):
        verdict.checked += len(items) + len(unreadable)
        verdict.add("altered", unreadable, ("raw",))
        differences = await comparer.differences(database.connection, items, workspace_id)
        for each in differences:
            own = each.table == stream.name
            verdict.add("altered" if own else "parts", [each.record], each.columns)


async def _stored(
    database: Database, stream: Stream, workspace_id: str
) -> AsyncIterator[tuple[list[Item], list[str]]]:
    """Items read anew from the text of stored rows, and the ids of rows whose text gives none of their id."""
    parent = stream.parent_key
    statement = sql.SQL(
        "select id, raw::text as raw, synced_at{parent} from ("
        "select *, sum(pg_column_size(raw)) over (order by id) - pg_column_size(raw) as before"
        " from (select * from {table} where workspace_id = %(workspace_id)s and deleted_at is null"
        " and id > %(after)s order by id limit %(count)s) as next) as sized"
        " where before < %(bytes)s order by id"
    ).format(
        table=sql.Identifier("intercom", stream.name),
        parent=sql.SQL("") if parent is None else sql.SQL(", {} as parent").format(sql.Identifier(parent)),
    )
    after = ""
    while True:
        known = {"workspace_id": workspace_id, "after": after, "count": ROWS_AT_ONCE, "bytes": BYTES_AT_ONCE}
        with mapped_errors():
            rows = await (await database.connection.execute(statement, known)).fetchall()
        if not rows:
            return
        after = rows[-1]["id"]
        page = Page(
            tuple(row["raw"].encode() for row in rows),
            min(row["synced_at"] for row in rows),
            parents=tuple(row["parent"] for row in rows) if parent is not None else (),
        )
        read = {item.id: item for item in to_batch(stream, page).items}
        ids = [row["id"] for row in rows]
        yield [read[identity] for identity in ids if identity in read], [i for i in ids if i not in read]
