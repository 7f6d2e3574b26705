"""A run from its first row to its last: schema check, run row, workspace, lease. Shared by all writers."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from typing import Any, Protocol

from psycopg import AsyncConnection

from intercom_etl.batch import Batch
from intercom_etl.errors import ConfigError, DatabaseError, DatabaseUnavailableError, EtlError
from intercom_etl.exit_codes import SIGNALLED, ExitCode, exit_code_of
from intercom_etl.load.bury import CLOCK_SLACK, Seen, bury_absent
from intercom_etl.load.distrust import distrust
from intercom_etl.load.history import end_versions
from intercom_etl.load.quarantine import resolve_nameless
from intercom_etl.load.write import Loader
from intercom_etl.postgres.connection import Database, open_database
from intercom_etl.postgres.migrations import read_migrations, require_current
from intercom_etl.privacy.policy import KEEPS_ALL
from intercom_etl.report import Written, describe_error
from intercom_etl.state import bookmarks, runs
from intercom_etl.state.bookmarks import Reached
from intercom_etl.state.leases import Lease, leased
from intercom_etl.state.progress import progress_noted
from intercom_etl.stream import Stream
from intercom_etl.window import Window

log = logging.getLogger(__name__)

Tx = AsyncConnection[dict[str, Any]]


class Told(Protocol):
    """What the run's row tells of one stream."""

    @property
    def stream(self) -> str:
        """Its name."""
        ...

    @property
    def error(self) -> EtlError | None:
        """Why it did not come to its end."""
        ...

    def as_json(self) -> dict[str, Any]:
        """For the row."""
        ...


class Outcome(Protocol):
    """What a run came to."""

    @property
    def status(self) -> str:
        """As in the row."""
        ...

    @property
    def exit_code(self) -> ExitCode:
        """For scripts."""
        ...

    @property
    def trouble(self) -> str | None:
        """Why it is no success, when no stream failed."""
        ...


@dataclass(slots=True)
class Run:
    """An open run. `streams` fills up as the run goes, so that its row tells even of a failed one."""

    id: int
    url: str
    command: str
    asked: Mapping[str, Any]
    clock: Callable[[], datetime]
    started_at: datetime
    streams: Mapping[str, Told] = field(default_factory=dict)
    requests: int = 0
    outcome: Outcome | None = None

    def connect(self) -> AbstractAsyncContextManager[Database]:
        """A connection that can be told to be of this run."""
        return open_database(self.url, name=f"intercom-etl run {self.id}")

    def describe_streams(self) -> dict[str, Any]:
        """What the row says of the streams."""
        return {name: report.as_json() for name, report in self.streams.items()}


@dataclass(frozen=True, slots=True)
class WorkspaceRun:
    """A run that holds the lease on its workspace and may write."""

    run: Run
    workspace_id: str
    lease: Lease
    bookmarks: dict[str, bookmarks.Bookmark]
    delete_share: float

    async def commit(
        self,
        database: Database,
        loader: Loader,
        batch: Batch,
        window: Window,
        position: datetime | None,
        seen: Seen | None = None,
    ) -> Written:
        """The one transaction: lease checked, rows merged, rejects kept, resume point moved.

        `position` is how far the window is read with this batch. The resume point is never later
        than what the search index can be trusted for, and gone once the order cannot be trusted.
        What the batch names is noted in `seen`.
        """
        async with database.transaction() as tx:
            await self.lease.hold(tx)
            written = await loader.write(
                tx,
                batch,
                workspace_id=self.workspace_id,
                run_id=self.run.id,
                now=self.run.clock(),
                share_allowed=self.delete_share,
            )
            if seen is not None:
                await seen.add(tx, batch)
            if window.bookmark is not None:
                await self._remember(tx, loader.stream, window.bookmark, position)
        return written

    async def _remember(self, tx: Tx, stream: Stream, bookmark: datetime, position: datetime | None) -> None:
        if stream.follows_parents:  # times of our own: no index that lags, no order that may break
            if position is None:
                return
            resume_from: datetime | None = position
        elif stream.replication_key is not None:
            resume_from = None if position is None else min(position, bookmark)
        else:
            return
        await bookmarks.remember(tx, self.lease, stream.name, run_id=self.run.id, resume_from=resume_from)

    async def absent(
        self, database: Database, seen: Seen, window: Window, announced: int | None
    ) -> list[str]:
        """What is stored, and was not named by a whole reading of this window.

        `announced` is how many records the API said that there are.
        """
        async with database.transaction() as tx:
            return await seen.absent(
                tx,
                workspace_id=self.workspace_id,
                before=window.end + CLOCK_SLACK,
                share_allowed=self.delete_share,
                announced=announced,
            )

    async def bury(self, database: Database, loader: Loader, ids: Sequence[str], window: Window) -> int:
        """Marks these records as gone, since their list is believed."""
        async with database.transaction() as tx:
            await self.lease.hold(tx)
            at = window.end + CLOCK_SLACK
            return await bury_absent(tx, loader.table, ids, workspace_id=self.workspace_id, at=at)

    async def overwrite(self, database: Database, loader: Loader, batch: Batch) -> Written:
        """Writes the batch over whatever is stored of its records, newer or not; no bookmark moves."""
        async with database.transaction() as tx:
            await self.lease.hold(tx)
            await distrust(tx, loader.table, batch, workspace_id=self.workspace_id)
            return await loader.write(
                tx, batch, workspace_id=self.workspace_id, run_id=self.run.id, now=self.run.clock()
            )

    async def finish(self, database: Database, loader: Loader, reached: Reached) -> None:
        """The stream was read to its end and all its rows are committed: the bookmark moves."""
        async with database.transaction() as tx:
            await self.lease.hold(tx)
            if loader.keeps_history:
                await end_versions(tx, loader.table, self.workspace_id)
            if reached.swept_at is not None:
                now = self.run.clock()
                await resolve_nameless(
                    tx, loader.stream, workspace_id=self.workspace_id, run_id=self.run.id, now=now
                )
            await bookmarks.advance(tx, self.lease, loader.stream.name, run_id=self.run.id, reached=reached)


