"""Checks a stream against a listing of all of its records, or of those of some windows.

Where the listing gives whole records, every column is compared; where it gives stubs, ids and versions.
"""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import sql

from intercom_etl.batch import Batch
from intercom_etl.endpoint import Search
from intercom_etl.errors import MassDeletionError
from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.listed import Listed
from intercom_etl.extract.pages import list_records, read_pages
from intercom_etl.load.bury import CLOCK_SLACK, Seen, refuse_masses
from intercom_etl.load.compare import Comparer
from intercom_etl.page import Page, Stub
from intercom_etl.postgres.connection import Database, mapped_errors
from intercom_etl.request import SyncRequest
from intercom_etl.stream import Stream
from intercom_etl.transform.validate import to_batch
from intercom_etl.verdict import Verdict
from intercom_etl.window import Window

SECOND = timedelta(seconds=1)
OPEN_END = timedelta(hours=1)


@dataclass(slots=True)
class Subject:
    """What is checked, with what: one stream of one workspace.

    `claim`: every change up to here should be stored, says the last run that came to its end.
    `changed` are records that changed after it, `alive` those that a listing of some windows named,
    `expected` those that are stored there. `unfetchable` are listed, and were not given out when `sync`
    asked for them. `announced` is how many records the last listing counted; `was_short`: nothing shows
    that a listing of all of them was whole.
    """

    stream: Stream
    request: SyncRequest
    client: IntercomClient
    database: Database
    comparer: Comparer
    seen: Seen
    workspace_id: str
    claim: datetime
    names: Sequence[str]
    verdict: Verdict
    changed: set[str] = field(default_factory=set)
    alive: set[str] = field(default_factory=set)
    expected: set[str] = field(default_factory=set)
    unfetchable: set[str] = field(default_factory=set)
    announced: int | None = None
    was_short: bool = True

    def is_newer(self, updated_at: datetime | None) -> bool:
        """Whether a version came into being after the last sync, so that it need not be stored."""
        return updated_at is not None and updated_at > self.claim

    def note_changed(self, ids: set[str]) -> None:
        """These are newer; a record may be listed twice."""
        self.changed |= ids
        self.verdict.newer = len(self.changed)

    @property
    def table(self) -> sql.Identifier:
        """The stream's own table."""
        return sql.Identifier("intercom", self.stream.name)

    async def rows(self, statement: sql.Composed, **params: Any) -> list[dict[str, Any]]:
        """Rows of a statement with %(workspace_id)s in it."""
        with mapped_errors():
            found = await self.database.connection.execute(
                statement, {"workspace_id": self.workspace_id, **params}
            )
            return await found.fetchall()


async def check_listing(subject: Subject) -> None:
    """Compares with a whole listing, and finds what is stored and not listed.

    Raises MassDeletionError when so much is missing that the listing is doubted.
    """
    began = subject.client.now()
    whole = Window(None, began, None)
    verdict, named = subject.verdict, 0
    is_search = isinstance(subject.stream.endpoint, Search)
    async with aclosing(listed_ids(subject, whole)) as pages:
        async for ids in pages:
            named += len(ids)
            batch = Batch(subject.stream.name, [], [], began, current=tuple(ids))
            async with subject.database.transaction() as tx:
                await subject.seen.add(tx, batch)
    announced = subject.announced
    verdict.api = named - verdict.newer
    async with subject.database.transaction() as tx:
        absent = await subject.seen.absent(
            tx,
            workspace_id=subject.workspace_id,
            before=began + CLOCK_SLACK,
            share_allowed=1.0 if is_search else subject.request.delete_share,
            announced=None if is_search else announced,
        )
    if is_search and absent:
        await list_changed(subject)  # a search that goes on meanwhile does not name these
        absent = [identity for identity in absent if identity not in subject.changed]
        await _require_trust(subject, len(absent), announced)
    verdict.add("extra", absent)


async def list_changed(subject: Subject) -> None:
    """Lists what changed since the last sync, and notes it."""
    # what goes on changing while this is read is to be named too
    recent = Window(subject.claim + SECOND, subject.client.now() + OPEN_END, None)
    async with aclosing(listed_ids(subject, recent)) as pages:
        async for _ in pages:
            pass


