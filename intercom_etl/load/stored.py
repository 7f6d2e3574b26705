"""What the tables hold already, for those who decide what to ask the API for."""

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Literal

from psycopg import AsyncConnection, sql

from intercom_etl.endpoint import PerParent
from intercom_etl.page import Parent
from intercom_etl.postgres.connection import Database, mapped_errors
from intercom_etl.stream import Stream
from intercom_etl.window import Window

WITHIN = " and updated_at between coalesce(%(start)s::timestamptz, '-infinity') and %(end)s"
PARENTS_AT_ONCE = 20_000  # each look sorts the whole table: better few
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


async def count_live(
    tx: AsyncConnection[dict[str, Any]], table: str, workspace_id: str, window: Window | None = None
) -> int:
    """How many records of the table are stored and not gone; of a window, by the versions that are stored."""
    statement = sql.SQL(
        "select count(*) as live from {table} where workspace_id = %(workspace_id)s and deleted_at is null"
        "{within}"
    ).format(
        table=sql.Identifier("intercom", table),
        within=sql.SQL(WITHIN if window is not None else ""),
    )
    known = {
        "workspace_id": workspace_id,
        "start": window and window.start,
        "end": window and window.end,
    }
    row = await (await tx.execute(statement, known)).fetchone()
    return row["live"] if row else 0


async def count_parents(
    tx: AsyncConnection[dict[str, Any]], endpoint: PerParent, workspace_id: str, *, after: datetime | None
) -> int:
    """How many live parents were written after this time; some may have no list worth asking for."""
    statement = sql.SQL(
        "select count(distinct {id}) as parents from {parents} where workspace_id = %(workspace_id)s"
        " and deleted_at is null and synced_at > %(after)s"
    ).format(id=sql.Identifier(endpoint.parent_id), parents=sql.Identifier("intercom", endpoint.parent))
    found = await tx.execute(statement, {"workspace_id": workspace_id, "after": after or BEGINNING})
    row = await found.fetchone()
    return row["parents"] if row else 0


async def ids_after(
    tx: AsyncConnection[dict[str, Any]], table: str, workspace_id: str, after: str, count: int
) -> list[str]:
    """The next ids of live records in the order of their ids, at most `count`."""
    statement = sql.SQL(
        "select id from {} where workspace_id = %(workspace_id)s and id > %(after)s and deleted_at is null"
        " order by id limit %(count)s"
    ).format(sql.Identifier("intercom", table))
    found = await tx.execute(statement, {"workspace_id": workspace_id, "after": after, "count": count})
    return [row["id"] for row in await found.fetchall()]


async def parent_state(
    tx: AsyncConnection[dict[str, Any]], endpoint: PerParent, workspace_id: str, parent_id: str
) -> Literal["live", "gone", "missing"]:
    """Whether the record is stored whose list an endpoint reads, and there still is one."""
    statement = sql.SQL(
        "select bool_and(deleted_at is not null) as gone from {} where workspace_id = %s and {} = %s"
    ).format(sql.Identifier("intercom", endpoint.parent), sql.Identifier(endpoint.parent_id))
    row = await (await tx.execute(statement, (workspace_id, parent_id))).fetchone()
    if row is None or row["gone"] is None:
        return "missing"
    return "gone" if row["gone"] else "live"


async def is_said_to_be_gone(
    tx: AsyncConnection[dict[str, Any]], stream: Stream, workspace_id: str, identity: str, since: datetime
) -> bool:
    """Whether a stream that tells of burials has told of this record's, at this time or later."""
    if stream.burial is None:
        return False
    statement = sql.SQL(
        "select 1 from {} where workspace_id = %s and id = %s and coalesce({}, synced_at) >= %s"
    ).format(sql.Identifier("intercom", stream.name), sql.Identifier(stream.burial.at))
    return await (await tx.execute(statement, (workspace_id, identity, since))).fetchone() is not None


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
    database: Database,
    stream: Stream,
    endpoint: PerParent,
    workspace_id: str,
    *,
    after: datetime | None,
    at_most: int,
) -> AsyncGenerator[Parent]:
    """Live parents that were written after this time, oldest first; not many more than `at_most`.

    A parent's position is the time up to which all parents have been given with it. Parents that
    were written together stay together, so that reading can go on after any position. Those whose
    lists have nothing in them are left out, unless something is stored of their lists.
    """
    statement = _parents_statement(stream, endpoint)
    position = after
    given = 0
    while given < at_most:
        known = {
            "workspace_id": workspace_id,
            "after": position or BEGINNING,
            "count": min(PARENTS_AT_ONCE, at_most - given),
            "where": list(endpoint.where),
            "nothing": endpoint.nothing,
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


def _parents_statement(stream: Stream, endpoint: PerParent) -> sql.Composed:
    worth = sql.SQL("")
    if endpoint.where:
        worth = sql.SQL(
            " and (p.raw #>> %(where)s::text[] is distinct from %(nothing)s or exists (select from {lists} l"
            " where l.workspace_id = p.workspace_id and l.{parent_key} = p.{id} and l.deleted_at is null))"
        ).format(
            lists=sql.Identifier("intercom", stream.name),
            parent_key=sql.Identifier(endpoint.parent_key),
            id=sql.Identifier(endpoint.parent_id),
        )
    return sql.SQL(
        "select p.{id} as id, max(p.synced_at) as synced_at from {parents} p"
        " where p.workspace_id = %(workspace_id)s and p.deleted_at is null and p.{id} is not null"
        " and p.synced_at > %(after)s{worth} group by p.{id}"
        " order by max(p.synced_at) fetch first %(count)s rows with ties"
    ).format(
        id=sql.Identifier(endpoint.parent_id),
        parents=sql.Identifier("intercom", endpoint.parent),
        worth=worth,
    )