@asynccontextmanager
async def open_run(
    url: str, *, command: str, asked: dict[str, Any], clock: Callable[[], datetime]
) -> AsyncIterator[Run]:
    """Checks the schema, inserts the run's row, and closes it whatever happens inside."""
    async with open_database(url) as database:
        await require_current(database, read_migrations())
        started_at = clock()
        run_id = await runs.open_run(
            database, command=command, asked=asked, started_at=started_at, version=version("intercom-etl")
        )
        await database.rows("name_session", {"name": f"intercom-etl row of run {run_id}"})
        run = Run(run_id, url, command, asked, clock, started_at)
        try:
            async with progress_noted(database, run_id, run.describe_streams):
                yield run
        except BaseException as error:
            await _close(database, run, *_failure(error))
            raise
        if run.outcome is None:
            raise RuntimeError(f"{command} ended without an outcome")
        why = _first_error(run) or run.outcome.trouble
        closing = asyncio.create_task(_close(database, run, run.outcome.status, run.outcome.exit_code, why))
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:  # the work is done: a signal that comes now must not hide that
            await closing
            raise


@asynccontextmanager
async def hold_workspace(run: Run, workspace_id: str, *, delete_share: float) -> AsyncIterator[WorkspaceRun]:
    """Takes the lease on the workspace for this run; closes what earlier runs left open.

    `delete_share` is how many of a collection's records may vanish at once. Raises LockHeldError
    naming the holder when another run lives, ConfigError when the run knows nothing of the privacy
    policy under which the workspace was copied so far.
    """
    async with run.connect() as database:
        try:
            await _require_privacy(database, run, workspace_id)
        finally:  # not before: the row of a run that dies in between must not pass for one that was let in
            await runs.name_workspace(database, run.id, workspace_id)
        # the lease is renewed while other statements run: it needs a connection of its own
        async with run.connect() as keeper, leased(keeper, workspace_id, run.id) as lease:
            abandoned = await runs.close_abandoned(database, run.id, workspace_id, run.clock())
            if abandoned:
                log.info("closed %d run(s) that had ended without a word", abandoned)
            known = await bookmarks.read_bookmarks(database, workspace_id)
            try:
                yield WorkspaceRun(run, workspace_id, lease, known, delete_share)
            except DatabaseUnavailableError as error:
                # whoever takes over ends the sessions of the one who stood still
                async with run.connect() as another:
                    if await lease.is_lost(another):
                        raise lease.lost() from error
                raise


async def _require_privacy(database: Database, run: Run, workspace_id: str) -> None:
    """A schedule that lost its settings must not store in clear what was hidden so far."""
    if run.asked.get("privacy", KEEPS_ALL) is not None:
        return
    if await runs.last_privacy(database, run.id, workspace_id) in (None, KEEPS_ALL):
        return
    raise ConfigError(
        f"workspace `{workspace_id}` was copied under a privacy policy so far, and none is set now:"
        " what it hides would be stored in clear",
        "set INTERCOM_ETL_PRIVACY_FILE here too; if everything is to be kept from now on, run once with"
        " INTERCOM_ETL_PRIVACY_FILE=none",
    )


def _failure(error: BaseException) -> tuple[str, ExitCode, str]:
    if isinstance(error, asyncio.CancelledError | KeyboardInterrupt):
        # whoever cancels says why, if it was not the keyboard
        code = next((code for code in SIGNALLED if code in error.args), ExitCode.INTERRUPTED)
        return "interrupted", code, "interrupted; what was committed is kept"
    if isinstance(error, EtlError):
        return "failed", exit_code_of(error), error.message
    return "failed", ExitCode.BUG, type(error).__name__


def _first_error(run: Run) -> str | None:
    for report in run.streams.values():
        if report.error is not None:
            return f"{report.stream}: {describe_error(report.error)['message']}"
    return None


async def _close(database: Database, run: Run, status: str, exit_code: ExitCode, error: str | None) -> None:
    outcome = runs.Outcome(status, int(exit_code), error, run.describe_streams(), run.requests)
    try:
        await runs.close_run(database, run.id, outcome, run.clock())
    except DatabaseError as trouble:
        # the next run of the workspace will close the row
        log.warning("run %d could not be closed: %s", run.id, trouble.message)
