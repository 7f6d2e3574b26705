"""Settles one entry of quarantine that was tried again, in the transaction that writes what it holds.

What it holds is as old as its reading: what was stored since stays, and so does what is known to be gone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from psycopg import AsyncConnection, sql

from intercom_etl.batch import Batch, Reject, Row
from intercom_etl.load.copy import copy_rows, json_text
from intercom_etl.load.merge import KNOWN_TO, merge_part
from intercom_etl.load.poison import REFUSALS, is_poison, part_reject_of
from intercom_etl.load.target import Target
from intercom_etl.postgres.catalog import Table
from intercom_etl.postgres.connection import fetch_rows
from intercom_etl.report import Written
from intercom_etl.stream import Children, Stream

Tx = AsyncConnection[dict[str, Any]]


async def write_part(
    tx: Tx,
    parent: Table,
    declared: Children,
    target: Target,
    batch: Batch,
    workspace_id: str,
    written: Written,
) -> list[Reject]:
    """Writes the child that the batch holds without its record; its siblings stay as they are.

    Gives the child as a reject when PostgreSQL refuses it.
    """
    retried = batch.retried
    if retried is None or retried.part is None or retried.parent_id is None:
        return []
    row = retried.part
    values = (
        *(workspace_id, retried.parent_id, *row.values.values(), json_text(row.raw)),
        *(batch.fetched_at, None, None),
    )
    await tx.execute(target.create)
    try:
        async with tx.transaction():
            await copy_rows(tx, target.copy, target.types, [values])
            merge = merge_part(parent, target.table, target.columns, declared.parent_key)
            counted = await (await tx.execute(merge)).fetchone()
    except REFUSALS as error:
        if not is_poison(error):
            raise
        return [part_reject_of(declared, retried.parent_id, row, error)]
    if counted is not None:
        written.by_table[target.table.name] = counted["inserted"] + counted["updated"]
    return []


async def settle_retried(
    tx: Tx,
    stream: Stream,
    table: Table,
    batch: Batch,
    rejects: Sequence[Reject],
    known: Mapping[str, Any],
    written: Written,
) -> list[Reject]:
    """Closes the entry, or keeps it open with what it is refused for now; gives the rejects of others.

    `table` is the stream's own. Whatever the privacy policy takes away today is not in the entry any more.
    """
    retried = batch.retried
    if retried is None:
        return list(rejects)
    own = [reject for reject in rejects if reject.stream == retried.table]
    resolution = retried.resolution
    if own:
        resolution = await _refuse_again(tx, retried.entry, own[0], known)
        written.rejected += resolution is None
    elif retried.part is not None and retried.parent_id is not None:
        resolution = await _fate_of_part(tx, stream, table, batch, retried.parent_id, retried.part, known)
    elif batch.items:
        [item] = batch.items
        resolution = await _fate(tx, table, batch, {"id": item.id}, known, version=item.version)
    if resolution is not None:
        closing = {**known, "ids": [retried.entry], "resolution": resolution}
        await fetch_rows(tx, "close_quarantine", closing)
    return [reject for reject in rejects if reject.stream != retried.table]


async def _refuse_again(tx: Tx, entry: int, reject: Reject, known: Mapping[str, Any]) -> str | None:
    """The entry as it is refused now; `replaced` when another open one says the same."""
    said = {"id": entry, "raw": reject.raw, "reason": reject.reason, "record_id": reject.record_id}
    try:
        async with tx.transaction():
            await fetch_rows(tx, "refuse_again", {**known, **said})
    except psycopg.errors.UniqueViolation:
        return "replaced"
    return None


async def _fate_of_part(
    tx: Tx, stream: Stream, table: Table, batch: Batch, parent_id: str, part: Row, known: Mapping[str, Any]
) -> str | None:
    parent = await _fate(tx, table, batch, {"id": parent_id}, known)
    if parent != "stored":
        return parent
    [declared] = [child for child in stream.children if batch.retried and child.table == batch.retried.table]
    key = {declared.parent_key: parent_id, **{name: part.values[name] for name in declared.keys}}
    return await _fate(tx, Table(declared.table, {}, ()), batch, key, known)


async def _fate(
    tx: Tx,
    table: Table,
    batch: Batch,
    key: Mapping[str, Any],
    known: Mapping[str, Any],
    *,
    version: Any = None,
) -> str | None:
    """How what the table holds stands to what was read then; None when it holds nothing."""
    newer = sql.SQL("t.synced_at > %(fetched_at)s + {}").format(KNOWN_TO)
    if "updated_at" in table.columns:
        newer = sql.SQL("({} or t.updated_at > %(version)s::timestamptz)").format(newer)
    statement = sql.SQL(
        "select case when t.deleted_at is not null then 'gone' when {newer} then 'outdated'"
        " else 'stored' end as fate from {table} t where t.workspace_id = %(workspace_id)s and {key}"
    ).format(
        newer=newer,
        table=sql.Identifier("intercom", table.name),
        key=sql.SQL(" and ").join(
            sql.SQL("t.{} = {}").format(sql.Identifier(name), sql.Placeholder(f"key_{name}")) for name in key
        ),
    )
    asked = {f"key_{name}": value for name, value in key.items()}
    asked |= {
        "workspace_id": known["workspace_id"],
        "fetched_at": batch.fetched_at,
        "version": version,
    }
    row = await (await tx.execute(statement, asked)).fetchone()
    return row["fate"] if row else None
