"""Asks whether the copy is complete and right, without reading everything again.

    rows against their own text -> counts or listings of the API -> a sample, field by field -> mend

The first takes no request; the second as few as the kind of the collection allows (docs/verify.md).
"""

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol

from intercom_etl.checks.listing import Subject, check_listing
from intercom_etl.checks.mend import mend
from intercom_etl.checks.sample import check_counted, check_sample, check_unfetchable
from intercom_etl.checks.stored import check_stored
from intercom_etl.checks.windows import NEWEST, check_total, check_windows, first_windows
from intercom_etl.costs import listing_requests
from intercom_etl.endpoint import PerName, PerParent, Search
from intercom_etl.errors import NeverReadError, UsageError
from intercom_etl.export import Export
from intercom_etl.extract.budget import Budget
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.extract.pages import list_records
from intercom_etl.extract.single import address_of_one
from intercom_etl.load.bury import Seen
from intercom_etl.load.compare import Comparer
from intercom_etl.load.stored import count_live
from intercom_etl.load.write import Loader
from intercom_etl.postgres.connection import mapped_errors
from intercom_etl.reading import names_of
from intercom_etl.request import SyncRequest
from intercom_etl.runs import WorkspaceRun, hold_workspace, open_run
from intercom_etl.state.bookmarks import Bookmark
from intercom_etl.stream import Stream
from intercom_etl.stream_tasks import each_stream
from intercom_etl.verdict import Verdict, VerifyReport
from intercom_etl.window import Window

LISTED_UP_TO = 15_000  # records: a hundred pages say more than counting does

LOOKS = 3
AFTERWARDS = "the streams that were checked are noted; the next check begins with the others"


class VerifyObserver(Protocol):
    """Whoever wants to watch a check."""

    def started(self, workspace: str, streams: list[str], requests: int, run_id: int) -> None:
        """The work begins, and will take about so many requests; `run_id` is the number of its row."""
        ...

    def finished(self, verdict: Verdict) -> None:
        """One stream has been checked."""
        ...


@dataclass(frozen=True, slots=True)
class Checks:
    """`sample` single records of each stream are looked at; `fix` puts right what is found wrong.

    `rows`: stored rows are held against their own text.
    """

    sample: int = 20
    fix: bool = False
    rows: bool = True


async def verify(
    request: SyncRequest,
    checks: Checks,
    *,
    api: ClientConfig,
    database_url: str,
    clock: Callable[[], datetime],
    observer: VerifyObserver,
) -> VerifyReport:
    """Compares the requested streams with the API, and says what is wrong.

    Raises CredentialsError, LockHeldError, SchemaError, DatabaseError when nothing can go on, UsageError
    when nothing was copied yet. An error of one stream is in its verdict instead, also that it was never
    read to its end.
    """
    verdicts: dict[str, Verdict] = {}
    asked = request.as_json() | {"sample": checks.sample, "fix": checks.fix}
    budget = Budget(request.max_requests, request.max_runtime, afterwards=AFTERWARDS)
    async with (
        open_run(database_url, command="verify", asked=asked, clock=clock) as run,
        IntercomClient(api, budget=budget) as client,
    ):
        run.streams = verdicts
        try:
            workspace = await client.workspace()
            async with hold_workspace(run, workspace.id, delete_share=request.delete_share) as held:
                _require_a_copy(request, held)
                stored = await _stored(request, held)
                expected = 1 + sum(expected_requests(s, stored[s.name], checks) for s in request.streams)
                names = [stream.name for stream in request.streams]
                observer.started(workspace.name or workspace.id, names, expected, run.id)

                async def work(stream: Stream, verdict: Verdict) -> None:
                    verdict.stored = stored[stream.name]
                    await _verify_stream(stream, request, checks, held, client, verdict)

                await each_stream(
                    await _oldest_check_first(request, held) if request.is_bounded else request.streams,
                    work,
                    client=client,
                    new=Verdict,
                    reports=verdicts,
                    finished=observer.finished,
                    may_lack=request.may_lack(held.bookmarks.keys()),
                    in_turn=request.is_bounded,
                )
        finally:
            run.requests = client.stats.requests
        report = run.outcome = VerifyReport(
            run_id=run.id,
            workspace=workspace.id,
            streams=tuple(verdicts[stream.name] for stream in request.streams),
            requests=client.stats.requests,
            expected=expected,
            seconds=(clock() - run.started_at).total_seconds(),
        )
    return report


def expected_requests(stream: Stream, stored: int, checks: Checks) -> int:
    """About how many requests the check of a stream takes, if it finds nothing."""
    sampled = min(checks.sample, stored) if _is_sampled(stream) else 0
    if isinstance(stream.endpoint, Search):
        is_counted = _is_counted(stream, stored)
        counted = first_windows(stored) + 3 if is_counted else 0
        return (
            sampled + max(1, ceil((NEWEST if is_counted else stored) / stream.endpoint.page_size)) + counted
        )
    return sampled + (listing_requests(stream, stored) if stream.is_whole else 0)


