"""Tombstones what is gone without having been named: missing from a list that was read whole.

Only after a whole reading, and never in masses: a broken endpoint that answers with an empty list
must not delete anything.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection, sql

from intercom_etl.batch import Batch, Item
from intercom_etl.errors import MassDeletionError
from intercom_etl.postgres.catalog import Table
from intercom_etl.postgres.connection import mapped_errors
from intercom_etl.stream import Burial, Stream

log = logging.getLogger(__name__)

Tx = AsyncConnection[dict[str, Any]]

# that many may always go: the share of a handful says nothing
ALWAYS_ALLOWED = 3
# the server's clock is known to the second, anew in each run
CLOCK_SLACK = timedelta(seconds=2)


@dataclass(slots=True)
class Seen:
    """The ids that a whole reading has named, in a temporary table of the connection.

    Not in memory: a workspace may have millions. `has_nameless`: a record had no usable id, so
    any stored one may have been listed. Of a collection of several lists (`list_key` is the column
    that tells them apart) only what stands in one of `lists` can be missing.
    """

    table: Table
    list_key: str | None = None
    has_nameless: bool = False
    lists: set[str] = field(default_factory=set)

    @classmethod
    async def begin(cls, tx: Tx, table: Table, list_key: str | None = None) -> "Seen":
        """An empty one; a connection has one for each table."""
        seen = cls(table, list_key)
        with mapped_errors():
            await tx.execute(
                sql.SQL("create temporary table if not exists {} (id text not null)").format(seen._name)
            )
            await tx.execute(sql.SQL("truncate {}").format(seen._name))
        return seen

    async def add(self, tx: Tx, batch: Batch) -> None:
        """Everything that the batch says exists. Belongs into the transaction of the batch."""
        self.has_nameless = self.has_nameless or batch.has_nameless()
        self.lists.update(batch.whole)
        async with tx.cursor() as cursor:
            await cursor.execute(
                sql.SQL("insert into {} select unnest(%s::text[])").format(self._name), (batch.listed_ids(),)
            )

    async def absent(
        self, tx: Tx, *, workspace_id: str, before: datetime, share_allowed: float, announced: int | None
    ) -> list[str]:
        """The ids of live rows that were not named; none when the reading may have missed some.

        `before` is when the reading began: rows stored since then may be newer than it. `announced`
        is how many records there should have been. Raises MassDeletionError when all rows or more
        than `share_allowed` of them are missing.
        """
        if self.has_nameless or await self._is_short(tx, announced):
            return []
        await tx.execute(sql.SQL("analyze {}").format(self._name))
        target = sql.Identifier("intercom", self.table.name)
        found = await tx.execute(
            sql.SQL(
                "select t.id from {target} t where t.workspace_id = %(workspace_id)s and t.deleted_at is null"
                " and t.synced_at <= %(before)s and not exists (select from {seen} s where s.id = t.id)"
                "{listed} order by t.id"
            ).format(target=target, seen=self._name, listed=self._of_lists),
            {"workspace_id": workspace_id, "before": before, "lists": list(self.lists)},
        )
        missing = [row["id"] for row in await found.fetchall()]
        if missing:
            counted = await tx.execute(
                sql.SQL(
                    "select count(*) as live from {} t"
                    " where workspace_id = %(workspace_id)s and deleted_at is null{}"
                ).format(target, self._of_lists),
                {"workspace_id": workspace_id, "lists": list(self.lists)},
            )
            row = await counted.fetchone()
            refuse_masses(self.table.name, len(missing), row["live"] if row else 0, share_allowed)
        return missing

    async def count(self, tx: Tx) -> int:
        """How many records were named."""
        found = await tx.execute(sql.SQL("select count(distinct id) as named from {}").format(self._name))
        row = await found.fetchone()
        return row["named"] if row else 0

    async def among(self, tx: Tx, ids: Collection[str]) -> set[str]:
        """Those of these that were named."""
        found = await tx.execute(
            sql.SQL("select distinct id from {} where id = any (%s)").format(self._name), (list(ids),)
        )
        return {row["id"] for row in await found.fetchall()}

    async def leaves_out(self, tx: Tx, missing: int, announced: int | None) -> bool:
        """Whether by the API's count so many could be missing from the reading alone, and not be gone."""
        return announced is not None and announced - await self.count(tx) >= missing

    async def _is_short(self, tx: Tx, announced: int | None) -> bool:
        named = await self.count(tx)
        if announced is None or named >= announced:
            return False
        log.warning(
            "%d of %d %s were listed: whatever is missing is not marked as deleted",
            named, announced, self.table.name,
        )  # fmt: skip
        return True

    @property
    def _of_lists(self) -> sql.Composed:
        if self.list_key is None:
            return sql.SQL("").format()
        return sql.SQL(" and t.{} = any (%(lists)s)").format(sql.Identifier(self.list_key))

    @property
    def _name(self) -> sql.Identifier:
        return sql.Identifier(f"seen_{self.table.name}")


