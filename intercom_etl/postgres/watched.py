"""A connection that does not wait for ever: it finds out whom it waits for, and whether anybody is there.

A statement may rightly take hours, so no deadline can tell a long one from a dead server. What can is a
second connection: it says who holds the lock that the first one waits for, and when not even a new
connection gets an answer, the old ones are hung up. The kernel's keepalives do not see that: a proxy or a
server that hangs still acknowledges what it is sent.
"""

import asyncio
import logging
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self
from weakref import WeakSet

import psycopg
from psycopg import AsyncConnection
from psycopg.errors import LockNotAvailable
from psycopg.rows import dict_row

from intercom_etl.postgres.sql_files import query

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0  # a statement that takes so long may be waiting for somebody
SILENCE_SECONDS = 60.0  # and after so long it is asked whether the server is still there
REPLY_SECONDS = 10  # for a new connection, and for a look through it

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Blocker:
    """The session that another one waits for. `began_at` is when its transaction began."""

    pid: int
    application: str
    user: str
    state: str
    began_at: datetime | None

    def __str__(self) -> str:
        since = f" since {self.began_at:%Y-%m-%d %H:%M:%S} UTC" if self.began_at else ""
        return f"pid {self.pid} (`{self.application}`, user `{self.user}`, {self.state}{since})"


class LockedOutError(LockNotAvailable):
    """The lock was not given within `lock_timeout`; `blocker` had it, or stood in front of us for it."""

    def __init__(self, message: str, blocker: Blocker) -> None:
        super().__init__(message)
        self.blocker = blocker


class WatchedConnection(AsyncConnection[Row]):
    """As AsyncConnection, made by `connect_watched`.

    A wait for a lock is told of in the log, and raises LockedOutError in the end. All connections to a
    server that answers none any more break, so that whoever waits gets an OperationalError.
    """

    _open: ClassVar[WeakSet["WatchedConnection"]] = WeakSet()
    _address: str | None = None
    _blocker: Blocker | None = None

    @classmethod
    async def connect_watched(cls, address: str) -> Self:
        """A connection in autocommit mode that gives rows as dictionaries."""
        opened = await cls.connect(address, autocommit=True, row_factory=dict_row)
        opened.watch(address)
        return opened

    def watch(self, address: str) -> None:
        """From now on; `address` is for the second connection."""
        self._address = address
        self._open.add(self)

    async def wait(self, *arguments: Any, **named: Any) -> Any:
        """Every statement waits here for the server."""
        if self._address is None:
            return await super().wait(*arguments, **named)
        self._blocker = None
        watch = _Watch(self)
        try:
            return await super().wait(*arguments, **named)
        except LockNotAvailable as error:
            if self._blocker is None:
                raise
            raise LockedOutError(str(error), self._blocker) from error
        finally:
            watch.end()

    async def look(self) -> bool:
        """Sees whom this connection waits for; False when the server does not answer."""
        try:
            async with asyncio.timeout(REPLY_SECONDS + 1):
                other = await AsyncConnection[Row].connect(
                    self._address or "", autocommit=True, row_factory=dict_row, connect_timeout=REPLY_SECONDS
                )
                async with other:
                    found = await other.execute(query("show_blocker"), {"pid": self.info.backend_pid})
                    self._note(await found.fetchone())
        except TimeoutError:
            return False
        except psycopg.Error as error:
            return error.sqlstate is not None or "FATAL" in str(error)  # a refusal is an answer too
        return True

    def _note(self, row: Row | None) -> None:
        blocker = None if row is None else Blocker(**row)
        if blocker is not None and (self._blocker is None or self._blocker.pid != blocker.pid):
            log.warning("waiting for a lock: %s is in front", blocker)
        self._blocker = blocker or self._blocker

    def hang_up(self) -> None:
        """Breaks all connections to the server of this one: a statement under way ends at once."""
        log.warning(
            "PostgreSQL has not answered for %.0f seconds, nor does it take connections", SILENCE_SECONDS
        )
        for each in list(self._open):
            if each.closed:
                continue
            with suppress(OSError), socket.socket(fileno=os.dup(each.pgconn.socket)) as ours:
                ours.shutdown(socket.SHUT_RDWR)


class _Watch:
    """Begins to look only after a while: nearly all statements are over by then."""

    def __init__(self, connection: WatchedConnection) -> None:
        self._connection = connection
        self._task: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._begin)

    def end(self) -> None:
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    def _begin(self) -> None:
        self._task = asyncio.create_task(self._keep_looking(), name="look at a long statement")

    async def _keep_looking(self) -> None:
        loop = asyncio.get_running_loop()
        silent_since = loop.time() - LOOK_SECONDS
        while True:
            if await self._connection.look():
                silent_since = loop.time()
            elif loop.time() - silent_since >= SILENCE_SECONDS:
                self._connection.hang_up()
                return
            await asyncio.sleep(LOOK_SECONDS)