def _require_a_copy(request: SyncRequest, held: WorkspaceRun) -> None:
    """Raises UsageError when none of the streams was ever read: that is no copy that could be wrong."""
    if not any(held.bookmarks.get(stream.name, Bookmark()).completed_at for stream in request.streams):
        raise UsageError(
            f"nothing of workspace `{held.workspace_id}` has been copied to its end yet",
            "run `intercom-etl sync` first",
        )


async def _stored(request: SyncRequest, held: WorkspaceRun) -> dict[str, int]:
    async with held.run.connect() as database:
        with mapped_errors():
            return {
                stream.name: await count_live(database.connection, stream.name, held.workspace_id)
                for stream in request.streams
            }


async def _oldest_check_first(request: SyncRequest, held: WorkspaceRun) -> list[Stream]:
    """So that a budget which is too small for all of them is not always spent on the same ones.

    A bounded check takes one stream after the other, or the small ones would starve the large ones.
    """
    async with held.run.connect() as database:
        found = await database.rows("list_last_checks", {"workspace_id": held.workspace_id})
    checked = {row["stream"]: row["checked_at"].timestamp() for row in found}
    return sorted(request.streams, key=lambda stream: checked.get(stream.name, 0.0))


async def _verify_stream(
    stream: Stream,
    request: SyncRequest,
    checks: Checks,
    held: WorkspaceRun,
    client: IntercomClient,
    verdict: Verdict,
) -> None:
    known = held.bookmarks.get(stream.name, Bookmark())
    if known.completed_at is None:
        await _ask_for_it(stream, client)
        raise NeverReadError(
            f"`{stream.name}` was never read to its end: nothing can be said of it",
            f"run `intercom-etl sync {stream.name}`",
        )
    async with held.run.connect() as database:
        loader = await Loader.create(database.connection, stream, history=request.history)
        claim = _claim(known, known.completed_at, request.lookback)

        async def look() -> Subject:
            """What a listing or counts say, from the beginning."""
            verdict.newer = 0
            seen = await Seen.begin(database.connection, loader.table, stream.parent_key)
            names, comparer = names_of(stream, request), Comparer(loader)
            subject = Subject(
                stream, request, client, database, comparer, seen, held.workspace_id, claim, names, verdict
            )
            await _compare(subject)
            await check_unfetchable(subject)
            return subject

        if checks.rows:
            own = Comparer(loader, own_text=True)
            await check_stored(database, stream, own, held.workspace_id, verdict)
        subject = await look()
        if _is_sampled(stream):
            await check_counted(subject)
            await check_sample(subject, checks.sample)
        for _ in range(LOOKS if checks.fix else 0):
            if not verdict.drift:
                break
            await mend(subject, held, loader)
            if not _is_counted(stream, verdict.stored or 0):
                break
            subject = await look()  # two that made up for each other may not do so any more
        await _note_refused(subject)


async def _note_refused(subject: Subject) -> None:
    """Says of what is missing how much is known, and waits in quarantine."""
    missing = [identity for identity, kind in subject.verdict.wrong.items() if kind == "missing"]
    if not missing:
        return
    asked = {"workspace_id": subject.workspace_id, "stream": subject.stream.name, "ids": missing}
    row = await subject.database.row("count_refused", asked)
    if row is not None and row["refused"]:
        listed = f"`intercom-etl quarantine list --stream {subject.stream.name}`"
        subject.verdict.note = f"{row['refused']:,} of the missing are in quarantine: {listed}"


async def _ask_for_it(stream: Stream, client: IntercomClient) -> None:
    """Raises what the API says of a collection that it does not have, or not for us."""
    if isinstance(stream.endpoint, PerParent | PerName | Export):
        return
    whole = Window(None, client.now(), None)
    async with aclosing(list_records(client, stream, whole)) as listing:
        async for _ in listing:
            return


async def _compare(subject: Subject) -> None:
    stream = subject.stream
    is_counted = _is_counted(stream, subject.verdict.stored or 0)
    match stream.endpoint:
        case Search(granularity="second") as endpoint if is_counted:
            subject.verdict.method = "counted by windows of time"
            await check_windows(subject, endpoint)
        case Search() as endpoint if is_counted:
            subject.verdict.method = "counted, and listed if the counts differ"
            if not await check_total(subject, endpoint):
                await check_listing(subject)
        case _ if stream.is_whole or isinstance(stream.endpoint, Search):
            subject.verdict.method = "every record listed"
            await check_listing(subject)
        case _:
            pass


def _is_counted(stream: Stream, stored: int) -> bool:
    """Whether the API is asked to count the records, and not to list all of them."""
    return isinstance(stream.endpoint, Search) and stored > LISTED_UP_TO


def _is_sampled(stream: Stream) -> bool:
    """Whether single records tell more than their listing does: parts, or where there is none."""
    return address_of_one(stream) is not None and (
        stream.detail is not None or isinstance(stream.endpoint, Search)
    )


def _claim(known: Bookmark, completed_at: datetime, lookback: timedelta) -> datetime:
    """What the last run should have read: all that changed before it began, to the second before.

    Times of changes have whole seconds: of one within the second of the run nobody can say which came first.
    """
    began = completed_at if known.value is None else min(known.value + lookback, completed_at)
    return began.replace(microsecond=0) - timedelta(seconds=1)
