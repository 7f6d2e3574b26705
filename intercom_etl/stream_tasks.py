"""Runs one task a stream, side by side; a stream that fails does not stop the others."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol, TypeVar

from intercom_etl.errors import (
    BudgetSpentError,
    CredentialsError,
    DatabaseError,
    EtlError,
    FatalApiError,
    LockHeldError,
    NotAvailableError,
)
from intercom_etl.extract.client import IntercomClient
from intercom_etl.report import NOT_THERE
from intercom_etl.stream import Stream


class Report(Protocol):
    """What is told of one stream."""

    error: EtlError | None
    note: str | None
    read: int


R = TypeVar("R", bound=Report)

STREAMS_AT_ONCE = 4  # they share one limiter: more would only hold more pages in memory


async def each_stream(
    streams: Sequence[Stream],
    work: Callable[[Stream, R], Awaitable[None]],
    *,
    client: IntercomClient,
    new: Callable[[str], R],
    reports: dict[str, R],
    finished: Callable[[R], None],
    may_lack: Collection[str] = (),
    in_turn: bool = False,
) -> None:
    """Fills `reports` with a `new` one for each name, and says when it is `finished`.

    An error of the API or of the records stays with its stream. A stream that builds upon another
    waits for it; `in_turn` takes them one after the other as they are given, whatever they build upon.
    A collection of `may_lack` that the API does not know (404) is left out with a note. Raises what
    stops them all: the database, the lease, and a token that is refused everywhere.
    """
    slots = asyncio.Semaphore(1 if in_turn else STREAMS_AT_ONCE)
    ended = {stream.name: asyncio.Event() for stream in streams}

    async def one(stream: Stream, report: R) -> None:
        for other in streams:
            if stream.waits_for(other) and not in_turn:
                await ended[other.name].wait()
        async with slots:
            try:
                await work(stream, report)
            except (DatabaseError, LockHeldError):
                raise
            except CredentialsError as error:
                report.error = await _unless_refused(client, error)
            except FatalApiError as error:
                if error.status == 404 and stream.name in may_lack and not report.read:
                    report.note = NOT_THERE
                else:
                    report.error = error
            except EtlError as error:
                report.error = error
            ended[stream.name].set()
            finished(report)

    for stream in streams:
        reports[stream.name] = new(stream.name)
    try:
        async with asyncio.TaskGroup() as group:
            for stream in streams:
                group.create_task(one(stream, reports[stream.name]), name=stream.name)
    except BaseExceptionGroup as errors:
        raise _speaker(errors) from errors


async def _unless_refused(client: IntercomClient, error: CredentialsError) -> EtlError:
    """Some collections answer 401 to a token that is good for others. Raises when it is good for none."""
    try:
        await client.workspace()
    except BudgetSpentError as spent:
        return spent
    return NotAvailableError(
        error.message,
        "give the token the permission in Intercom's Developer Hub, or leave the stream out",
        request=error.request,
        status=error.status,
        request_id=error.request_id,
        code=error.code,
    )


def _speaker(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that speaks for all: tasks that were cancelled because of it do not count."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            return _speaker(error)
        if not isinstance(error, asyncio.CancelledError):
            return error
    return group.exceptions[0]
