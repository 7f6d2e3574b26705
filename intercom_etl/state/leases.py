"""Who may write into a workspace: one run at a time, and a dead one does not block for long.

A lease is a row with an epoch. Its holder renews it; every batch checks, inside its own
transaction, that the epoch is still its own, so a process that slept through its lease and wakes
up cannot write any more. A holder whose server process is gone (kill -9, network) is replaced at
once, one that only stopped renewing when the lease expires.
"""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection

from intercom_etl.errors import DatabaseError, LockHeldError
from intercom_etl.postgres.connection import Database, fetch_rows

log = logging.getLogger(__name__)

LEASE_SECONDS = 10  # how long a holder that cannot be seen to be dead keeps others waiting
RENEW_SECONDS = 3
# the server needs a moment to notice that the client of a killed run is gone
PATIENCE_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write into one workspace, as long as nobody else has taken a later epoch."""

    workspace_id: str
    epoch: int

    async def is_lost(self, database: Database) -> bool:
        """Whether another run has taken over."""
        row = await database.row("show_lease", {"workspace_id": self.workspace_id})
        return row is None or row["epoch"] != self.epoch

    def lost(self) -> LockHeldError:
        """The error of a run that was replaced."""
        return LockHeldError(
            f"this run stood still too long, another has taken over workspace `{self.workspace_id}`",
            "nothing was lost; see `intercom-etl runs`",
        )

    async def hold(self, tx: AsyncConnection[dict[str, Any]]) -> None:
        """Raises LockHeldError when the lease is lost; else nobody can take it before `tx` ends."""
        held = await fetch_rows(tx, "hold_lease", {"workspace_id": self.workspace_id, "epoch": self.epoch})
        if not held:
            raise self.lost()


@asynccontextmanager
async def leased(database: Database, workspace_id: str, run_id: int) -> AsyncIterator[Lease]:
    """Holds the lease on `workspace_id`. `database` must be a connection for this alone.

    Raises LockHeldError naming the holder when another run lives.
    """
    lease = await _claim(database, workspace_id, run_id)
    renewal = asyncio.create_task(_renew(database, lease), name="lease renewal")
    try:
        yield lease
    finally:
        renewal.cancel()
        await asyncio.gather(renewal, return_exceptions=True)
        try:
            await database.rows("release_lease", {"workspace_id": workspace_id, "epoch": lease.epoch})
        except DatabaseError as error:
            log.info("lease not released, it will expire: %s", error)


async def _claim(database: Database, workspace_id: str, run_id: int) -> Lease:
    await database.rows("seed_lease", {"workspace_id": workspace_id})
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        await database.rows("evict_stalled_holder", {"workspace_id": workspace_id})
        claimed = await database.row(
            "claim_lease",
            {
                "workspace_id": workspace_id,
                "run_id": run_id,
                "host": socket.gethostname(),
                "pid": os.getpid(),
                "seconds": LEASE_SECONDS,
            },
        )
        if claimed is not None:
            return Lease(workspace_id, claimed["epoch"])
        if asyncio.get_running_loop().time() >= deadline:
            raise LockHeldError(*await _describe_holder(database, workspace_id))
        await asyncio.sleep(0.1)


async def _describe_holder(database: Database, workspace_id: str) -> tuple[str, str]:
    row = await database.row("show_lease", {"workspace_id": workspace_id}) or {}
    acquired: datetime | None = row.get("acquired_at")
    since = f" since {acquired:%Y-%m-%d %H:%M:%S} UTC" if acquired else ""
    holder = f"run {row.get('run_id')} (pid {row.get('pid')} on `{row.get('host')}`)"
    return (
        f"{holder} works on workspace `{workspace_id}`{since}",
        "wait for it to end, or stop it; a dead one is replaced within seconds",
    )


async def _renew(database: Database, lease: Lease) -> None:
    """Keeps the lease alive. A failure only means that it may expire: every batch checks it anyway."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        try:
            await database.rows(
                "renew_lease",
                {
                    "workspace_id": lease.workspace_id,
                    "epoch": lease.epoch,
                    "seconds": LEASE_SECONDS,
                },
            )
        except DatabaseError as error:
            log.info("lease not renewed: %s", error)
            if database.connection.closed:
                return
