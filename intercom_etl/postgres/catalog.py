"""What the live tables look like: the loader asks the database for column types, not the code."""

from dataclasses import dataclass, field
from typing import Any

from psycopg import AsyncConnection

from intercom_etl.errors import SchemaError
from intercom_etl.postgres.connection import fetch_rows


@dataclass(frozen=True, slots=True)
class Table:
    """A table of schema `intercom`: types by column, in order, and the columns of its key.

    `generated` are the expressions of columns that the database makes itself; they are not in `columns`.
    """

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]
    generated: dict[str, str] = field(default_factory=dict)


async def read_tables(tx: AsyncConnection[dict[str, Any]], names: tuple[str, ...]) -> dict[str, Table]:
    """The named tables. Raises SchemaError naming one that is missing."""
    rows = await fetch_rows(tx, "list_columns", {"tables": list(names)})
    tables: dict[str, Table] = {}
    for name in names:
        mine = [row for row in rows if row["table_name"] == name]
        if not mine:
            raise SchemaError(
                f"table `intercom.{name}` is missing",
                "run `intercom-etl migrate`; if that finds nothing to do, somebody dropped the table: "
                "restore it, or load into a fresh database",
            )
        tables[name] = Table(
            name,
            {row["column_name"]: row["type_name"] for row in mine if row["generated_as"] is None},
            tuple(
                row["column_name"]
                for row in sorted(mine, key=lambda row: row["key_position"] or 0)
                if row["key_position"] is not None
            ),
            {row["column_name"]: row["generated_as"] for row in mine if row["generated_as"] is not None},
        )
    return tables


def require_columns(table: Table, columns: set[str]) -> None:
    """Raises SchemaError naming the columns that the program writes and the table lacks."""
    missing = sorted(columns - table.columns.keys())
    if missing:
        raise SchemaError(
            f"table `intercom.{table.name}` lacks the column(s) {', '.join(f'`{name}`' for name in missing)}",
            "somebody changed the table: restore the column(s), or load into a fresh database",
        )
