"""Every version of a record, for those who ask for it: `<table>_history` with valid_from and valid_to.

Versions are written by the very statement that merges the record, so that they are neither lost nor
doubled by anything that is run twice: only what changes the row makes a version.
"""

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection, sql

from intercom_etl.errors import SchemaError
from intercom_etl.postgres.catalog import Table, read_tables, require_columns

Tx = AsyncConnection[dict[str, Any]]


def history_of(name: str) -> str:
    """The name of a table's history."""
    return f"{name}_history"


async def prepare_history(tx: Tx, names: Sequence[str]) -> list[str]:
    """Makes the histories of these tables, and gives them the columns that their tables have got since.

    Returns the names of those that were made. A history that is not asked for any more stays.
    """
    made: list[str] = []
    for name in names:
        known = {
            "table": sql.Identifier("intercom", name),
            "history": sql.Identifier("intercom", history_of(name)),
        }
        found = await (
            await tx.execute("select to_regclass(%s) as there", (f"intercom.{history_of(name)}",))
        ).fetchone()
        if found is None or found["there"] is None:
            await tx.execute(_CREATE.format(**known))
            await tx.execute(
                sql.SQL("comment on table {history} is {text}").format(
                    **known, text=sql.Literal(f"Every version of the rows of intercom.{name} that was seen.")
                )
            )
            made.append(history_of(name))
            continue
        missing = await tx.execute(_MISSING_COLUMNS, {"table": name, "history": history_of(name)})
        for row in await missing.fetchall():
            await tx.execute(
                sql.SQL("alter table {history} add column {column} {kind}").format(
                    **known, column=sql.Identifier(row["name"]), kind=sql.SQL(row["definition"])
                )
            )
    return made


async def _exists(tx: Tx, name: str) -> bool:
    found = await tx.execute("select to_regclass(%s) is not null as there", (f"intercom.{name}",))
    row = await found.fetchone()
    return row is not None and row["there"]


_CREATE = sql.SQL(
    "create table {history} (like {table} including comments including generated including storage"
    " including compression, valid_from timestamptz not null, valid_to timestamptz,"
    " primary key (workspace_id, id, valid_from))"
)
_MISSING_COLUMNS = """
select a.attname as name,
       format_type(a.atttypid, a.atttypmod)
       || case when a.attgenerated = 's'
               then ' generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored' else '' end
       as definition
  from pg_attribute a
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
 where a.attrelid = ('intercom.' || %(table)s)::regclass
   and a.attnum > 0 and not a.attisdropped
   and not exists (select from pg_attribute h
                    where h.attrelid = ('intercom.' || %(history)s)::regclass
                      and h.attname = a.attname and not h.attisdropped)
 order by a.attnum
"""


async def read_history(tx: Tx, name: str, columns: tuple[str, ...]) -> Table:
    """The history of a table. Raises SchemaError when it has not been made yet, or lacks a column."""
    try:
        tables = await read_tables(tx, (history_of(name),))
    except SchemaError as error:
        raise SchemaError(
            f"INTERCOM_ETL_HISTORY names `{name}`, whose history has no table yet",
            "run `intercom-etl migrate`",
        ) from error
    history = tables[history_of(name)]
    require_columns(history, set(columns))
    return history


def keep_versions(table: Table, columns: tuple[str, ...]) -> sql.Composed:
    """Parts of a merge that write each row of `merged` as a version and end the one before.

    A version begins when Intercom changed the record, or, where the record does not say so (its
    `updated_at` stayed, or it has none), when it was seen.
    """
    changed = "m.updated_at" if "updated_at" in table.columns else "null::timestamptz"
    return sql.SQL(
        ", version as ("
        "select m.*, case when latest.valid_from is null then coalesce({changed}, m.synced_at)"
        " when {changed} > greatest(latest.valid_from, latest.valid_to) then {changed}"
        " else greatest(m.synced_at, latest.valid_from) end as valid_from"
        " from merged m left join lateral (select h.valid_from, h.valid_to from {history} h"
        " where h.workspace_id = m.workspace_id and h.id = m.id order by h.valid_from desc limit 1"
        ") latest on true"
        "), ended as ("
        "update {history} h set valid_to = v.valid_from from version v"
        " where h.workspace_id = v.workspace_id and h.id = v.id and h.valid_to is null"
        " and h.valid_from < v.valid_from"
        "), begun as ("
        "insert into {history} ({columns}, valid_from) select {columns}, valid_from from version"
        " on conflict (workspace_id, id, valid_from) do update set {assignments}, valid_to = null"
        ")"
    ).format(
        changed=sql.SQL(changed),
        history=sql.Identifier("intercom", history_of(table.name)),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        assignments=sql.SQL(", ").join(
            sql.SQL("{c} = excluded.{c}").format(c=sql.Identifier(column))
            for column in columns
            if column not in table.key
        ),
    )


async def end_versions(tx: Tx, table: Table, workspace_id: str) -> None:
    """Ends the last version of what is gone, at the time from which it is gone."""
    await tx.execute(
        sql.SQL(
            "update {history} h set valid_to = greatest(t.deleted_at, h.valid_from) from {table} t"
            " where t.workspace_id = %s and t.deleted_at is not null and h.workspace_id = t.workspace_id"
            " and h.id = t.id and h.valid_to is null"
        ).format(
            history=sql.Identifier("intercom", history_of(table.name)),
            table=sql.Identifier("intercom", table.name),
        ),
        (workspace_id,),
    )
