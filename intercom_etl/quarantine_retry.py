"""Validates what is in quarantine again, with the program as it is now and without asking the API.

kept text -> privacy policy of today -> to_batch -> commit: the same way as a record takes that was just
read, but as old as its reading, so that nothing newer is overwritten and nothing gone brought back.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any, Literal

from intercom_etl.attributes import refresh_attribute_views
from intercom_etl.batch import Batch, Retried
from intercom_etl.endpoint import PerParent
from intercom_etl.exit_codes import ExitCode
from intercom_etl.load.stored import is_said_to_be_gone, parent_state
from intercom_etl.load.write import Loader
from intercom_etl.postgres.connection import Database, mapped_errors, open_database
from intercom_etl.postgres.migrations import read_migrations, require_current
from intercom_etl.privacy.policy import Policy
from intercom_etl.quarantine import Choice, choose_entries, no_entry
from intercom_etl.report import RunReport, StreamReport
from intercom_etl.request import DELETE_SHARE
from intercom_etl.runs import WorkspaceRun, hold_workspace, open_run
from intercom_etl.stream import Stream
from intercom_etl.streams import all_streams
from intercom_etl.transform.again import Kept, part_again, record_again
from intercom_etl.window import Window

Outcome = Literal["stored", "outdated", "gone", "replaced", "dropped", "refused", "pending", "waiting"]
STAYS: tuple[Outcome, ...] = ("refused", "pending", "waiting")


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one entry. `why` says it where the entry stays."""

    id: int
    stream: str
    record_id: str | None
    parent_id: str | None
    outcome: Outcome
    why: str | None = None


@dataclass(slots=True)
class Retries:
    """What became of all that were chosen; without a run nothing was there."""

    run_id: int | None = None
    entries: list[Tried] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        """How many entries came to what."""
        return Counter(tried.outcome for tried in self.entries)

    @property
    def exit_code(self) -> ExitCode:
        """PARTIAL when an entry stays."""
        return ExitCode.PARTIAL if any(self.counts[outcome] for outcome in STAYS) else ExitCode.OK

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        outcomes = ("stored", "outdated", "gone", "replaced", *STAYS)
        return {
            "command": "quarantine retry",
            "run": self.run_id,
            "exit_code": int(self.exit_code),
            **{outcome: self.counts[outcome] for outcome in outcomes},
            "entries": [
                {
                    "id": tried.id,
                    "stream": tried.stream,
                    "record_id": tried.record_id,
                    "parent_id": tried.parent_id,
                    "outcome": tried.outcome,
                    "reason": tried.why,
                }
                for tried in self.entries
            ],
        }


async def retry(
    choice: Choice,
    *,
    database_url: str,
    clock: Callable[[], datetime],
    policy: Policy | None,
    history: Collection[str] = (),
) -> Retries:
    """Tries the chosen entries one by one, a transaction each, under the workspace's lease.

    Raises UsageError when one of them does not exist or is closed: then none is tried.
    """
    async with open_database(database_url) as database:
        await require_current(database, read_migrations())
        chosen = await choose_entries(database, choice)
    if not chosen:
        return Retries()
    workspace = chosen[0]["workspace_id"]
    asked = {
        "entries": [entry["id"] for entry in chosen],
        "privacy": policy.fingerprint if policy is not None else None,
    }
    async with open_run(database_url, command="quarantine retry", asked=asked, clock=clock) as run:
        done = Retries(run.id)
        async with hold_workspace(run, workspace, delete_share=DELETE_SHARE) as held:
            for stream, ids in _by_stream(chosen):
                async with run.connect() as database:
                    work = _StreamRetry(stream, held, database, policy, history)
                    done.entries += await work.run(ids)
            await refresh_attribute_views(held)
        seconds = (clock() - run.started_at).total_seconds()
        streams = tuple(run.streams.values())
        run.outcome = RunReport("quarantine retry", run.id, workspace, streams, 0, 0, seconds)
    done.entries.sort(key=lambda tried: tried.id)
    return done


def _by_stream(chosen: list[dict[str, Any]]) -> Iterator[tuple[Stream | None, list[int]]]:
    """Records before parts, which want their records stored; None for what this version does not copy."""
    owners = {table: stream for stream in all_streams().values() for table in stream.tables}

    def place(entry: dict[str, Any]) -> tuple[str, bool, int]:
        owner = owners.get(entry["stream"])
        return (owner.name if owner else "", owner is None or owner.name != entry["stream"], entry["id"])

    for name, entries in groupby(sorted(chosen, key=place), key=lambda entry: place(entry)[0]):
        yield owners.get(name), [entry["id"] for entry in entries]


