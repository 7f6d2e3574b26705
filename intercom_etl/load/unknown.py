"""Keeps count of members that the API sends and no model knows, for `status` to name."""

from typing import Any

from psycopg import AsyncConnection

from intercom_etl.batch import Batch
from intercom_etl.postgres.connection import fetch_rows


async def record_unknown(
    tx: AsyncConnection[dict[str, Any]], batch: Batch, *, workspace_id: str, run_id: int
) -> None:
    """Adds the counts of one batch; a batch that is written twice counts twice."""
    if not batch.unknown:
        return
    await fetch_rows(
        tx,
        "record_unknown_fields",
        {
            "workspace_id": workspace_id,
            "streams": [table for table, _ in batch.unknown],
            "fields": [name for _, name in batch.unknown],
            "counts": list(batch.unknown.values()),
            "seen_at": batch.fetched_at,
            "run_id": run_id,
        },
    )
