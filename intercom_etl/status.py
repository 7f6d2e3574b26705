"""How fresh the copy is and who works on it: reads bookkeeping and row counts, writes nothing."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import sql

from intercom_etl.errors import UsageError
from intercom_etl.postgres.connection import Database, mapped_errors, open_database
from intercom_etl.postgres.migrations import find_trouble, migration_states, read_migrations
from intercom_etl.state import runs
from intercom_etl.streams import all_streams
from intercom_etl.transform.unknown import known_names

# counting this many rows takes a blink; above it, PostgreSQL's own estimate has to do
COUNTED_UP_TO = 500_000


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """One stream of one workspace. `rows` counts its own table; None: not known for this workspace alone."""

    stream: str
    rows: int | None
    estimated: bool
    bookmark: datetime | None
    resume_from: datetime | None
    completed_at: datetime | None
    quarantined: int


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A member of API objects that this program does not know; `stream` is the table that has it in `raw`."""

    stream: str
    field: str
    records: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class WorkspaceStatus:
    """One workspace. `holder` is the run that works on it right now."""

    workspace: str
    streams: list[StreamStatus]
    holder: dict[str, Any] | None
    unknown_fields: list[UnknownField]


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


async def read_runs(database_url: str, *, limit: int, only_failed: bool) -> list[dict[str, Any]]:
    """The newest runs first; none where nothing was ever made."""
    async with open_database(database_url) as database:
        if not await _has_schema(database):
            return []
        return await runs.list_runs(database, limit=limit, only_failed=only_failed)


async def read_run(database_url: str, run_id: int) -> dict[str, Any]:
    """One run. Raises UsageError when there is none of that number."""
    async with open_database(database_url) as database:
        run = await runs.show_run(database, run_id) if await _has_schema(database) else None
    if run is None:
        raise no_run(run_id)
    return run


def no_run(run_id: int) -> UsageError:
    """The error for a run that there is none of."""
    return UsageError(f"there is no run `{run_id}`", "see `intercom-etl runs list`")


async def _has_schema(database: Database) -> bool:
    return await database.row("find_migration_table") is not None


async def _workspaces(database: Database, *, is_current: bool) -> list[WorkspaceStatus]:
    bookmarks = {
        (row["workspace_id"], row["stream"]): row for row in await database.rows("list_all_bookmarks")
    }
    open_records = {
        (row["workspace_id"], row["stream"]): row["records"]
        for row in await database.rows("count_open_quarantine")
    }
    holders = {row["workspace_id"]: row for row in await database.rows("list_live_leases")}
    # a run that was asked for a part only leaves no bookmark
    ran = {row["workspace_id"] for row in await database.rows("list_run_workspaces")}
    names = sorted({workspace for workspace, _ in [*bookmarks, *open_records]} | holders.keys() | ran)
    unknown = await _unknown_fields(database) if is_current else {}
    counts = await _count_rows(database, names)
    found: list[WorkspaceStatus] = []
    for name in names:
        streams: list[StreamStatus] = []
        for stream, declared in all_streams().items():
            row = bookmarks.get((name, stream), {})
            rows, estimated = counts.get((name, stream), (None, False))
            streams.append(
                StreamStatus(
                    stream,
                    rows,
                    estimated,
                    row.get("value"),
                    row.get("resume_from"),
                    row.get("completed_at"),
                    sum(open_records.get((name, table), 0) for table in declared.tables),
                )
            )
        found.append(WorkspaceStatus(name, streams, holders.get(name), unknown.get(name, [])))
    return found


async def _unknown_fields(database: Database) -> dict[str, list[UnknownField]]:
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


async def _count_rows(
    database: Database, workspaces: list[str]
) -> dict[tuple[str, str], tuple[int | None, bool]]:
    """Rows by workspace and stream, and whether the number is an estimate."""
    estimates = {
        row["table_name"]: row["rows"]
        for row in await database.rows("estimate_rows", {"tables": list(all_streams())})
    }
    counts: dict[tuple[str, str], tuple[int | None, bool]] = {}
    for stream, estimate in estimates.items():
        if estimate > COUNTED_UP_TO:
            share = estimate if len(workspaces) == 1 else None
            counts |= {(workspace, stream): (share, True) for workspace in workspaces}
            continue
        counted = await _count_table(database, stream)
        counts |= {(workspace, stream): (counted.get(workspace, 0), False) for workspace in workspaces}
    return counts


async def _count_table(database: Database, table: str) -> dict[str, int]:
    statement = sql.SQL(
        "select workspace_id, count(*) as rows from intercom.{} "
        "where deleted_at is null group by workspace_id"
    ).format(sql.Identifier(table))
    with mapped_errors():
        cursor = await database.connection.execute(statement)
        return {row["workspace_id"]: row["rows"] for row in await cursor.fetchall()}