def refuse_masses(name: str, missing: int, live: int, share_allowed: float) -> None:
    """Raises MassDeletionError when so many of the live rows are missing that the list is doubted."""
    everything = missing >= live and share_allowed < 1
    if everything or (missing > ALWAYS_ALLOWED and missing > share_allowed * live):
        raise MassDeletionError(
            f"{missing} of {live} stored {name} are not listed any more: none was marked as deleted",
            "look into Intercom; if they are really gone, run again with `--allow-mass-delete`",
        )


async def bury_absent(tx: Tx, table: Table, ids: Sequence[str], *, workspace_id: str, at: datetime) -> int:
    """Marks the rows of these ids as gone from a list that is believed."""
    statement = sql.SQL(
        "update {} set deleted_at = %(at)s, deletion_reason = 'absent'"
        " where workspace_id = %(workspace_id)s and id = any (%(ids)s) and deleted_at is null"
    ).format(sql.Identifier("intercom", table.name))
    return (await tx.execute(statement, {"workspace_id": workspace_id, "ids": list(ids), "at": at})).rowcount


async def bury_elsewhere(
    tx: Tx,
    stream: Stream,
    table: Table,
    batch: Batch,
    items: Sequence[Item],
    *,
    workspace_id: str,
    share_allowed: float,
) -> int:
    """Marks what a batch of the stream says of rows that are not in it; `items` are those written.

    Raises MassDeletionError when `share_allowed` is below 1 and several lists had something in them
    and now all are empty.
    """
    buried = 0
    if batch.whole and stream.has_whole_lists and stream.parent_key is not None:
        buried += await _bury_removed(
            tx, table, stream.parent_key, batch, workspace_id=workspace_id, share_allowed=share_allowed
        )
    if items and stream.burial is not None:
        buried += await _bury_named(tx, stream.burial, items, workspace_id=workspace_id)
    return buried


async def _bury_removed(
    tx: Tx, table: Table, parent_key: str, batch: Batch, *, workspace_id: str, share_allowed: float
) -> int:
    """Marks what is stored of the batch's whole lists and is not in the batch."""
    statement = sql.SQL(
        "update {target} set deleted_at = %(at)s, deletion_reason = 'removed'"
        " where workspace_id = %(workspace_id)s and {parent_key} = any (%(parents)s)"
        " and deleted_at is null and synced_at <= %(before)s and id <> all (%(ids)s)"
        " returning {parent_key} as parent"
    ).format(target=sql.Identifier("intercom", table.name), parent_key=sql.Identifier(parent_key))
    ids = batch.listed_ids()
    known = {
        "workspace_id": workspace_id,
        "parents": list(batch.whole),
        "ids": ids,
        "at": batch.fetched_at,
        "before": batch.fetched_at + CLOCK_SLACK,
    }
    gone = [row["parent"] for row in await (await tx.execute(statement, known)).fetchall()]
    emptied = len(set(gone))
    if not ids and share_allowed < 1 and emptied > ALWAYS_ALLOWED:
        raise MassDeletionError(
            f"{emptied} lists of {table.name} are all empty now: nothing of them was marked as deleted",
            "look into Intercom; if that is so, run again with `--allow-mass-delete`",
        )
    return len(gone)


async def _bury_named(tx: Tx, burial: Burial, items: Sequence[Item], *, workspace_id: str) -> int:
    """Marks the rows of another table that these records say are gone, and since when.

    They know better than a record that was not found, and than the time at which we noticed.
    """
    statement = sql.SQL(
        "update {} t set deleted_at = named.at, deletion_reason = %(reason)s"
        " from unnest(%(ids)s::text[], %(times)s::timestamptz[]) as named (id, at)"
        " where t.workspace_id = %(workspace_id)s and t.id = named.id"
        " and (t.deleted_at is null or t.deletion_reason in ('not_found', 'absent')"
        " or t.deletion_reason = %(reason)s and t.deleted_at <> named.at)"
    ).format(sql.Identifier("intercom", burial.table))
    known = {
        "workspace_id": workspace_id,
        "reason": burial.reason,
        "ids": [item.id for item in items],
        "times": [item.row.values[burial.at] or item.fetched_at for item in items],
    }
    return (await tx.execute(statement, known)).rowcount