@dataclass(slots=True)
class _StreamRetry:
    """The entries of one stream and its child tables."""

    stream: Stream | None
    held: WorkspaceRun
    database: Database
    policy: Policy | None
    history: Collection[str]

    async def run(self, ids: list[int]) -> list[Tried]:
        """What became of each."""
        if self.stream is None:
            return [await self._leave(entry) for entry in ids]
        loader = await Loader.create(self.database.connection, self.stream, history=self.history)
        report = self.held.run.streams[self.stream.name] = StreamReport(self.stream.name)
        found: list[Tried] = []
        for entry in ids:
            row = await self._read_entry(entry)
            if row["resolved_at"] is not None:  # by the run before, or with another entry of its record
                found.append(_tried(row, row["resolution"]))
                continue
            report.read += 1
            tried = await self._try(self.stream, loader, report, row)
            # the loader has counted what it refused
            report.rejected += tried.outcome in ("pending", "waiting")
            found.append(tried)
        report.complete = True
        return found

    async def _leave(self, entry: int) -> Tried:
        row = await self._read_entry(entry)
        report = self.held.run.streams.setdefault(row["stream"], StreamReport(row["stream"]))
        report.read, report.rejected = report.read + 1, report.rejected + 1
        return _tried(row, "waiting", f"this version does not copy `{row['stream']}`")

    async def _read_entry(self, entry: int) -> dict[str, Any]:
        """The entry as it is now that the workspace is ours. Raises UsageError when it was erased."""
        row = await self.database.row("show_quarantine", {"id": entry})
        if row is None:
            raise no_entry(entry)
        return row

    async def _try(self, stream: Stream, loader: Loader, report: StreamReport, row: dict[str, Any]) -> Tried:
        if row["pending"]:
            return _tried(row, "pending", f"the next `intercom-etl sync {stream.name}` asks for it again")
        batch = self._read(stream, row)
        if batch is None:
            mend = f"`intercom-etl sync {stream.name} --full` reads it again"
            return _tried(row, "waiting", f"in which list it stood was not kept: {mend}")
        batch = await self._as_it_stands(stream, batch)
        window = Window(None, self.held.run.started_at, bookmark=None)
        written = await self.held.commit(self.database, loader, batch, window, None)
        report.count_written(batch, written)
        now = await self._read_entry(row["id"])
        if now["resolved_at"] is not None:
            return _tried(row, now["resolution"])
        if batch.rejects or written.rejected:
            return _tried(now, "refused", now["reason"])
        parent = stream.endpoint.parent if isinstance(stream.endpoint, PerParent) else stream.name
        return _tried(row, "waiting", f"`{row['parent_id']}` of {parent}, which it belongs to, is not stored")

    def _read(self, stream: Stream, row: dict[str, Any]) -> Batch | None:
        kept = Kept(
            entry=row["id"],
            raw=row["raw"].encode(),
            fetched_at=row["fetched_at"] or row["created_at"],
            parent_id=row["parent_id"],
            label=row["label"],
            place=row["place"],
        )
        for declared in stream.children:
            if declared.table == row["stream"]:
                return part_again(stream, declared, kept, self.policy)
        treat = None if self.policy is None else partial(self.policy.apply_to_page, stream)
        return record_again(stream, kept, treat)

    async def _as_it_stands(self, stream: Stream, batch: Batch) -> Batch:
        """The batch, emptied where the record is known to be gone or the one that it belongs to is."""
        retried, tx = batch.retried, self.database.connection
        if retried is None or not batch.items:
            return batch
        workspace, parent = self.held.workspace_id, "live"
        with mapped_errors():
            if isinstance(stream.endpoint, PerParent) and retried.parent_id is not None:
                parent = await parent_state(tx, stream.endpoint, workspace, retried.parent_id)
            for other in all_streams().values():
                if other.burial is not None and other.burial.table == stream.name:
                    [item] = batch.items
                    if await is_said_to_be_gone(tx, other, workspace, item.id, batch.fetched_at):
                        parent = "gone"
        if parent == "live":
            return batch
        resolution = "gone" if parent == "gone" else None
        return _nothing_but(batch, replace(retried, resolution=resolution))


def _nothing_but(batch: Batch, retried: Retried) -> Batch:
    return Batch(batch.stream, [], [], batch.fetched_at, retried=retried)


def _tried(row: dict[str, Any], outcome: Outcome, why: str | None = None) -> Tried:
    return Tried(row["id"], row["stream"], row["record_id"], row["parent_id"], outcome, why)
