"""Decides whether a run that lost its database may go on: as long as the server is not away for too long.

What was committed stays, and the bookmarks say how far that is: going on is a new run in the same
process, with the streams that had not come to their end.
"""

import asyncio
import logging
from datetime import timedelta
from time import monotonic

from intercom_etl.errors import ConnectionLostError, DatabaseUnavailableError

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 5.0  # seconds


class Reconnects:
    """The memory of one command. `patience` is how long the database may be away at a time."""

    def __init__(self, patience: timedelta) -> None:
        self._patience = patience.total_seconds()
        self._lost_at: float | None = None
        self._pause = FIRST_PAUSE
        self._has_worked = False

    def begun(self) -> None:
        """The database was reached, and the run may write into it."""
        self._has_worked = True

    def committed(self) -> None:
        """Something got further: whatever comes now is a new trouble."""
        self._lost_at, self._pause = None, FIRST_PAUSE

    async def wait(self, error: DatabaseUnavailableError) -> None:
        """Waits a little before the next try. Raises `error` when there shall be none.

        A database that was never reached, or that is full, is nothing to wait for.
        """
        if not self._has_worked or not isinstance(error, ConnectionLostError):
            raise error
        now = monotonic()
        self._lost_at = now if self._lost_at is None else self._lost_at
        if now + self._pause - self._lost_at > self._patience:
            raise error
        log.warning("%s; going on in a new run in %.0f s", error.message, self._pause)
        await asyncio.sleep(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)
