"""Says what `sync` would do and what it would cost, and writes nothing.

Asks the API for counts only: one small request for each search.
"""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from intercom_etl.costs import describe_cost, listing_requests
from intercom_etl.endpoint import Cursor, Linked, Listing, Log, Paged, PerName, PerParent, Scroll, Search
from intercom_etl.errors import EtlError
from intercom_etl.export import Export
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.extract.count import Counter
from intercom_etl.load.stored import count_live, count_parents
from intercom_etl.postgres.connection import Database, mapped_errors, open_database
from intercom_etl.postgres.migrations import read_migrations, require_current
from intercom_etl.reading import window_of
from intercom_etl.report import describe_error
from intercom_etl.request import SyncRequest
from intercom_etl.state.bookmarks import Bookmark, read_bookmarks
from intercom_etl.stream import Stream
from intercom_etl.sweep import is_sweep_due
from intercom_etl.window import Window

USUAL_PER_MINUTE = 10_000  # what the reference gives a private app


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """What would be read of one stream. `records` and `requests` are about right, None: not known before.

    `how` says in words what is read, `since` where the window begins (None: everything). `pending`
    are records that an earlier run could not get.
    """

    stream: str
    how: str
    since: datetime | None
    records: int | None
    requests: int | None
    pending: int
    error: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All streams. `minutes` at the allowance that the API announces, less what is left to others."""

    workspace: str
    streams: tuple[StreamPlan, ...]
    per_minute: int

    @property
    def requests(self) -> int:
        """Of all streams of which it can be said."""
        return 1 + sum(each.requests or 0 for each in self.streams)

    @property
    def minutes(self) -> float:
        """How long the requests take at least."""
        return self.requests / self.per_minute

    def as_json(self) -> dict[str, Any]:
        """One document with everything that the screen says."""
        return {
            "workspace": self.workspace,
            "requests": self.requests,
            "requests_per_minute": self.per_minute,
            "minutes": round(self.minutes, 2),
            "records": sum(each.records or 0 for each in self.streams),
            "streams": {each.stream: asdict(each) for each in self.streams},
        }


async def plan(request: SyncRequest, *, api: ClientConfig, database_url: str | None) -> Plan:
    """What a sync would do now. Without a database nothing is stored yet, so everything is to be read.

    Raises what `sync` raises before its first page.
    """
    async with IntercomClient(api) as client:
        workspace = await client.workspace()
        limit, _ = client.allowance or (None, None)
        allowed = USUAL_PER_MINUTE if limit is None else 6 * limit
        per_minute = max(1, int(allowed * (1 - api.rate_headroom)))
        if database_url is None:
            plans = [await _Planner(request, client, None, workspace.id, {}).plan(s) for s in request.streams]
        else:
            async with open_database(database_url) as database:
                await require_current(database, read_migrations())
                known = await read_bookmarks(database, workspace.id)
                planner = _Planner(request, client, database, workspace.id, known)
                plans = [await planner.plan(stream) for stream in request.streams]
    return Plan(workspace.name or workspace.id, tuple(plans), per_minute)


@dataclass(frozen=True, slots=True)
class _Planner:
    request: SyncRequest
    client: IntercomClient
    database: Database | None
    workspace_id: str
    bookmarks: dict[str, Bookmark]

    async def plan(self, stream: Stream) -> StreamPlan:
        """One stream; what the API refuses stays with it."""
        known = self.bookmarks.get(stream.name, Bookmark())
        now = self.client.now()
        sweeps = is_sweep_due(self.request, stream, known, now)
        window = window_of(self.request, stream, known, now, whole=self.request.full)
        pending = await self._pending(stream)
        try:
            records, requests, how = await self._reading(stream, window, sweeps=sweeps)
        except EtlError as error:
            return StreamPlan(
                stream.name, "cannot be asked", None, None, None, pending, describe_error(error)
            )
        since = None if stream.is_whole else window.start
        total = None if requests is None else requests + pending + await self._rereads(stream, known, now)
        return StreamPlan(stream.name, how, since, records, total, pending)

    async def _reading(
        self, stream: Stream, window: Window, *, sweeps: bool
    ) -> tuple[int | None, int | None, str]:
        stored = await self._stored(stream.name)
        match stream.endpoint:
            case Search(page_size=size) as endpoint:
                counted = await Counter(self.client, endpoint).count(window)
                listed = max(counted, stored) if sweeps else counted
                how = "everything" if window.start is None else "what changed"
                how += (
                    ", everything listed to see what is gone" if sweeps and window.start is not None else ""
                )
                return (
                    counted,
                    max(1, ceil(listed / size)) + await self._details(stream, window, counted),
                    how,
                )
            case Listing() | Cursor() | Scroll() | Linked() | PerName():
                return stored or None, listing_requests(stream, stored), "everything"
            case Paged(newest_first=field):
                if field is None or window.start is None:
                    return stored or None, listing_requests(stream, stored), "everything"
                return None, 1, "the newest, down to the last run's"
            case PerParent():
                parents = await self._parents(stream, window)
                return None, parents, describe_cost(stream)
            case Log():
                days = (window.end - window.start).days if window.start is not None else None
                return None, None if days is None else 1 + days // 30, "what was added"
            case Export():
                return None, None, describe_cost(stream)

    async def _details(self, stream: Stream, window: Window, counted: int) -> int:
        """Of the records of the window those that have to be fetched: not what is held in its version."""
        if stream.detail is None:
            return 0
        if self.request.full or self.database is None:
            return counted
        with mapped_errors():
            held = await count_live(self.database.connection, stream.name, self.workspace_id, window)
        return max(0, counted - held)

    async def _parents(self, stream: Stream, window: Window) -> int | None:
        endpoint = stream.endpoint
        if self.database is None or not isinstance(endpoint, PerParent):
            return None
        after = window.start if stream.follows_parents else None
        with mapped_errors():
            found = await count_parents(self.database.connection, endpoint, self.workspace_id, after=after)
        return min(found, self.request.parents_at_most) if stream.follows_parents else found

    async def _stored(self, table: str) -> int:
        if self.database is None:
            return 0
        with mapped_errors():
            return await count_live(self.database.connection, table, self.workspace_id)

    async def _pending(self, stream: Stream) -> int:
        if self.database is None:
            return 0
        known = {"workspace_id": self.workspace_id, "stream": stream.name}
        return len(await self.database.rows("list_pending", known))

    async def _rereads(self, stream: Stream, known: Bookmark, now: datetime) -> int:
        """Records that are read again though nothing says that they changed."""
        if stream.detail is None or known.completed_at is None or self.request.full:
            return 0
        every = self.request.reread_every
        if every <= timedelta(0):
            return 0
        share = min(1.0, (now - known.completed_at) / every)
        return min(self.request.rereads_at_most, int(await self._stored(stream.name) * share))
