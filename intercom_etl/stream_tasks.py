"""Runs one task a stream, side by side; a stream that fails does not stop the others."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from intercom_etl.errors import CredentialsError, DatabaseError, EtlError, LockHeldError
from intercom_etl.extract.client import IntercomClient
from intercom_etl.report import Observer, StreamReport
from intercom_etl.stream import Stream

STREAMS_AT_ONCE = 4  # they share one limiter: more would only hold more pages in memory


async def each_stream(
    streams: Sequence[Stream],
    work: Callable[[Stream, StreamReport], Awaitable[None]],
    *,
    client: IntercomClient,
    reports: dict[str, StreamReport],
    observer: Observer,
) -> None:
    """Fills `reports`. An error of the API or of the records stays with its stream.

    Raises what stops them all: the database, the lease, and a token that is refused everywhere.
    """
    slots = asyncio.Semaphore(STREAMS_AT_ONCE)

    async def one(stream: Stream, report: StreamReport) -> None:
        async with slots:
            try:
                await work(stream, report)
            except (DatabaseError, LockHeldError):
                raise
            except CredentialsError as error:
                await client.workspace()  # raises as well, unless only this stream is out of bounds
                report.error = error
            except EtlError as error:
                report.error = error
            observer.finished(report)

    for stream in streams:
        reports[stream.name] = StreamReport(stream.name)
    try:
        async with asyncio.TaskGroup() as group:
            for stream in streams:
                group.create_task(one(stream, reports[stream.name]), name=stream.name)
    except BaseExceptionGroup as errors:
        raise _speaker(errors) from errors


def _speaker(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that speaks for all: tasks that were cancelled because of it do not count."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            return _speaker(error)
        if not isinstance(error, asyncio.CancelledError):
            return error
    return group.exceptions[0]
