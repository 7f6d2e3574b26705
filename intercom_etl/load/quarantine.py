"""Keeps what could not become a row, and closes the matter when a later version could."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from intercom_etl.batch import Reject
from intercom_etl.postgres.connection import fetch_rows
from intercom_etl.stream import Stream


async def record_rejects(
    tx: AsyncConnection[dict[str, Any]],
    stream: Stream,
    rejects: Sequence[Reject],
    *,
    settled: Sequence[str],
    workspace_id: str,
    run_id: int,
    now: datetime,
) -> int:
    """Inserts the rejects, once each however often they come, and returns how many there are.

    Open entries of the records and parents in `settled` are resolved, unless this run itself put
    them there.
    """
    for reject in rejects:
        await fetch_rows(
            tx,
            "record_reject",
            {
                "run_id": run_id,
                "workspace_id": workspace_id,
                "stream": reject.stream,
                "record_id": reject.record_id,
                "parent_id": reject.parent_id,
                "raw": reject.raw,
                "reason": reject.reason,
                "pending": reject.pending,
                "now": now,
            },
        )
    refused = {reject.record_id for reject in rejects if reject.stream == stream.name}
    stored = [identity for identity in settled if identity not in refused]
    if stored:
        await fetch_rows(
            tx,
            "resolve_quarantine",
            {
                "workspace_id": workspace_id,
                "stream": stream.name,
                "tables": list(stream.tables),
                "ids": stored,
                "run_id": run_id,
                "now": now,
            },
        )
    return len(rejects)


async def resolve_nameless(
    tx: AsyncConnection[dict[str, Any]], stream: Stream, *, workspace_id: str, run_id: int, now: datetime
) -> None:
    """Resolves records without a usable id that a whole reading has not met again; no id can say so."""
    await fetch_rows(
        tx,
        "resolve_nameless",
        {"workspace_id": workspace_id, "stream": stream.name, "run_id": run_id, "now": now},
    )
