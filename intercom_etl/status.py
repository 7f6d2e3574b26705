"""How fresh the copy is and who works on it: reads bookkeeping and row counts, writes nothing."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from intercom_etl.errors import UsageError
from intercom_etl.postgres.connection import Database, open_database
from intercom_etl.postgres.migrations import find_trouble, migration_states, read_migrations
from intercom_etl.row_counts import count_rows
from intercom_etl.state import runs
from intercom_etl.status_remarks import (
    OpenBackfill,
    UnknownField,
    Verified,
    last_readings,
    last_verifies,
    open_backfills,
    unknown_fields,
)
from intercom_etl.stream import Stream
from intercom_etl.streams import all_streams


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """One stream of one workspace. `rows` counts its own table; None: not known for this workspace alone.

    `complete_to`: every change up to here is stored; None when the stream was never read to its end.
    `quarantined` are open entries, `pending` those of them that the next run asks for again. `last_words`
    is why the last try did not come to its end, `is_absent` that the API has no such collection.
    """

    stream: str
    rows: int | None
    estimated: bool
    bookmark: datetime | None
    resume_from: datetime | None
    completed_at: datetime | None
    quarantined: int
    pending: int = 0
    complete_to: datetime | None = None
    last_words: str | None = None
    is_absent: bool = False

    def lag(self, now: datetime) -> timedelta | None:
        """How far the copy is behind; None when the stream was never read to its end."""
        return None if self.complete_to is None else max(now - self.complete_to, timedelta())

    @property
    def is_known(self) -> bool:
        """Whether there is anything to tell."""
        known = (self.completed_at, self.bookmark, self.resume_from, self.rows, self.quarantined)
        return any(known) or self.last_words is not None


@dataclass(frozen=True, slots=True)
class WorkspaceStatus:
    """One workspace. `holder` is the run that works on it right now, with what it has done so far."""

    workspace: str
    streams: list[StreamStatus]
    holder: dict[str, Any] | None
    unknown_fields: list[UnknownField]
    verified: Verified | None = None
    backfills: list[OpenBackfill] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps the schema from fitting this program, and the mend."""

    message: str
    hint: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """Everything. `schema` is the newest applied migration, None when there is none."""

    schema: str | None
    pending: list[str]
    trouble: list[Trouble]
    workspaces: list[WorkspaceStatus]
    last_run: dict[str, Any] | None

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


async def read_status(database_url: str) -> Status:
    """What is stored and how far; without a schema, only that it is missing."""
    async with open_database(database_url) as database:
        states = await migration_states(database, read_migrations())
        applied = [state.name for state in states if state.state == "applied"]
        pending = [state.name for state in states if state.state == "pending"]
        trouble = [Trouble(error.message, error.hint) for error in find_trouble(states)]
        if not applied:
            return Status(None, pending, trouble, [], None)
        last = await runs.list_runs(database, limit=1)
        workspaces = await _workspaces(database, is_current=not pending)
        return Status(applied[-1], pending, trouble, workspaces, last[0] if last else None)


def only(status: Status, names: Collection[str], workspace: str | None) -> Status:
    """The same of these streams, or of all, and of this workspace, or of all.

    Raises UsageError for a workspace of which nothing is stored.
    """
    known = [each for each in status.workspaces if workspace in (None, each.workspace)]
    if workspace is not None and not known:
        stored = ", ".join(f"`{each.workspace}`" for each in status.workspaces)
        raise UsageError(
            f"nothing is stored of a workspace `{workspace}`", f"there is {stored or 'none so far'}"
        )
    if names:
        known = [
            replace(
                each,
                streams=[stream for stream in each.streams if stream.stream in names],
                backfills=[backfill for backfill in each.backfills if backfill.stream in names],
            )
            for each in known
        ]
    return replace(status, workspaces=known)


async def _workspaces(database: Database, *, is_current: bool) -> list[WorkspaceStatus]:
    bookmarks = _by_stream(await database.rows("list_all_bookmarks"))
    refused = _by_stream(await database.rows("count_open_quarantine"))
    holders = {row["workspace_id"]: row for row in await database.rows("list_live_leases")}
    # a run that was asked for a part only leaves no bookmark
    ran = {row["workspace_id"] for row in await database.rows("list_run_workspaces")}
    names = sorted({workspace for workspace, _ in [*bookmarks, *refused]} | holders.keys() | ran)
    counts = await count_rows(database, names)
    # an outdated schema may lack a table that is newer
    unknown = await unknown_fields(database) if is_current else {}
    backfills = await open_backfills(database) if is_current else {}
    verified = await last_verifies(database)
    readings = await last_readings(database, names)

    def tell(workspace: str, stream: Stream) -> StreamStatus:
        key = (workspace, stream.name)
        row = bookmarks.get(key, {})
        rows, estimated = counts.get(key, (None, False))
        open_entries = [refused.get((workspace, table), {}) for table in stream.tables]
        # of a stream that was read to its end, its lag says enough
        last = None if row.get("completed_at") else readings.get(key)
        return StreamStatus(
            stream=stream.name,
            rows=rows,
            estimated=estimated,
            bookmark=row.get("value"),
            resume_from=row.get("resume_from"),
            completed_at=row.get("completed_at"),
            quarantined=sum(each.get("records", 0) for each in open_entries),
            pending=sum(each.get("pending", 0) for each in open_entries),
            complete_to=_complete_to(stream, row),
            last_words=last and last.words,
            is_absent=last is not None and last.is_absent,
        )

    return [
        WorkspaceStatus(
            name,
            [tell(name, stream) for stream in all_streams().values()],
            holders.get(name),
            unknown.get(name, []),
            verified.get(name),
            backfills.get(name, []),
        )
        for name in names
    ]


def _by_stream(rows: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["workspace_id"], row["stream"]): row for row in rows}


def _complete_to(stream: Stream, row: dict[str, Any]) -> datetime | None:
    """The bookmark, or the last reading where no bookmark moves on its own.

    A stream that follows its parents has a time of theirs for one, which stands still while nobody
    writes to them.
    """
    completed_at: datetime | None = row.get("completed_at")
    if completed_at is None or stream.replication_key is None:
        return completed_at
    return row["value"] or completed_at
