"""What the tables hold already, for those who decide what to ask the API for."""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from psycopg import AsyncConnection, sql

from intercom_etl.page import Parent
from intercom_etl.postgres.connection import Database, mapped_errors
from intercom_etl.stream import PerParent, Stream

PARENTS_AT_ONCE = 1_000
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


async def count_live(tx: AsyncConnection[dict[str, Any]], stream: Stream, workspace_id: str) -> int:
    """How many records of the stream are stored and not gone."""
    statement = sql.SQL("select count(*) as live from {} where workspace_id = %s and deleted_at is null")
    found = await tx.execute(statement.format(sql.Identifier("intercom", stream.name)), (workspace_id,))
    row = await found.fetchone()
    return row["live"] if row else 0


async def ids_after(
    tx: AsyncConnection[dict[str, Any]], stream: Stream, workspace_id: str, after: str, count: int
) -> list[str]:
    """The next ids of live records in the order of their ids, at most `count`."""
    statement = sql.SQL(
        "select id from {} where workspace_id = %(workspace_id)s and id > %(after)s and deleted_at is null"
        " order by id limit %(count)s"
    ).format(sql.Identifier("intercom", stream.name))
    found = await tx.execute(statement, {"workspace_id": workspace_id, "after": after, "count": count})
    return [row["id"] for row in await found.fetchall()]


async def names_without_rows(
    tx: AsyncConnection[dict[str, Any]], stream: Stream, workspace_id: str, names: Sequence[str]
) -> list[str]:
    """Those of the names that a stream is read by of which nothing is stored."""
    if stream.parent_key is None:
        return []
    statement = sql.SQL(
        "select name from unnest(%(names)s::text[]) with ordinality as asked (name, place)"
        " where not exists (select from {table} t where t.workspace_id = %(workspace_id)s and t.{key} = name)"
        " order by place"
    ).format(table=sql.Identifier("intercom", stream.name), key=sql.Identifier(stream.parent_key))
    found = await tx.execute(statement, {"workspace_id": workspace_id, "names": list(names)})
    return [row["name"] for row in await found.fetchall()]


async def stored_parents(
    database: Database, endpoint: PerParent, workspace_id: str, *, after: datetime | None, at_most: int
) -> AsyncGenerator[Parent]:
    """Live parents that were written after this time, oldest first; not many more than `at_most`.

    A parent's position is the time up to which all parents have been given with it. Parents that
    were written together stay together, so that reading can go on after any position.
    """
    statement = sql.SQL(
        "select id, synced_at from {parents} where workspace_id = %(workspace_id)s and deleted_at is null"
        " and synced_at > %(after)s{worth} order by synced_at fetch first %(count)s rows with ties"
    ).format(
        parents=sql.Identifier("intercom", endpoint.parent),
        worth=sql.SQL(" and raw #>> %(where)s::text[] is distinct from '0'" if endpoint.where else ""),
    )
    position = None
    given = 0
    while given < at_most:
        known = {
            "workspace_id": workspace_id,
            "after": position or after or BEGINNING,
            "count": min(PARENTS_AT_ONCE, at_most - given),
            "where": list(endpoint.where),
        }
        with mapped_errors():
            found = await (await database.connection.execute(statement, known)).fetchall()
        if not found:
            return
        given += len(found)
        for written_at, group in groupby(found, key=lambda row: row["synced_at"]):
            *others, last = [row["id"] for row in group]
            for identity in others:
                yield Parent(identity, position)
            position = written_at
            yield Parent(last, position)
