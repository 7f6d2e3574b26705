"""COPY of typed rows into a staging table, in binary with the column types of the live table."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb


async def copy_rows(
    tx: AsyncConnection[dict[str, Any]],
    statement: sql.Composed,
    types: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Streams `rows` into the COPY `statement`; every value is checked against its type first.

    Binary COPY stores an int that does not fit silently wrong, so models bound their ints and
    tables use bigint throughout.
    """
    async with tx.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            await copy.write_row(row)


def json_text(text: bytes) -> Jsonb:
    """JSON text as a jsonb value, byte for byte, without decoding it here."""
    return Jsonb(text, dumps=_as_it_is)


def _as_it_is(text: bytes) -> bytes:
    return text
