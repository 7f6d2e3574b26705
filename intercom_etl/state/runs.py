"""The record of every attempt. A row is always closed: by its run, or by the next one as abandoned."""

import os
import socket
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from intercom_etl.postgres.connection import Database


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. `streams` holds counters, status and error by stream."""

    status: str
    exit_code: int
    error: str | None
    streams: dict[str, Any]
    requests: int


async def open_run(
    database: Database, *, command: str, asked: dict[str, Any], started_at: datetime, version: str
) -> int:
    """Inserts the row and returns its number. The workspace is not known yet."""
    row = await database.row(
        "open_run",
        {
            "command": command,
            "asked": Jsonb(asked),
            "started_at": started_at,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "version": version,
        },
    )
    if row is None:
        raise RuntimeError("insert .. returning gave no row")
    return row["id"]


async def name_workspace(database: Database, run_id: int, workspace_id: str) -> None:
    """Says which workspace the run works on."""
    await database.rows("name_run_workspace", {"id": run_id, "workspace_id": workspace_id})


async def last_privacy(database: Database, run_id: int, workspace_id: str) -> str | None:
    """Fingerprint of the policy under which the workspace was last written before this run; None of none."""
    row = await database.row("find_last_privacy", {"id": run_id, "workspace_id": workspace_id})
    return None if row is None else row["privacy"]


async def close_abandoned(database: Database, run_id: int, workspace_id: str, now: datetime) -> int:
    """Closes runs of the workspace that died without a word. Only for the holder of the lease."""
    closed = await database.rows(
        "close_abandoned_runs", {"id": run_id, "workspace_id": workspace_id, "now": now}
    )
    return len(closed)


async def close_run(database: Database, run_id: int, outcome: Outcome, finished_at: datetime) -> None:
    """Writes the result."""
    await database.rows(
        "close_run",
        {
            "id": run_id,
            "status": outcome.status,
            "exit_code": outcome.exit_code,
            "error": outcome.error,
            "streams": Jsonb(outcome.streams),
            "requests": outcome.requests,
            "finished_at": finished_at,
        },
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs: begun at `since` or later, of one command, of one workspace. None: all."""

    since: datetime | None = None
    command: str | None = None
    workspace: str | None = None


async def list_runs(
    database: Database, *, limit: int, only_failed: bool = False, wanted: Wanted | None = None
) -> list[dict[str, Any]]:
    """The newest runs first."""
    known = asdict(wanted or Wanted())
    return await database.rows("list_runs", {"limit": limit, "only_failed": only_failed, **known})


async def show_run(database: Database, run_id: int) -> dict[str, Any] | None:
    """One run, None when there is none of that number."""
    return await database.row("show_run", {"id": run_id})
