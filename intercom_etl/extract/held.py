"""Bounds of many requests side by side: how much may be held, and how many may fail."""

import asyncio

from intercom_etl.errors import ApiError, CredentialsError, NotAvailableError

HELD_PER_REQUEST = 2  # answers held per request in flight: one slow record must not stop the others
HELD_BYTES = 64 * 1024 * 1024  # finished ahead of the consumer; what is in flight comes on top
FAILURES_ALLOWED, FAILED_SHARE = 5, 0.1


class Held:
    """Counts the bytes that are fetched and not yet consumed: no new request while they are many."""

    def __init__(self, requests_at_once: int) -> None:
        self.slots = asyncio.Semaphore(requests_at_once)
        self._bytes = 0
        self._room = asyncio.Event()
        self._room.set()

    def add(self, size: int) -> None:
        """A record has come, or (negative) has been consumed."""
        self._bytes += size
        if self._bytes < HELD_BYTES:
            self._room.set()
        else:
            self._room.clear()

    async def room(self) -> None:
        """Waits until there is room; to be asked in a slot.

        Slots are given in listing order, so what takes up the room comes earlier and is consumed.
        """
        await self._room.wait()


class Tolerance:
    """Raises once so many requests have failed that the API must be the cause and not the records."""

    def __init__(self) -> None:
        self._fetched = 0
        self._failed = 0

    def note(self, error: ApiError | None, *, is_known: bool = False) -> None:
        """One more request is over; `error` is why it failed, None when it did not.

        `is_known`: it failed before, in an earlier run. That it does again says nothing of the API.
        """
        if is_known and error is not None and not isinstance(error, CredentialsError):
            return
        self._fetched += 1
        if error is None:
            return
        self._failed += 1
        if isinstance(error, CredentialsError):
            raise error
        # what not even one request may do is out of bounds for all: it is no matter of the record
        if isinstance(error, NotAvailableError) and self._failed == self._fetched:
            raise error
        if self._failed > max(FAILURES_ALLOWED, FAILED_SHARE * self._fetched):
            raise error
