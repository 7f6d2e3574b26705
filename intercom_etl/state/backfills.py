"""How far a span that is read by itself has been read. Moves in a transaction of its own, behind the rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import AsyncConnection

from intercom_etl.errors import LeaseLostError
from intercom_etl.postgres.connection import Database, fetch_rows
from intercom_etl.state.leases import Lease


@dataclass(frozen=True, slots=True)
class Backfill:
    """One span; `done_to` is where the next run goes on, `records` is how many were read so far."""

    id: int
    stream: str
    from_at: datetime
    to_at: datetime
    step: timedelta
    done_to: datetime
    records: int


async def open_backfill(
    tx: AsyncConnection[dict[str, Any]],
    lease: Lease,
    *,
    stream: str,
    from_at: datetime,
    to_at: datetime,
    step: timedelta,
    is_open: bool,
    run_id: int,
    now: datetime,
) -> Backfill:
    """The unfinished one of just this span, or a new one.

    `is_open`: the span has no end of its own, so that the last unfinished one with its beginning is the
    same; it is extended to `to_at`.
    """
    rows = await fetch_rows(
        tx,
        "open_backfill",
        {
            "workspace_id": lease.workspace_id,
            "epoch": lease.epoch,
            "stream": stream,
            "from_at": from_at,
            "to_at": to_at,
            "step": step,
            "is_open": is_open,
            "run_id": run_id,
            "now": now,
        },
    )
    return Backfill(**rows[0])


async def find_backfill(database: Database, number: int) -> dict[str, Any] | None:
    """The backfill of that number, finished or not; None when there is none."""
    return await database.row("find_backfill", {"id": number})


async def advance_backfill(
    tx: AsyncConnection[dict[str, Any]],
    lease: Lease,
    number: int,
    *,
    done_to: datetime,
    records: int,
    run_id: int,
    now: datetime,
) -> None:
    """A window was read to its end. Raises LeaseLostError when a later epoch has written the row."""
    known = {"id": number, "epoch": lease.epoch, "done_to": done_to, "records": records, "run_id": run_id}
    if not await fetch_rows(tx, "advance_backfill", {**known, "now": now}):
        raise LeaseLostError(
            f"a later run has moved backfill `{number}`", "nothing was lost; see `intercom-etl runs`"
        )
