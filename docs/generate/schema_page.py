"""Every table and view, read from a database that all migrations were applied to."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from docs.generate.markdown import made_from, table
from intercom_etl.postgres.connection import open_database
from intercom_etl.postgres.embedded import EmbeddedPostgres
from intercom_etl.postgres.schema import bring_up_to_date

SCHEMAS = {
    "intercom": "The workspace. Every table also keeps the record as it came, in `raw`.",
    "etl": "Bookkeeping: what ran, how far each stream is, what was refused.",
    "analytics": "Views for reading.",
}

COLUMNS = """
select n.nspname as schema, c.relname as table, c.relkind in ('v', 'm') as is_view,
       obj_description(c.oid, 'pg_class') as table_comment,
       a.attname as column, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
       col_description(c.oid, a.attnum) as comment, a.attnum = any (i.indkey) as in_key,
       a.attgenerated <> '' as from_raw
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_index i on i.indrelid = c.oid and i.indisprimary
 where n.nspname = any (%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm')
 order by array_position(%(schemas)s, n.nspname::text), c.relname, a.attnum
"""
INDEXES = """
select schemaname as schema, tablename as table, indexdef as definition
  from pg_indexes where schemaname = any (%(schemas)s) and indexname not like '%%_pkey' order by indexname
"""


def schema_page() -> str:
    """Every table and view, read from a database made for it."""
    columns, indexes = asyncio.run(_read_schema())
    text = "# Schema\n\n" + made_from("`sql/`")
    text += (
        "\nA bold column belongs to the key. Columns that every table of schema `intercom` has: "
        "`workspace_id` (several workspaces may share a database), `raw` (the JSON as it came), `synced_at` "
        "(when the API was asked for it), `deleted_at` and `deletion_reason` (the original is gone, "
        "the row stays). Times are `timestamptz`, ids are `text`. `from raw`: the database itself takes the "
        "column out of `raw`.\n"
    )
    text += "\n## How tables hang together\n\n" + _diagram(columns)
    for schema, what in SCHEMAS.items():
        tables = list(dict.fromkeys(row["table"] for row in columns if row["schema"] == schema))
        if not tables:
            continue
        text += f"\n## {schema}\n\n{what}\n"
        for name in tables:
            mine = [row for row in columns if (row["schema"], row["table"]) == (schema, name)]
            text += f"\n### {schema}.{name}\n\n{mine[0]['table_comment'] or ''}\n\n"
            text += table(("column", "type", "meaning"), [_column(row) for row in mine])
            made = [row["definition"] for row in indexes if (row["schema"], row["table"]) == (schema, name)]
            if made:
                text += "\nIndexes: " + ", ".join(f"`{_index(definition)}`" for definition in made) + "\n"
    return text


# whose ids stand in a column, where its name does not say it
POINTS_AT = {
    "admin_assignee_id": "admins",
    "author_id": None,  # a contact, a teammate, or a bot
    "owner_id": "admins",
    "team_assignee_id": "teams",
    "teammate_id": "admins",
}


def _diagram(columns: list[dict[str, Any]]) -> str:
    """An entity-relationship diagram in Mermaid: tables of schema `intercom`, and whose ids they hold."""
    tables = list(dict.fromkeys(row["table"] for row in columns if row["schema"] == "intercom"))
    text = (
        "Which table holds whose ids, by the names of columns; nothing is enforced, since records arrive in "
        "any order.\n\n"
    )
    text += "```mermaid\nerDiagram\n"
    for row in columns:
        target = _points_at(row["column"], tables)
        if row["schema"] == "intercom" and target is not None and target != row["table"]:
            many = "|o--o{" if not row["in_key"] else "||--o{"
            text += f"    {target} {many} {row['table']} : {row['column']}\n"
    return text + "```\n"


def _points_at(column: str, tables: list[str]) -> str | None:
    if column in POINTS_AT:
        return POINTS_AT[column]
    stem = column.removesuffix("_id")
    plural = stem.removesuffix("y") + "ies" if stem.endswith("y") else stem + "s"
    return plural if column.endswith("_id") and plural in tables else None


async def _read_schema() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    asked = {"schemas": list(SCHEMAS)}
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres(Path(folder), durable=False).running() as url,
    ):
        async with open_database(url) as database:
            await bring_up_to_date(database)
            columns = await (await database.connection.execute(COLUMNS, asked)).fetchall()
            indexes = await (await database.connection.execute(INDEXES, asked)).fetchall()
            return columns, indexes


def _column(row: dict[str, Any]) -> tuple[str, ...]:
    name = f"**`{row['column']}`**" if row["in_key"] else f"`{row['column']}`"
    kind = row["type"].replace("timestamp with time zone", "timestamptz")
    if row["required"] and not row["in_key"]:
        kind += ", required"
    if row["from_raw"]:
        kind += ", from raw"
    return name, kind, row["comment"] or ""


def _index(definition: str) -> str:
    unique = "unique " if definition.startswith("CREATE UNIQUE") else ""
    return unique + definition.split(" USING btree ", 1)[-1]
