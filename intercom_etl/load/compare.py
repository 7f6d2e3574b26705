"""Compares records with what is stored of them: the staging tables as for a merge, and no merge.

Everything happens in a transaction that is undone, so a comparison leaves nothing behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from psycopg import AsyncConnection, sql

from intercom_etl.batch import Item
from intercom_etl.load.merge import STANDARD, staging
from intercom_etl.load.write import Loader
from intercom_etl.postgres.catalog import Table
from intercom_etl.postgres.connection import mapped_errors
from intercom_etl.stream import Children

Kind = Literal["missing", "differs", "extra"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of `table` that is not what the record says; `record` is the id of the record it belongs to.

    `columns` are those that differ. `extra`: the row is stored and the record has no such child.
    """

    table: str
    record: str
    kind: Kind
    columns: tuple[str, ...] = ()


class Comparer:
    """Compares records of one stream through one connection."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        columns = loader.columns
        own = loader.table
        self._records = _differing(own, columns[own.name], sql.Identifier("id"))
        self._children = [
            (
                declared,
                table,
                _differing(table, columns[table.name], sql.Identifier(declared.parent_key)),
                _extra(table, declared),
            )
            for declared, table in loader.children
        ]

    async def differences(
        self, tx: AsyncConnection[dict[str, Any]], items: Sequence[Item], workspace_id: str
    ) -> list[Difference]:
        """What is stored otherwise than these items say, one of each id; gone ones are not looked at."""
        live = [item for item in items if item.gone is None]
        if not live:
            return []
        found: list[Difference] = []
        with mapped_errors():
            async with tx.transaction(force_rollback=True):
                await self._loader.stage(tx, live, workspace_id)
                found += await _rows(tx, self._records, self._loader.table, None)
                for declared, table, differing, extra in self._children:
                    found += await _rows(tx, differing, table, None)
                    whole = [
                        i.id
                        for i in live
                        if declared.table in i.children and i.children[declared.table].complete
                    ]
                    if whole:
                        found += await _rows(
                            tx, extra, table, {"workspace_id": workspace_id, "parents": whole}
                        )
        return found


async def _rows(
    tx: AsyncConnection[dict[str, Any]], statement: sql.Composed, table: Table, params: dict[str, Any] | None
) -> list[Difference]:
    found = await (await tx.execute(statement, params)).fetchall()
    return [Difference(table.name, row["record"], row["kind"], tuple(row["columns"])) for row in found]


def _differing(table: Table, columns: tuple[str, ...], record: sql.Identifier) -> sql.Composed:
    """Staged rows that are not stored, or not live, or stored with other values."""
    compared = [column for column in columns if column not in (*table.key, *STANDARD)]
    same_key = sql.SQL(" and ").join(
        sql.SQL("t.{c} = s.{c}").format(c=sql.Identifier(column)) for column in table.key
    )
    differs = sql.SQL(", ").join(
        sql.SQL("case when t.{c} is distinct from s.{c} then {name} end").format(
            c=sql.Identifier(column), name=sql.Literal(column)
        )
        for column in compared
    )
    return sql.SQL(
        "select * from (select s.{record} as record,"
        " case when t.workspace_id is null or t.deleted_at is not null then 'missing' else 'differs' end"
        " as kind, array_remove(array[{differs}]::text[], null) as columns"
        " from {staging} s left join {target} t on {same_key}) as compared"
        " where kind = 'missing' or cardinality(columns) > 0"
    ).format(
        record=record,
        differs=differs,
        staging=staging(table),
        target=sql.Identifier("intercom", table.name),
        same_key=same_key,
    )


def _extra(table: Table, declared: Children) -> sql.Composed:
    """Live children of %(parents)s that were not staged."""
    same_key = sql.SQL(" and ").join(
        sql.SQL("t.{c} = s.{c}").format(c=sql.Identifier(column)) for column in table.key
    )
    return sql.SQL(
        "select t.{parent} as record, 'extra' as kind, array[]::text[] as columns from {target} t"
        " where t.workspace_id = %(workspace_id)s and t.{parent} = any (%(parents)s) and t.deleted_at is null"
        " and not exists (select from {staging} s where {same_key})"
    ).format(
        parent=sql.Identifier(declared.parent_key),
        target=sql.Identifier("intercom", table.name),
        staging=staging(table),
        same_key=same_key,
    )
