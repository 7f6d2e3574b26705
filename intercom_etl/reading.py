"""What a stream is asked for in one run: the API's pages, less what the database holds already."""

import sys
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from intercom_etl.endpoint import PerParent, Search
from intercom_etl.errors import ConfigError
from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.count import count_records
from intercom_etl.extract.details import IsCurrent
from intercom_etl.extract.pages import read_pages
from intercom_etl.load.current import current_ids
from intercom_etl.load.rereads import Rereads, due_rereads
from intercom_etl.load.stored import count_live, names_without_rows, stored_parents
from intercom_etl.page import Page, Parent, Stub
from intercom_etl.postgres.connection import Database, mapped_errors
from intercom_etl.request import SyncRequest
from intercom_etl.state.bookmarks import Bookmark
from intercom_etl.stream import Stream
from intercom_etl.window import Window

CLOCK_STEP = timedelta(microseconds=1)


@dataclass(slots=True)
class Reading:
    """Reads one stream for one workspace; `lookup` is a connection for looking only.

    `reached` is how far it came, `rereads` where the round of reading everything again stands,
    `parents_given` how many of the parents written since the last time it took up.
    """

    stream: Stream
    request: SyncRequest
    client: IntercomClient
    lookup: Database
    workspace_id: str
    known: Bookmark
    reached: datetime | None = None
    rereads: Rereads = field(default_factory=Rereads)
    parents_given: int = 0

    def is_whole(self, window: Window) -> bool:
        """Whether the window holds the whole collection, so that what is missing from it is gone."""
        return self.stream.is_whole or (isinstance(self.stream.endpoint, Search) and window.start is None)

    async def pages(self, window: Window) -> AsyncGenerator[Page]:
        """The pages of the window; first come records that an earlier run could not get."""
        pending = await self.lookup.rows(
            "list_pending", {"workspace_id": self.workspace_id, "stream": self.stream.name}
        )
        waiting = [row["raw"].encode() for row in pending]
        async with aclosing(self._late_names(window)) as late:
            async for page in late:
                yield page
        due = (await self._due_rereads(window)).without({row["record_id"] for row in pending})
        pages = read_pages(
            self.client,
            self.stream,
            window,
            is_current=self._skips,
            also=waiting if self.stream.detail else (),
            afterwards=due.stubs if self.stream.detail else (),
            parents=self._parents(window, [row["parent_id"] for row in pending], due.ids),
            names=names_of(self.stream, self.request),
            treat=self.request.treatment(self.stream),
        )
        async with aclosing(pages):
            async for page in pages:
                self.reached = page.position or self.reached
                yield page

    def span(self, window: Window) -> AsyncGenerator[Page]:
        """The pages of the window, and nothing besides."""
        return read_pages(
            self.client,
            self.stream,
            window,
            is_current=self._skips,
            names=names_of(self.stream, self.request),
            treat=self.request.treatment(self.stream),
        )

    @property
    def _skips(self) -> IsCurrent | None:
        """Who says which versions are held, where that saves a request."""
        return None if self.request.full or self.stream.detail is None else self._current

    async def _late_names(self, window: Window) -> AsyncGenerator[Page]:
        """What was before the window of exports whose name was set after the bookmark was."""
        begin = self.stream.begins(window.end)
        if window.start is None or begin is None or begin >= window.start:
            return
        names = names_of(self.stream, self.request)
        with mapped_errors():
            late = await names_without_rows(self.lookup.connection, self.stream, self.workspace_id, names)
        if late:
            earlier = Window(begin, window.start, bookmark=None)
            treat = self.request.treatment(self.stream)
            pages = read_pages(self.client, self.stream, earlier, names=late, treat=treat)
            async with aclosing(pages):
                async for page in pages:
                    yield page

    async def count_unlisted(self) -> int | None:
        """How many more records are stored than the API says that it has; None: it does not say."""
        if not isinstance(self.stream.endpoint, Search) or self.stream.confirm is None:
            return None
        announced = await count_records(self.client, self.stream.endpoint)
        return None if announced is None else max(0, await self.count_stored() - announced)

    async def count_stored(self) -> int:
        """How many records are stored and not gone."""
        with mapped_errors():
            return await count_live(self.lookup.connection, self.stream.name, self.workspace_id)

    async def _current(self, stubs: Sequence[Stub]) -> Collection[str]:
        return await current_ids(self.lookup, self.stream, self.workspace_id, stubs)

    async def _due_rereads(self, window: Window) -> Rereads:
        done = self.known.completed_at
        if self.request.full or self.request.limit is not None or done is None:
            return self.rereads
        self.rereads = await due_rereads(
            self.lookup,
            self.stream,
            self.workspace_id,
            after=self.known.reread_after,
            passed=window.end - done,
            every=self.request.reread_every,
            at_most=self.request.rereads_at_most,
        )
        return self.rereads

    async def _parents(
        self, window: Window, first: Sequence[str | None], last: Sequence[str]
    ) -> AsyncGenerator[Parent]:
        """The parents whose lists to read: `first`, those that were written since, and `last`."""
        endpoint, follows = self.stream.endpoint, self.stream.follows_parents
        if not isinstance(endpoint, PerParent):
            return
        due = dict.fromkeys(last if follows else ())
        waiting = {identity for identity in first if identity is not None}
        for identity in sorted(waiting):
            due.pop(identity, None)
            yield Parent(identity, is_waiting=True)
        # this run's clock may be a second behind that of the last one, and what it wrote with it
        after = None if window.start is None else min(window.start, window.end - CLOCK_STEP)
        stored = stored_parents(
            self.lookup,
            self.stream,
            endpoint,
            self.workspace_id,
            after=after if follows else None,
            at_most=self.request.parents_at_most if follows else sys.maxsize,
        )
        async with aclosing(stored):
            async for parent in stored:
                self.parents_given += 1
                due.pop(parent.id, None)
                if parent.id not in waiting:
                    yield parent if follows else replace(parent, position=None)
                elif follows:  # once more, for how far the parents are read with it
                    yield replace(parent, is_waiting=True)
        for identity in due:
            yield Parent(identity)


def window_of(request: SyncRequest, stream: Stream, known: Bookmark, now: datetime, *, whole: bool) -> Window:
    """What a run that begins now reads of the stream; all of it if it shall be `whole`."""
    return Window.choose(
        since=request.since,
        bookmark=known.value,
        resume_from=known.resume_from,
        lookback=request.lookback,
        now=now,
        whole=whole,
        first=stream.begins(now),
    )


def names_of(stream: Stream, request: SyncRequest) -> Sequence[str]:
    """The names that a stream is read by; none for all others. Raises ConfigError when none is set."""
    if stream.setting is None:
        return ()
    names = request.names.get(stream.setting, ())
    if not names:
        raise ConfigError(f"`{stream.name}` is read by name, and no name is set", f"set {stream.setting}")
    return names
