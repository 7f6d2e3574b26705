"""How far each stream is known to be complete. Moves only inside the transaction of the rows it speaks of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from intercom_etl.errors import LockHeldError
from intercom_etl.postgres.connection import Database, fetch_rows
from intercom_etl.state.leases import Lease


@dataclass(frozen=True, slots=True)
class Bookmark:
    """`value`: every change up to here is stored. `resume_from`: how far an unfinished run had read."""

    value: datetime | None = None
    resume_from: datetime | None = None
    completed_at: datetime | None = None


async def read_bookmarks(database: Database, workspace_id: str) -> dict[str, Bookmark]:
    """All bookmarks of a workspace by stream name."""
    rows = await database.rows("list_bookmarks", {"workspace_id": workspace_id})
    return {row["stream"]: Bookmark(row["value"], row["resume_from"], row["completed_at"]) for row in rows}


async def remember(
    tx: AsyncConnection[dict[str, Any]],
    lease: Lease,
    stream: str,
    *,
    run_id: int,
    resume_from: datetime | None,
) -> None:
    """Notes how far an unfinished run has read; None when that cannot be said (any more).

    Raises LockHeldError when a later epoch has written the bookmark.
    """
    await _write(tx, "remember_resume_point", lease, stream, run_id=run_id, resume_from=resume_from)


async def advance(
    tx: AsyncConnection[dict[str, Any]],
    lease: Lease,
    stream: str,
    *,
    run_id: int,
    value: datetime | None,
    completed_at: datetime,
) -> None:
    """The stream was read to its end: moves the bookmark forward, never back, forgets where to resume.

    `value` is None for streams that are read whole. Raises LockHeldError when a later epoch has
    written the bookmark.
    """
    await _write(tx, "advance_bookmark", lease, stream, run_id=run_id, value=value, completed_at=completed_at)


async def _write(
    tx: AsyncConnection[dict[str, Any]], query: str, lease: Lease, stream: str, **fields: Any
) -> None:
    key = {"workspace_id": lease.workspace_id, "stream": stream, "epoch": lease.epoch}
    if not await fetch_rows(tx, query, {**key, **fields}):
        raise LockHeldError(
            f"a later run has moved the bookmark of `{stream}`", "nothing was lost; see `intercom-etl runs`"
        )
