"""Compares records with what is stored of them: the staging tables as for a merge, and no merge.

Everything happens in a transaction that is undone, so a comparison leaves nothing behind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, LiteralString, cast

from psycopg import AsyncConnection, sql

from intercom_etl.batch import Item
from intercom_etl.load.copy import copy_rows
from intercom_etl.load.merge import STANDARD, staging
from intercom_etl.load.rows import part_rows, record_rows
from intercom_etl.load.target import Target
from intercom_etl.load.write import Loader
from intercom_etl.postgres.catalog import Table
from intercom_etl.postgres.connection import mapped_errors
from intercom_etl.stream import Children

Kind = Literal["missing", "differs", "extra"]

# addresses of files carry a signature that is another in every answer: in their own columns, and in texts
SIGNED = "attachments"
SIGNATURE = r"""(://[^\s"'<>?]*(?:intercomcdn|intercom-attachments)[^\s"'<>?]*)\?[^\s"'<>]*"""
NOTHING = sql.SQL("")
UNSIGNED = sql.SQL(
    " and regexp_replace(t.{c}, {signature}, {address}, 'g') is distinct from"
    " regexp_replace(s.{c}, {signature}, {address}, 'g')"
)


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
    """Compares records of one stream through one connection.

    `own_text`: the records are made from the stored text, so that what is stored of their children's must
    be just that. Of records that are fetched anew, texts differ in what no column shows.
    """

    def __init__(self, loader: Loader, *, own_text: bool = False) -> None:
        self._own = loader.target
        self._records = _differing(self._own, sql.Identifier("id"))
        self._children = [
            (
                declared,
                target,
                _differing(target, sql.Identifier(declared.parent_key), own_text=own_text),
                _extra(target.table, declared),
            )
            for declared, target in loader.children
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
                await _stage(tx, self._own, record_rows(live, workspace_id))
                found += await _rows(tx, self._records, self._own.table, None)
                for declared, target, differing, extra in self._children:
                    held = [item for item in live if declared.table in item.children]
                    await _stage(tx, target, part_rows(declared, held, workspace_id))
                    # the elements of a list that was cut off say less than those of its rest
                    brief = {item.id for item in held if _is_brief(item, declared)}
                    rows = await _rows(tx, differing, target.table, None)
                    found += [row for row in rows if row.kind == "missing" or row.record not in brief]
                    whole = [item.id for item in held if item.children[declared.table].complete]
                    if whole:
                        known = {"workspace_id": workspace_id, "parents": whole}
                        found += await _rows(tx, extra, target.table, known)
        return found


def _is_brief(item: Item, declared: Children) -> bool:
    return declared.rest is not None and not item.children[declared.table].complete


async def _stage(
    tx: AsyncConnection[dict[str, Any]], target: Target, rows: Iterable[tuple[Any, ...]]
) -> None:
    await tx.execute(target.create)
    await copy_rows(tx, target.copy, target.types, rows)


async def _rows(
    tx: AsyncConnection[dict[str, Any]], statement: sql.Composed, table: Table, params: dict[str, Any] | None
) -> list[Difference]:
    found = await (await tx.execute(statement, params)).fetchall()
    return [Difference(table.name, row["record"], row["kind"], tuple(row["columns"])) for row in found]


def _differing(target: Target, record: sql.Identifier, *, own_text: bool = False) -> sql.Composed:
    """Staged rows that are not stored, or not live, or stored with other values."""
    table = target.table
    ignored = {*table.key, *STANDARD} - ({"raw"} if own_text else set())
    offered = {column: sql.Identifier(column) for column in target.columns if column not in ignored}
    generated = {column: text for column, text in table.generated.items() if SIGNED not in column}
    made = {column: sql.Identifier(f"made {column}") for column in generated}
    same_key = sql.SQL(" and ").join(
        sql.SQL("t.{c} = s.{c}").format(c=sql.Identifier(column)) for column in table.key
    )
    differs = sql.SQL(", ").join(
        sql.SQL("case when t.{c} is distinct from s.{offered}{unsigned} then {name} end").format(
            c=sql.Identifier(column),
            offered=offered,
            name=sql.Literal(column),
            unsigned=_unsigned(column) if table.columns.get(column) == "text" and not own_text else NOTHING,
        )
        for column, offered in (offered | made).items()
    )
    # what the database makes of `raw` in the table, it makes here of the record's
    makes = [
        sql.SQL(", ({text}) as {name}").format(
            text=sql.SQL(cast("LiteralString", generated[column])), name=name
        )
        for column, name in made.items()
    ]
    return sql.SQL(
        "select * from (select s.{record} as record,"
        " case when t.workspace_id is null or t.deleted_at is not null then 'missing' else 'differs' end"
        " as kind, array_remove(array[{differs}]::text[], null) as columns"
        " from (select *{makes} from {staging}) s left join {target} t on {same_key}) as compared"
        " where kind = 'missing' or cardinality(columns) > 0"
    ).format(
        record=record,
        differs=differs,
        makes=sql.Composed(makes),
        staging=staging(table),
        target=sql.Identifier("intercom", table.name),
        same_key=same_key,
    )


def _unsigned(column: str) -> sql.Composed:
    return UNSIGNED.format(
        c=sql.Identifier(column), signature=sql.Literal(SIGNATURE), address=sql.Literal(r"\1")
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
