"""Tombstones what a collection no longer lists: only after a whole reading, and never in masses.

A broken endpoint that answers with an empty list must not delete anything.
"""

from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from intercom_etl.batch import Snapshot
from intercom_etl.errors import MassDeletionError
from intercom_etl.load import merge
from intercom_etl.postgres.catalog import Table

# that many may always go: the share of a handful says nothing
ALWAYS_ALLOWED = 3


async def bury_absent(
    tx: AsyncConnection[dict[str, Any]],
    table: Table,
    snapshot: Snapshot,
    *,
    workspace_id: str,
    before: datetime,
    now: datetime,
    share_allowed: float,
) -> int:
    """Marks the rows that the snapshot lacks as deleted and returns their number.

    `before` is when the reading began: rows stored since then may be newer than it. Raises
    MassDeletionError, and marks none, when all rows or more than `share_allowed` of them would go.
    """
    if snapshot.nameless:
        return 0
    known = {"workspace_id": workspace_id, "seen": list(snapshot.ids), "before": before, "now": now}
    counts = await (await tx.execute(merge.count_absent(table), known)).fetchone()
    live, absent = (counts["live"], counts["absent"]) if counts else (0, 0)
    if absent == 0:
        return 0
    everything = absent == live and share_allowed < 1
    if everything or (absent > ALWAYS_ALLOWED and absent > share_allowed * live):
        raise MassDeletionError(
            f"{absent} of {live} stored {table.name} are not listed any more: none was marked as deleted",
            "look into Intercom; if they are really gone, run again with `--allow-mass-delete`",
        )
    return (await tx.execute(merge.bury_absent(table), known)).rowcount
