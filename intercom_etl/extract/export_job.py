"""One export job of the API: started, asked for until it is done, downloaded.

The address that the API gives for the download is never used, since the token would go along: only
the job's id is taken, and our own address made from it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Literal
from urllib.parse import quote

from intercom_etl.errors import ApiError, FatalApiError, RetriableApiError
from intercom_etl.export import Export
from intercom_etl.extract.body import BodyTooLargeError
from intercom_etl.extract.client import Answer, IntercomClient
from intercom_etl.extract.failures import CUT_OFF, JOB_PENDING, TOO_LARGE, clean
from intercom_etl.extract.fields import text_at
from intercom_etl.extract.unpack import DamagedExportError, check

logger = logging.getLogger(__name__)

State = Literal["waiting", "done", "empty", "failed"]
LONGEST_PAUSE = 30  # times the first one
BUSY_PAUSE = 15  # as above: somebody else's job may take minutes
DOWNLOADS = 3  # of a file that comes damaged
LONGEST_ID = 200

_STATES: dict[str, State] = {
    "complete": "done",
    "completed": "done",
    "no_data": "empty",
    "failed": "failed",
    "canceled": "failed",
}


@dataclass(frozen=True, slots=True)
class Made:
    """What a job wrote: a whole export. `begun_at` is on the server's clock: it is as new as that."""

    file: IO[bytes]
    begun_at: datetime


@asynccontextmanager
async def run_job(
    client: IntercomClient, endpoint: Export, body: Mapping[str, object]
) -> AsyncIterator[Made | None]:
    """What a new job writes, None when it finds nothing. The file is closed at the end.

    Raises RetriableApiError when the job fails or is not done in time, or when another one stays
    under way; a job that is given up is canceled where the API allows it.
    """
    begun = await _start(client, endpoint, body)
    job = _job_of(begun, endpoint)
    if await _wait(client, endpoint, job, begun) == "empty":
        yield None
        return
    file = await _download(client, endpoint.download.replace("{job}", job))
    with file:
        yield Made(file, begun.fetched_at)


def job_id(answer: Answer) -> str | None:
    """The id of the job that an answer speaks of, None when it names none that fits into a path."""
    found = text_at(answer.members, "job_identifier") or ""
    return quote(found, safe="") if 0 < len(found) <= LONGEST_ID and set(found) != {"."} else None


def job_state(answer: Answer) -> State:
    """What an answer says of its job; words that nobody knows mean that it is not done."""
    return _STATES.get(text_at(answer.members, "status") or "", "waiting")


def _job_of(answer: Answer, endpoint: Export) -> str:
    found = job_id(answer)
    if found is None:
        raise FatalApiError(
            f"answer to `POST {endpoint.path}` names no job (`job_identifier`)",
            "check INTERCOM_API_VERSION",
            request=f"POST {endpoint.path}",
            status=answer.status,
            request_id=answer.request_id,
        )
    return found


async def _start(client: IntercomClient, endpoint: Export, body: Mapping[str, object]) -> Answer:
    """A new job, once the API lets one more run."""
    now = asyncio.get_running_loop().time
    deadline = now() + client.config.export_patience
    while True:
        try:
            return await client.post(endpoint.path, body)
        except FatalApiError as error:
            if error.code != JOB_PENDING:
                raise
            if now() >= deadline:
                raise RetriableApiError(
                    f"another export job of the workspace stays under way: `POST {endpoint.path}`",
                    "another program exports, or an earlier run was interrupted: try again later",
                    request=error.request,
                    status=error.status,
                    request_id=error.request_id,
                    code=error.code,
                ) from error
        logger.info("another export job is under way: waiting until `%s` may start", endpoint.path)
        await asyncio.sleep(BUSY_PAUSE * client.config.export_pause)


async def _wait(client: IntercomClient, endpoint: Export, job: str, answer: Answer) -> State:
    """`done` or `empty`, after however many looks."""
    now = asyncio.get_running_loop().time
    first = pause = client.config.export_pause
    deadline = now() + client.config.export_patience
    path = endpoint.status.replace("{job}", job)
    while (state := job_state(answer)) == "waiting":
        if now() >= deadline:
            await _cancel(client, endpoint, job)
            raise _trouble(endpoint, f"is not done after {client.config.export_patience:.0f} s", answer)
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE * first)
        try:
            answer = await client.get(path)
        except FatalApiError as error:
            if error.status != 404:
                raise
            raise _trouble(endpoint, "is not known any more", answer) from error
    if state == "failed":
        raise _trouble(endpoint, f"ended as `{clean(text_at(answer.members, 'status') or '')}`", answer)
    return state


async def _cancel(client: IntercomClient, endpoint: Export, job: str) -> None:
    if endpoint.cancel is not None:
        with suppress(ApiError):
            await client.post(endpoint.cancel.replace("{job}", job), {}, attempts=1)


async def _download(client: IntercomClient, path: str) -> IO[bytes]:
    """The file, whole. Reading it is left to a thread: it may be long."""
    request = f"GET {path}"
    for turn in range(1, DOWNLOADS + 1):
        file = (await client.download(path)).file
        try:
            await asyncio.to_thread(check, file, client.config.max_response_bytes)
        except DamagedExportError as error:
            file.close()
            if turn == DOWNLOADS:
                raise RetriableApiError(
                    f"file of `{request}` cannot be read: {error}", request=request, code=CUT_OFF
                ) from error
        except BodyTooLargeError as error:
            file.close()
            raise FatalApiError(
                f"file of `{request}` is larger than the cap",
                "raise INTERCOM_ETL_MAX_RESPONSE_MB if such exports are expected",
                request=request,
                code=TOO_LARGE,
            ) from error
        else:
            return file
        await asyncio.sleep(client.config.backoff_base * 2**turn)
    raise AssertionError("the last download returns or raises")


def _trouble(endpoint: Export, what: str, answer: Answer) -> RetriableApiError:
    return RetriableApiError(
        f"export job of `POST {endpoint.path}` {what}",
        "try again later; what was read of earlier jobs is kept",
        request=f"POST {endpoint.path}",
        request_id=answer.request_id,
    )
