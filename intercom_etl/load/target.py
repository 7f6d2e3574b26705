"""A table that rows are written to, with the statements that bring them into its staging table."""

from dataclasses import dataclass
from typing import Self

from psycopg import sql

from intercom_etl.load import merge
from intercom_etl.postgres.catalog import Table, require_columns
from intercom_etl.record import Record


@dataclass(frozen=True, slots=True)
class Target:
    """A table with its statements, composed once."""

    table: Table
    columns: tuple[str, ...]
    types: tuple[str, ...]
    create: sql.Composed
    copy: sql.Composed

    @classmethod
    def of(cls, table: Table, model: type[Record], parent_key: str | None = None) -> Self:
        """Raises SchemaError when the table lacks a column that the model has."""
        lead = ("workspace_id",) if parent_key is None else ("workspace_id", parent_key)
        columns = (*lead, *model.model_fields, *merge.STANDARD)
        require_columns(table, set(columns))
        types = tuple(table.columns[column] for column in columns)
        return cls(table, columns, types, merge.create_staging(table), merge.copy_in(table, columns))
