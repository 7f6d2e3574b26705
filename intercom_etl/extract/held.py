"""Bounds of many requests side by side: how much may be held, and how many may fail."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from intercom_etl.errors import (
    ApiDownError,
    ApiError,
    BudgetSpentError,
    CredentialsError,
    NotAvailableError,
)

HELD_PER_REQUEST = 2  # answers held per request in flight: one slow record must not stop the others
HELD_BYTES = 32 * 1024 * 1024  # finished ahead of the consumer, or on its way
UNKNOWN_BYTES = 16 * 1024 * 1024  # what the first answers are taken for: a few of them tell more
ANSWERS_REMEMBERED = 64
FAILURES_ALLOWED, FAILED_SHARE = 5, 0.1


class Held:
    """Bounds what is fetched and not yet consumed, and how many requests run side by side.

    What is still on its way counts as the largest of the last answers: as many large records as there
    may be requests at once would fill the memory before the first of them could be counted.
    """

    def __init__(self, requests_at_once: int) -> None:
        self._slots = asyncio.Semaphore(requests_at_once)
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self._recent: deque[int] = deque(maxlen=ANSWERS_REMEMBERED)
        self._bytes = 0
        self._underway = 0

    def add(self, size: int) -> None:
        """A record has come, or (negative) has been consumed."""
        self._bytes += size
        if size > 0:
            self._recent.append(size)
        self._changed.set()

    @asynccontextmanager
    async def room(self) -> AsyncIterator[None]:
        """A slot with room for one more answer, for as long as it takes to come.

        Given in listing order, so whatever takes up the room comes earlier and is consumed.
        """
        async with self._slots:
            async with self._turn:
                while not self._has_room():
                    self._changed.clear()
                    await self._changed.wait()
                self._underway += 1
            try:
                yield
            finally:
                self._underway -= 1
                self._changed.set()

    def _has_room(self) -> bool:
        expected = max(self._recent, default=UNKNOWN_BYTES)
        nothing_held = self._underway == 0 and self._bytes <= 0
        return nothing_held or self._bytes + (self._underway + 1) * expected <= HELD_BYTES


class Tolerance:
    """Raises once so many requests have failed that the API must be the cause and not the records."""

    def __init__(self) -> None:
        self._fetched = 0
        self._failed = 0

    def note(self, error: ApiError | None, *, is_known: bool = False) -> None:
        """One more request is over; `error` is why it failed, None when it did not.

        `is_known`: it failed before, in an earlier run. That it does again says nothing of the API.
        """
        if isinstance(error, CredentialsError | ApiDownError | BudgetSpentError):
            raise error  # no matter of the record
        if error is not None and is_known:
            return
        self._fetched += 1
        if error is None:
            return
        self._failed += 1
        # what not even one request may do is out of bounds for all: it is no matter of the record
        if isinstance(error, NotAvailableError) and self._failed == self._fetched:
            raise error
        if self._failed > max(FAILURES_ALLOWED, FAILED_SHARE * self._fetched):
            raise error
