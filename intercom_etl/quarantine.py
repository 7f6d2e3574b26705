"""What is in quarantine: lists it, shows one entry, and closes what a person gives up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from intercom_etl.errors import UsageError
from intercom_etl.postgres.connection import Database, fetch_rows, open_database
from intercom_etl.postgres.migrations import read_migrations, require_current
from intercom_etl.report import RunReport
from intercom_etl.request import DELETE_SHARE
from intercom_etl.runs import hold_workspace, open_run
from intercom_etl.streams import all_streams

LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Look:
    """Which entries to list. `closed`: also those that are closed; `stream` may be a child table too."""

    stream: str | None = None
    run: int | None = None
    workspace: str | None = None
    pending: bool = False
    closed: bool = False
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Found:
    """The newest entries that were looked for, and how many there are: of those, and open ones at all."""

    entries: list[dict[str, Any]]
    matching: int
    open: int
    pending: int

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "matching": self.matching,
            "open": self.open,
            "pending": self.pending,
            "entries": self.entries,
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """Which entries to work on: those with these ids, or all open ones (of a stream or table)."""

    ids: tuple[int, ...] = ()
    stream: str | None = None
    workspace: str | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was given up; without a run nothing was there."""

    run_id: int | None
    entries: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "command": "quarantine drop",
            "run": self.run_id,
            "exit_code": 0,
            "dropped": len(self.entries),
            "entries": [
                {name: entry[name] for name in ("id", "stream", "record_id", "parent_id", "pending")}
                for entry in self.entries
            ],
        }


async def list_entries(database_url: str, look: Look) -> Found:
    """The newest first. Raises UsageError for an unknown stream, SchemaError when the schema is outdated."""
    async with open_database(database_url) as database:
        await require_current(database, read_migrations())
        asked = {
            "tables": await tables_of(database, look.stream),
            "run": look.run,
            "workspace": look.workspace,
            "only_pending": look.pending,
            "closed": look.closed,
        }
        everything = {"tables": None, "run": None, "workspace": None, "only_pending": False, "closed": False}
        entries = await database.rows("list_quarantine", {**asked, "limit": look.limit})
        [matching] = await database.rows("count_quarantine", asked)
        [all_open] = await database.rows("count_quarantine", everything)
    return Found(entries, matching["matching"], all_open["open"], all_open["pending"])


async def read_entry(database_url: str, entry: int) -> dict[str, Any]:
    """One entry with its text. Raises UsageError when there is none of that number."""
    if not 0 < entry <= LARGEST:
        raise no_entry(entry)
    async with open_database(database_url) as database:
        await require_current(database, read_migrations())
        found = await database.row("show_quarantine", {"id": entry})
    if found is None:
        raise no_entry(entry)
    return found


async def drop(choice: Choice, *, database_url: str, clock: Callable[[], datetime]) -> Dropped:
    """Closes the entries without storing anything, under the workspace's lease; they stay on record.

    Raises UsageError when one of them does not exist or is closed: then none is dropped.
    """
    async with open_database(database_url) as database:
        await require_current(database, read_migrations())
        chosen = await choose_entries(database, choice)
    if not chosen:
        return Dropped(None, [])
    workspace = chosen[0]["workspace_id"]
    ids = [entry["id"] for entry in chosen]
    async with open_run(database_url, command="quarantine drop", asked={"entries": ids}, clock=clock) as run:
        async with (
            hold_workspace(run, workspace, delete_share=DELETE_SHARE) as held,
            run.connect() as database,
            database.transaction() as tx,
        ):
            await held.lease.hold(tx)
            closing = {"ids": ids, "resolution": "dropped", "run_id": run.id, "now": clock()}
            closed = {row["id"] for row in await fetch_rows(tx, "close_quarantine", closing)}
        seconds = (clock() - run.started_at).total_seconds()
        run.outcome = RunReport("quarantine drop", run.id, workspace, (), 0, 0, seconds)
    return Dropped(run.id, [entry for entry in chosen if entry["id"] in closed])


async def choose_entries(database: Database, choice: Choice) -> list[dict[str, Any]]:
    """The open entries that were chosen, all of one workspace, in the order of their ids.

    Raises UsageError when an id is unknown or closed, and when it must be said which workspace is meant.
    """
    asked = {
        "ids": list(choice.ids) or None,
        "tables": await tables_of(database, choice.stream),
        "workspace": choice.workspace,
    }
    for entry in choice.ids:
        if not 0 < entry <= LARGEST:
            raise no_entry(entry)
    chosen = await database.rows("choose_quarantine", asked)
    known = {entry["id"]: entry for entry in chosen}
    for entry in choice.ids:
        if entry not in known:
            raise no_entry(entry)
        if known[entry]["resolved_at"] is not None:
            how = known[entry]["resolution"] or "by hand"
            raise UsageError(
                f"entry `{entry}` is closed already ({how})",
                f"see `intercom-etl quarantine show {entry}`",
            )
    _require_one_workspace(chosen)
    return chosen


def _require_one_workspace(chosen: Sequence[dict[str, Any]]) -> None:
    workspaces = sorted({entry["workspace_id"] for entry in chosen})
    if len(workspaces) > 1:
        raise UsageError(
            "these entries are of several workspaces", f"say --workspace {' or '.join(workspaces)}"
        )


async def tables_of(database: Database, name: str | None) -> list[str] | None:
    """The tables of a stream, or the one child table of that name; None for no name.

    Raises UsageError for a name that neither this program nor the quarantine knows.
    """
    if name is None:
        return None
    if await database.row("find_quarantine_stream", {"stream": name}) is None or name in all_streams():
        return _known_tables(name)
    return [name]


def refuse_unknown(stream: str | None, ids: Sequence[int] = ()) -> None:
    """Raises UsageError for what cannot be meant where nothing was ever stored."""
    if stream is not None:
        _known_tables(stream)
    for entry in ids:
        raise no_entry(entry)


def _known_tables(name: str) -> list[str]:
    streams = all_streams()
    if name in streams:
        return list(streams[name].tables)
    tables = sorted({table for stream in streams.values() for table in stream.tables})
    if name in tables:
        return [name]
    near = get_close_matches(name, tables, n=2)
    guess = f"did you mean `{'` or `'.join(near)}`? " if near else ""
    raise UsageError(f"unknown stream `{name}`", f"{guess}see `intercom-etl streams`")


def no_entry(entry: int) -> UsageError:
    """The error for an entry that there is none of."""
    return UsageError(
        f"there is no entry `{entry}` in quarantine", "see `intercom-etl quarantine list --all`"
    )
