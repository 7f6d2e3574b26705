"""Reads a scroll: the API keeps the place, so a page whose answer is lost is lost for good.

One scroll may be open in a workspace; it expires after a minute without a request. The token is
the same on every page, and the end is an empty page, or sometimes a 404.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from intercom_etl.endpoint import Scroll
from intercom_etl.errors import FatalApiError, RetriableApiError
from intercom_etl.extract.client import Answer, IntercomClient
from intercom_etl.extract.fields import text_at
from intercom_etl.extract.listed import Listed, ListingReader

logger = logging.getLogger(__name__)

RESTARTS = 10  # in a row, without getting further than before
PAGE = 100  # fixed by the API
IDLE = 30.0  # seconds: half of what an open scroll lives; a 404 after a longer pause proves nothing
BUSY_LOOKS = 12  # at 15 s each three minutes: three times what an abandoned scroll lives


class _BrokenScrollError(Exception):
    """A page may have been lost: the scroll must begin again."""


@dataclass(slots=True)
class _Progress:
    """What the attempts at one scroll have seen, in records."""

    largest: int = 0
    last: int = 0
    count: int = 0
    count_before: int | None = None
    asked_at: float = 0.0
    furthest: int = 0
    restarts: int = 0

    def add(self, records: int) -> None:
        self.count += records
        self.last = records
        self.asked_at = asyncio.get_running_loop().time()
        self.largest = max(self.largest, records)

    def is_end(self) -> bool:
        """Whether a 404 may be taken for the end: after a short page, or twice at the same place.

        Never after a pause in which the scroll may just have expired.
        """
        if asyncio.get_running_loop().time() - self.asked_at > IDLE:
            return False
        return self.count > 0 and (self.last < self.largest or self.count == self.count_before)

    def begin_again(self) -> bool:
        """False when the scroll has broken too often without getting further."""
        self.restarts = 0 if self.count > self.furthest else self.restarts + 1
        self.furthest = max(self.furthest, self.count)
        self.count_before, self.count, self.last = self.count, 0, 0
        return self.restarts < RESTARTS


async def read_scroll(client: IntercomClient, endpoint: Scroll) -> AsyncGenerator[Listed]:
    """Pages from the first to the last; after trouble all of them again, from the first.

    Raises RetriableApiError when the scroll keeps breaking or another one stays open.
    """
    progress = _Progress()
    while True:
        try:
            async with aclosing(_scroll_once(client, endpoint, progress)) as pages:
                async for listed in pages:
                    yield listed
        except _BrokenScrollError as broken:
            if not progress.begin_again():
                raise RetriableApiError(
                    f"scroll of `{endpoint.path}` broke {RESTARTS} times without getting further: {broken}",
                    request=f"GET {endpoint.path}",
                ) from broken
            logger.warning("scroll of `%s` begins again: %s", endpoint.path, broken)
            pause = client.config.backoff_base * 2**progress.restarts
            await asyncio.sleep(min(pause, client.config.backoff_cap))
        else:
            return


async def _scroll_once(
    client: IntercomClient, endpoint: Scroll, progress: _Progress
) -> AsyncGenerator[Listed]:
    reader = ListingReader(f"GET {endpoint.path}", endpoint.key)
    answer: Answer | None = await _open(client, endpoint)
    token: str | None = None
    while answer is not None:
        listed = reader.read(answer)
        if not listed.records:
            return
        reader.remember(listed, answer)
        progress.add(len(listed.records))
        yield listed
        token = text_at(answer.members, "scroll_param") or token
        if token is None:
            if len(listed.records) < PAGE:
                return
            raise FatalApiError(
                f"answer to `GET {endpoint.path}` has no `scroll_param`",
                request=f"GET {endpoint.path}",
                status=answer.status,
                request_id=answer.request_id,
            )
        answer = await _next(client, endpoint, token, progress)


async def _open(client: IntercomClient, endpoint: Scroll) -> Answer:
    """The first page, once no other scroll is open."""
    for look in range(BUSY_LOOKS + 1):
        try:
            return await client.get(endpoint.path)
        except FatalApiError as error:
            if error.code != "scroll_exists":
                raise
            if look == BUSY_LOOKS:
                raise RetriableApiError(
                    f"another scroll of `{endpoint.path}` stays open",
                    "another program reads the companies of this workspace: try again later",
                    request=error.request,
                    status=error.status,
                    request_id=error.request_id,
                    code=error.code,
                ) from error
        logger.info("a scroll of `%s` is open: waiting until it expires", endpoint.path)
        await asyncio.sleep(client.config.scroll_busy_wait)
    raise AssertionError("the last look returns or raises")


async def _next(client: IntercomClient, endpoint: Scroll, token: str, progress: _Progress) -> Answer | None:
    """The next page, None at an end by 404. A failed request is not repeated: see the module."""
    try:
        return await client.get(endpoint.path, {"scroll_param": token}, attempts=1)
    except RetriableApiError as error:
        if error.status == 429:
            raise
        raise _BrokenScrollError(error.message) from error
    except FatalApiError as error:
        if error.status != 404:
            raise
        if progress.is_end():
            return None
        raise _BrokenScrollError(error.message) from error
