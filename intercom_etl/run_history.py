"""What ran, when, and what came of it: reads the record of runs, writes nothing."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from intercom_etl.errors import DatabaseUnavailableError, UsageError
from intercom_etl.postgres.connection import Database, open_database
from intercom_etl.state import runs
from intercom_etl.state.runs import Wanted

__all__ = [
    "COMMANDS", "Event", "Trend", "Wanted", "follow_runs", "no_run", "read_run", "read_runs", "read_trends",
]  # fmt: skip

# those that have a row in `etl.run`
COMMANDS = (
    "sync", "backfill", "verify", "load", "erase", "quarantine retry", "quarantine drop",
)  # fmt: skip
RUNS_OF_A_TREND = 30
SECONDS_BETWEEN_LOOKS = 1.0
# of a run: shown as a mark, since the rows of one that broke off say nothing
BROKEN = ("failed", "interrupted", "abandoned")


@dataclass(frozen=True, slots=True)
class Trend:
    """The last runs of one command, oldest first: rows written, None for one that did not come to its end."""

    command: str
    rows: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a run; `run` is its row."""

    kind: Literal["begins", "progress", "ends"]
    run: dict[str, Any]


async def read_runs(
    database_url: str, *, limit: int, only_failed: bool, wanted: Wanted
) -> list[dict[str, Any]]:
    """The newest runs first; none where nothing was ever made."""
    async with open_database(database_url) as database:
        if not await _has_schema(database):
            return []
        return await runs.list_runs(database, limit=limit, only_failed=only_failed, wanted=wanted)


async def read_trends(database_url: str, wanted: Wanted) -> list[Trend]:
    """By command, of the wanted runs."""
    async with open_database(database_url) as database:
        if not await _has_schema(database):
            return []
        found = await database.rows("list_run_sizes", {"limit": RUNS_OF_A_TREND, **asdict(wanted)})
    sizes: dict[str, list[int | None]] = {}
    for row in found:
        sizes.setdefault(row["command"], []).append(None if row["status"] in BROKEN else row["rows"])
    return [Trend(command, tuple(rows)) for command, rows in sizes.items()]


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


async def follow_runs(database_url: str, *, wanted: Wanted, shown: int) -> AsyncGenerator[Event | str]:
    """Without end: the `shown` newest runs, then what happens to them and to later ones.

    A database that goes away in the middle is waited for; the text says so, once.
    """
    follower = _Follower(wanted)
    for event in await follower.begin(database_url, shown):
        yield event
    is_away = False
    while True:
        await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
        try:
            events = await follower.look(database_url)
        except DatabaseUnavailableError as error:
            if not is_away:
                yield error.message
            is_away = True
            continue
        is_away = False
        for event in events:
            yield event


class _Follower:
    """Knows what it has told, and of which runs it has not seen the end."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._newest = 0
        self._open: dict[int, dict[str, Any]] = {}

    async def begin(self, url: str, shown: int) -> list[Event]:
        found = await read_runs(url, limit=max(shown, 1), only_failed=False, wanted=self._wanted)
        self._newest = max((run["id"] for run in found), default=0)
        return [event for run in reversed(found[:shown]) for event in self._tell(run)]

    async def look(self, url: str) -> list[Event]:
        async with open_database(url) as database:
            if not await _has_schema(database):
                return []
            known = asdict(self._wanted) | {"after": self._newest, "open": list(self._open)}
            found = await database.rows("follow_runs", known)
        self._newest = max([self._newest, *(run["id"] for run in found)])
        return [event for run in found for event in self._tell(run)]

    def _tell(self, run: dict[str, Any]) -> list[Event]:
        told: list[Event] = []
        known = self._open.pop(run["id"], None)
        if run["status"] != "running":
            return [Event("ends", run)]
        if known is None:
            told.append(Event("begins", run))
        if run["streams"] and (known is None or run["streams"] != known["streams"]):
            told.append(Event("progress", run))
        self._open[run["id"]] = run
        return told


async def _has_schema(database: Database) -> bool:
    return await database.row("find_migration_table") is not None
