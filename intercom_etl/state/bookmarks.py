"""How far each stream is known to be complete. Moves only inside the transaction of the rows it speaks of."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from intercom_etl.errors import LeaseLostError
from intercom_etl.postgres.connection import Database, fetch_rows
from intercom_etl.state.leases import Lease


@dataclass(frozen=True, slots=True)
class Bookmark:
    """`value`: every change up to here is stored. `resume_from`: how far an unfinished run had read.

    `swept_at`: when the whole collection was last listed; `unlisted`: how many stored records were
    missing then without being gone, or by how many the API counts fewer than it lists.
    `reread_after`: see `load/rereads.py`.
    """

    value: datetime | None = None
    resume_from: datetime | None = None
    completed_at: datetime | None = None
    swept_at: datetime | None = None
    unlisted: int = 0
    reread_after: str | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """What a stream that was read to its end has come to. `value` is None for those read whole.

    `swept_at` and `unlisted` are None when this reading was not of the whole collection.
    """

    value: datetime | None
    completed_at: datetime
    swept_at: datetime | None = None
    unlisted: int | None = None
    reread_after: str | None = None


async def read_bookmarks(database: Database, workspace_id: str) -> dict[str, Bookmark]:
    """All bookmarks of a workspace by stream name."""
    rows = await database.rows("list_bookmarks", {"workspace_id": workspace_id})
    return {row.pop("stream"): Bookmark(**row) for row in rows}


async def remember(
    tx: AsyncConnection[dict[str, Any]],
    lease: Lease,
    stream: str,
    *,
    run_id: int,
    resume_from: datetime | None,
) -> None:
    """Notes how far an unfinished run has read; None when that cannot be said (any more).

    Raises LeaseLostError when a later epoch has written the bookmark.
    """
    await _write(tx, "remember_resume_point", lease, stream, run_id=run_id, resume_from=resume_from)


async def advance(
    tx: AsyncConnection[dict[str, Any]],
    lease: Lease,
    stream: str,
    *,
    run_id: int,
    reached: Reached,
) -> None:
    """The stream was read to its end: moves the bookmark forward, never back, forgets where to resume.

    Raises LeaseLostError when a later epoch has written the bookmark.
    """
    await _write(tx, "advance_bookmark", lease, stream, run_id=run_id, **asdict(reached))


async def _write(
    tx: AsyncConnection[dict[str, Any]], query: str, lease: Lease, stream: str, **fields: Any
) -> None:
    key = {"workspace_id": lease.workspace_id, "stream": stream, "epoch": lease.epoch}
    if not await fetch_rows(tx, query, {**key, **fields}):
        raise LeaseLostError(
            f"a later run has moved the bookmark of `{stream}`", "nothing was lost; see `intercom-etl runs`"
        )