async def _require_trust(subject: Subject, missing: int, announced: int | None) -> None:
    """Raises MassDeletionError when the search is not to be believed, by its share or by its own count."""
    name = subject.stream.name
    refuse_masses(name, missing, subject.verdict.stored or 0, subject.request.delete_share)
    async with subject.database.transaction() as tx:
        if missing and await subject.seen.leaves_out(tx, missing, announced):
            raise MassDeletionError(
                f"the API counts {announced:,} {name} and lists {await subject.seen.count(tx):,}:"
                f" whether the {missing:,} that are stored and not listed are gone cannot be told",
                "run the same command again later",
            )
    subject.was_short = False


async def listed_ids(subject: Subject, window: Window) -> AsyncGenerator[list[str]]:
    """The ids of the window's records, page by page, each compared with what is stored."""
    stream = subject.stream
    if stream.detail is None:
        pages = read_pages(
            subject.client,
            stream,
            window,
            names=subject.names,
            treat=subject.request.treatment(stream),
            complete=False,  # what is cut off is compared as far as it goes
        )
        async with aclosing(pages):
            async for page in pages:
                subject.announced = page.total
                yield await compare_records(subject, page)
        return
    async with aclosing(list_records(subject.client, stream, window)) as listing:
        async for listed in listing:
            subject.announced = listed.total
            yield await _compare_stubs(subject, listed)


async def compare_records(subject: Subject, page: Page) -> list[str]:
    """Compares whole records; those that are newer than the last sync are only counted."""
    batch = to_batch(subject.stream, page)
    items = batch.newest_only()
    newer = {item.id for item in items if subject.is_newer(item.version)}
    subject.note_changed(newer)
    versions = {item.id: item.version for item in items if item.id not in newer}
    stored = await _versions(subject, list(versions))
    unfetchable = await _unfetchable(subject, versions.keys() - stored.keys())
    settled = [item for item in items if item.id not in newer | unfetchable]
    connection = subject.database.connection
    for each in await subject.comparer.differences(connection, settled, subject.workspace_id):
        if each.table != subject.stream.name:
            subject.verdict.add("parts", [each.record], each.columns)
        elif each.kind == "missing":
            subject.verdict.add("missing", [each.record])
        else:
            version, held = versions[each.record], stored.get(each.record)
            is_older = version is not None and held is not None and held < version
            subject.verdict.add("stale" if is_older else "altered", [each.record], each.columns)
    return batch.listed_ids()


async def _compare_stubs(subject: Subject, listed: Listed) -> list[str]:
    stubs = [record.stub for record in listed.records if record.stub is not None]
    stored = await _versions(subject, [stub.id for stub in stubs])
    unfetchable = await _unfetchable(subject, {stub.id for stub in stubs} - stored.keys())
    subject.unfetchable |= unfetchable
    for stub in stubs:
        version = _time(stub)
        if subject.is_newer(version):
            subject.note_changed({stub.id})
        elif stub.id in unfetchable:
            continue
        elif stub.id not in stored:
            subject.verdict.add("missing", [stub.id])
        elif version is not None and stored[stub.id] != version:
            held = stored[stub.id]
            subject.verdict.add("stale" if held is None or held < version else "altered", [stub.id])
    return [stub.id for stub in stubs]


async def _versions(subject: Subject, ids: Sequence[str]) -> dict[str, datetime | None]:
    """The stored version of live records, None where the table keeps none."""
    version = sql.SQL("updated_at" if "updated_at" in subject.seen.table.columns else "null::timestamptz")
    statement = sql.SQL(
        "select id, {version} as version from {table} where workspace_id = %(workspace_id)s"
        " and id = any (%(ids)s) and deleted_at is null"
    ).format(version=version, table=subject.table)
    usable = [identity for identity in ids if "\x00" not in identity]
    return {row["id"]: row["version"] for row in await subject.rows(statement, ids=usable)}


async def _unfetchable(subject: Subject, ids: Collection[str]) -> set[str]:
    """Those of the records that `sync` found listed, and was told that they are not there."""
    usable = [identity for identity in ids if "\x00" not in identity]
    if not usable:
        return set()
    statement = sql.SQL(
        "select id from {} where workspace_id = %(workspace_id)s and id = any (%(ids)s)"
        " and deletion_reason = 'not_found'"
    ).format(subject.table)
    return {row["id"] for row in await subject.rows(statement, ids=usable)}


def _time(stub: Stub) -> datetime | None:
    if stub.updated_at is None:
        return None
    try:
        return datetime.fromtimestamp(stub.updated_at, UTC)
    except (ValueError, OSError, OverflowError):  # no time that a table could hold
        return None
