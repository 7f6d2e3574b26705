"""Writes a batch: COPY into staging, merge, children replaced, rejects recorded. Stage three.

Everything happens inside the caller's transaction. When PostgreSQL refuses a value that passed
validation, the batch is halved until the record (or the child) that it refuses stands alone;
that one goes to quarantine and all others are written.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection, sql

from intercom_etl.batch import Batch, ChildRows, Item, Reject, Row
from intercom_etl.load import merge
from intercom_etl.load.bury import bury_elsewhere
from intercom_etl.load.copy import copy_rows
from intercom_etl.load.history import keep_versions, read_history
from intercom_etl.load.poison import REFUSALS, is_poison, part_reject_of, reject_of
from intercom_etl.load.quarantine import Settled, record_rejects
from intercom_etl.load.retried import settle_retried, write_part
from intercom_etl.load.rows import part_rows, record_rows
from intercom_etl.load.target import Target
from intercom_etl.load.unknown import record_unknown
from intercom_etl.postgres.catalog import Table, read_tables
from intercom_etl.postgres.connection import mapped_errors
from intercom_etl.report import Written
from intercom_etl.request import DELETE_SHARE
from intercom_etl.stream import Children, Stream

Tx = AsyncConnection[dict[str, Any]]


class Loader:
    """Writes batches of one stream through one connection."""

    def __init__(self, stream: Stream, tables: dict[str, Table], *, keep_history: bool) -> None:
        self.stream = stream
        self.keeps_history = keep_history
        self._target = Target.of(tables[stream.name], stream.model)
        self._children: list[tuple[Children, Target]] = [
            (child, Target.of(tables[child.table], child.model, child.parent_key))
            for child in stream.children
        ]
        target = self._target
        versions = keep_versions(target.table, target.columns) if keep_history else None
        self._merge = merge.merge_records(target.table, target.columns, versions)
        self._bury = merge.bury_records(target.table, target.columns)
        self._accepted = merge.accepted_parents(target.table)
        self._merge_children = {c.table: merge.merge_children(t.table, t.columns) for c, t in self._children}
        self._bury_children = {
            c.table: merge.bury_missing_children(t.table, c.parent_key) for c, t in self._children
        }

    @property
    def table(self) -> Table:
        """The stream's own table."""
        return self._target.table

    @classmethod
    async def create(cls, tx: Tx, stream: Stream, *, history: Collection[str] = ()) -> "Loader":
        """Raises SchemaError when a table or a column that the stream writes is missing.

        `history` are the names of streams of which every version is kept.
        """
        with mapped_errors():
            loader = cls(stream, await read_tables(tx, stream.tables), keep_history=stream.name in history)
            if loader.keeps_history:
                await read_history(tx, stream.name, loader._target.columns)
        return loader

    async def write(
        self,
        tx: Tx,
        batch: Batch,
        *,
        workspace_id: str,
        run_id: int,
        now: datetime,
        share_allowed: float = DELETE_SHARE,
    ) -> Written:
        """Writes all items and rejects of the batch; the caller commits.

        `share_allowed` below 1 doubts a batch that empties all lists which it speaks of. Raises
        MassDeletionError then.
        """
        written = Written()
        rejects = list(batch.rejects)
        items = batch.newest_only()
        if items:
            for target in self._targets():
                await tx.execute(target.create)
            await self._write_items(tx, items, workspace_id, now, written, rejects)
        written.buried += await bury_elsewhere(
            tx, self.stream, self.table, batch, items, workspace_id=workspace_id, share_allowed=share_allowed
        )
        if batch.retried is not None:
            rejects = await self._settle_retried(tx, batch, rejects, workspace_id, run_id, now, written)
        quarantined = await record_rejects(
            tx,
            self.stream,
            rejects,
            Settled(
                ids=[item.id for item in items],
                gone=[item.id for item in items if item.gone is not None],
                whole=batch.whole,
            ),
            fetched_at=batch.fetched_at,
            workspace_id=workspace_id,
            run_id=run_id,
            now=now,
            but=[batch.retried.entry] if batch.retried is not None else (),
        )
        written.rejected += quarantined.kept
        written.dropped = quarantined.dropped
        await record_unknown(tx, batch, workspace_id=workspace_id, run_id=run_id)
        return written

    async def _settle_retried(
        self,
        tx: Tx,
        batch: Batch,
        rejects: list[Reject],
        workspace_id: str,
        run_id: int,
        now: datetime,
        written: Written,
    ) -> list[Reject]:
        """Writes the part that the batch holds, and says in its entry what became of it."""
        for declared, target in self._children:
            if batch.retried is not None and batch.retried.table == declared.table:
                rejects += await write_part(tx, self.table, declared, target, batch, workspace_id, written)
        known = {"workspace_id": workspace_id, "run_id": run_id, "now": now}
        return await settle_retried(tx, self.stream, self.table, batch, rejects, known, written)

    async def _clear_staging(self, tx: Tx) -> None:
        """Between the halves of one batch; at a commit PostgreSQL does it."""
        for target in self._targets():
            await tx.execute(sql.SQL("delete from {}").format(merge.staging(target.table)))

    def _targets(self) -> list[Target]:
        return [self._target, *(target for _, target in self._children)]

    async def _write_items(
        self,
        tx: Tx,
        items: Sequence[Item],
        workspace_id: str,
        now: datetime,
        written: Written,
        rejects: list[Reject],
    ) -> None:
        try:
            async with tx.transaction():
                done = await self._stage_and_merge(tx, items, workspace_id, now)
        except REFUSALS as error:
            if not is_poison(error):
                raise
            await self._isolate(tx, items, workspace_id, now, written, rejects, error)
            return
        written += done

    async def _isolate(
        self,
        tx: Tx,
        items: Sequence[Item],
        workspace_id: str,
        now: datetime,
        written: Written,
        rejects: list[Reject],
        error: Exception,
    ) -> None:
        if len(items) > 1:
            middle = len(items) // 2
            for half in (items[:middle], items[middle:]):
                await self._clear_staging(tx)
                await self._write_items(tx, half, workspace_id, now, written, rejects)
            return
        item = items[0]
        await self._clear_staging(tx)
        sound, poisoned = await self._without_poisoned_children(tx, item, workspace_id, now)
        if poisoned:
            rejects += poisoned
            await self._clear_staging(tx)
            await self._write_items(tx, [sound], workspace_id, now, written, rejects)
            return
        parent = item.row.values.get(self.stream.parent_key) if self.stream.parent_key else None
        reject = reject_of(self.stream.name, item.id, item.row, error)
        rejects.append(replace(reject, parent_id=parent))

    async def _without_poisoned_children(
        self, tx: Tx, item: Item, workspace_id: str, now: datetime
    ) -> tuple[Item, list[Reject]]:
        """Tries the record and every child alone. Slow, and only after the whole was refused."""
        children = dict(item.children)
        rejects: list[Reject] = []
        if await self._refusal(tx, replace(item, children={}), workspace_id, now) is not None:
            return item, []
        for declared, _ in self._children:
            held = item.children.get(declared.table)
            if held is None:
                continue
            sound: list[Row] = []
            for row in held.rows:
                alone = replace(item, children={declared.table: ChildRows((row,), complete=False)})
                error = await self._refusal(tx, alone, workspace_id, now)
                if error is None:
                    sound.append(row)
                    continue
                rejects.append(part_reject_of(declared, item.id, row, error))
            if len(sound) < len(held.rows):
                children[declared.table] = ChildRows(tuple(sound), complete=False)
        return replace(item, children=children), rejects

    async def _refusal(self, tx: Tx, item: Item, workspace_id: str, now: datetime) -> Exception | None:
        """What PostgreSQL has against the item's values; nothing of it stays written."""
        try:
            async with tx.transaction(force_rollback=True):
                await self._stage_and_merge(tx, [item], workspace_id, now)
        except REFUSALS as error:
            if not is_poison(error):
                raise
            return error
        return None

    async def _stage_and_merge(
        self, tx: Tx, items: Sequence[Item], workspace_id: str, now: datetime
    ) -> Written:
        rows = record_rows(items, workspace_id)
        await copy_rows(tx, self._target.copy, self._target.types, rows)
        written = Written()
        live = sum(item.gone is None for item in items)
        if live:
            counts = await _counts(tx, self._merge)
            written.inserted, written.updated = counts
            written.unchanged = live - sum(counts)
            written.by_table[self.stream.name] = sum(counts)
        if live < len(items):
            written.buried = (await tx.execute(self._bury)).rowcount
        if any(item.children for item in items):
            accepted = {row["id"] for row in await (await tx.execute(self._accepted)).fetchall()}
            sound = [item for item in items if item.id in accepted]
            for declared, target in self._children:
                await self._replace_children(tx, declared, target, sound, workspace_id, now, written)
        return written

    async def _replace_children(
        self,
        tx: Tx,
        declared: Children,
        target: Target,
        items: Sequence[Item],
        workspace_id: str,
        now: datetime,
        written: Written,
    ) -> None:
        """Upserts the children of these records; those missing from a whole list are tombstoned."""
        held = [item for item in items if declared.table in item.children]
        if any(item.children[declared.table].rows for item in held):
            rows = part_rows(declared, held, workspace_id)
            await copy_rows(tx, target.copy, target.types, rows)
            counts = await _counts(tx, self._merge_children[declared.table])
            written.by_table[declared.table] = sum(counts)
        whole = [item.id for item in held if item.children[declared.table].complete]
        if whole:
            await tx.execute(
                self._bury_children[declared.table],
                {"now": now, "workspace_id": workspace_id, "parents": whole},
            )


async def _counts(tx: Tx, statement: sql.Composed) -> tuple[int, int]:
    row = await (await tx.execute(statement)).fetchone()
    return (row["inserted"], row["updated"]) if row else (0, 0)
