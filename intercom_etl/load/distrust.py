"""Lets what the API says now replace what is stored of a record, newer or not: only to put right a table."""

from typing import Any

from psycopg import AsyncConnection

from intercom_etl.batch import Batch
from intercom_etl.load import merge
from intercom_etl.postgres.catalog import Table


async def distrust(
    tx: AsyncConnection[dict[str, Any]], table: Table, batch: Batch, *, workspace_id: str
) -> None:
    """Makes what is stored of these records older than the batch, in the transaction that then writes it."""
    items = batch.newest_only()
    await tx.execute(
        merge.distrust(table),
        {
            "workspace_id": workspace_id,
            "ids": [item.id for item in items],
            "versions": [item.version for item in items],
            "times": [item.fetched_at for item in items],
            "live": [item.gone is None for item in items],
        },
    )
