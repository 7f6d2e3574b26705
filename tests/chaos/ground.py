"""The ground that the chaos stands on: a PostgreSQL of its own that may be torn down at any moment."""

import asyncio
import itertools
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Literal

import psycopg
from psycopg.conninfo import make_conninfo

from intercom_etl.postgres.connection import open_database
from intercom_etl.postgres.embedded import EmbeddedPostgres
from intercom_etl.postgres.embedded_process import Postmaster
from intercom_etl.postgres.schema import bring_up_to_date

Shutdown = Literal["fast", "immediate"]

DEADLINE = 60.0


class Ground:
    """A server in `folder`. When it crashes nothing committed is lost; when the machine does it may be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        other = os.environ.get("INTERCOM_ETL_POSTGRES_BINARIES")
        self._server = EmbeddedPostgres(
            folder / "server", binaries=Path(other) if other else None, durable=False
        )
        self._data = folder / "server" / "data"
        self._users = ExitStack()
        self._url = ""
        self._numbers = itertools.count(1)

    @contextmanager
    def standing(self) -> Iterator["Ground"]:
        """The server runs, and has a migrated database to copy, for the block."""
        with self._users:
            self._url = self._users.enter_context(self._server.running())
            self.execute(self._url, "create database template_migrated")
            asyncio.run(_migrate(self._in("template_migrated")))
            yield self

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a migrated database that is dropped afterwards."""
        name = f"chaos_{next(self._numbers)}"
        self.execute(self._url, f"create database {name} template template_migrated")
        try:
            yield self._in(name)
        finally:
            self.execute(self._url, f"drop database {name} with (force)")

    def restart(self, shutdown: Shutdown) -> None:
        """Down and up again; after "immediate" it has to recover from its log, as after a crash."""
        postmaster = Postmaster.of(self._data)
        if postmaster is None or not postmaster.is_alive():
            raise RuntimeError("the server of the chaos does not run")
        os.kill(postmaster.pid, signal.SIGQUIT if shutdown == "immediate" else signal.SIGINT)
        deadline = time.monotonic() + DEADLINE
        while self._server.is_running():
            if time.monotonic() > deadline:
                raise RuntimeError(f"the server does not stop ({shutdown})")
            time.sleep(0.01)
        self._users.enter_context(self._server.running())

    def end_backends(self, url: str) -> int:
        """Ends all sessions of runs in this database; how many there were."""
        with psycopg.connect(url, autocommit=True) as connection:
            ended = connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
                " and application_name like 'intercom-etl%'"
            ).fetchall()
        return len(ended)

    def _in(self, database: str) -> str:
        return make_conninfo(self._url, dbname=database)

    def execute(self, url: str, statement: str) -> None:
        """Anything at all, committed."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.encode())


async def _migrate(url: str) -> None:
    async with open_database(url) as database:
        await bring_up_to_date(database)
