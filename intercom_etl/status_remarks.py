"""What status tells beside the streams: checks, spans that are being read, unknown fields, failed tries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from intercom_etl.postgres.connection import Database
from intercom_etl.report import NOT_THERE
from intercom_etl.streams import all_streams
from intercom_etl.transform.unknown import known_names
from intercom_etl.verdict import KINDS

Key = tuple[str, str]  # workspace and stream
LATE_RUNS = 100


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A member of API objects that this program does not know; `stream` is the table that has it in `raw`."""

    stream: str
    field: str
    records: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Verified:
    """The last check of a workspace: `drift` of `records` stored ones were wrong, and are not mended.

    `error` is why it did not come to its end.
    """

    run_id: int
    finished_at: datetime
    streams: int
    records: int
    drift: int
    fixed: int
    error: str | None


@dataclass(frozen=True, slots=True)
class OpenBackfill:
    """A span that is not read to its end: `done` of its `windows` are, up to `done_to`."""

    id: int
    stream: str
    from_at: datetime
    to_at: datetime
    done_to: datetime
    windows: int
    done: int
    records: int


@dataclass(frozen=True, slots=True)
class LastReading:
    """`words`: why it did not come to its end, or what else there was to say.

    `is_absent`: the API has no such collection.
    """

    words: str | None
    is_absent: bool


async def unknown_fields(database: Database) -> dict[str, list[UnknownField]]:
    """By workspace, less those that this version has come to know."""
    known = {
        table: names for stream in all_streams().values() for table, names in known_names(stream).tables()
    }
    found: dict[str, list[UnknownField]] = {}
    for row in await database.rows("list_unknown_fields"):
        workspace = row.pop("workspace_id")
        if row["field"] not in known.get(row["stream"], ()):
            found.setdefault(workspace, []).append(UnknownField(**row))
    return found


async def last_verifies(database: Database) -> dict[str, Verified]:
    """By workspace; without those that were never checked."""
    found: dict[str, Verified] = {}
    for row in await database.rows("list_last_verifies"):
        verdicts = row["streams"].values()
        wrong = sum(verdict.get(kind) or 0 for verdict in verdicts for kind in KINDS)
        fixed = sum(verdict.get("fixed") or 0 for verdict in verdicts)
        is_whole = row["status"] in ("ok", "partial") and all(
            verdict["status"] in ("ok", "drift") for verdict in verdicts
        )
        found[row["workspace_id"]] = Verified(
            run_id=row["id"],
            finished_at=row["finished_at"],
            streams=len(verdicts),
            records=sum(verdict.get("stored") or 0 for verdict in verdicts),
            drift=max(wrong - fixed, 0),
            fixed=fixed,
            error=None if is_whole else row["error"] or row["status"],
        )
    return found


async def open_backfills(database: Database) -> dict[str, list[OpenBackfill]]:
    """By workspace, oldest first."""
    found: dict[str, list[OpenBackfill]] = {}
    for row in await database.rows("list_open_backfills"):
        workspace, step = row.pop("workspace_id"), row.pop("step")
        windows = ceil((row["to_at"] - row["from_at"]) / step)
        done = int((row["done_to"] - row["from_at"]) / step)
        found.setdefault(workspace, []).append(OpenBackfill(**row, windows=windows, done=min(done, windows)))
    return found


async def last_readings(database: Database, workspaces: Sequence[str]) -> dict[Key, LastReading]:
    """What the last run said of each stream that it was to read; nothing of streams that none did of late."""
    known = {"workspaces": list(workspaces), "limit": LATE_RUNS}
    found: dict[Key, LastReading] = {}
    for row in await database.rows("find_last_readings", known):
        said = row["report"]
        error = said.get("error")
        words = error["message"] if error else said.get("note")
        found[row["workspace_id"], row["stream"]] = LastReading(words, said.get("note") == NOT_THERE)
    return found
