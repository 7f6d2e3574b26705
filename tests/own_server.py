"""A PostgreSQL that a test may restart, kill and starve: its own, with its own socket.

`EmbeddedPostgres` is not used, since it watches over its server by a lock that a restart would lose.
"""

import os
import secrets
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from intercom_etl.postgres.binaries import find_binaries
from intercom_etl.postgres.embedded_identity import Identity, choose_identity

SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
fsync = off
full_page_writes = off
max_connections = 60
autovacuum = off
timezone = 'UTC'
"""


@dataclass
class OwnServer:
    """A cluster in a folder with a short path: a socket's name may have 107 characters."""

    folder: Path
    programs: Path
    identity: Identity
    port: int

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str = "postgres", **options: str) -> str:
        """By the socket; `options` are settings of the session."""
        chosen = " ".join(f"-c {name}={value}" for name, value in options.items())
        more = f"&options={quote(chosen)}" if chosen else ""
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder))}&port={self.port}{more}"

    def tcp_url(self, port: int, database: str) -> str:
        """Through whatever listens there."""
        return f"postgresql://postgres@127.0.0.1:{port}/{database}"

    def control(self, *words: str) -> None:
        """pg_ctl, which waits until it is done."""
        with (self.folder / "control.log").open("ab") as log:
            self.identity.own(self.folder / "control.log")
            code = self.identity.run(
                self.programs / "pg_ctl",
                *words,
                "-D",
                self.data,
                "-l",
                self.folder / "server.log",
                "-w",
                log=log,
            )
        assert code == 0, (words, self._end_of("control.log"), self._end_of("server.log"))

    def _end_of(self, name: str) -> str:
        log = self.folder / name
        return log.read_text()[-2000:] if log.exists() else ""

    def restart(self, mode: str) -> None:
        """`fast` ends every session, `immediate` is a crash with recovery."""
        self.control("restart", "-m", mode)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Also on a server that was made read-only."""
        url = self.url(database, default_transaction_read_only="off")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def locked(self, table: str, database: str, mode: str = "access exclusive") -> Iterator[int]:
        """A transaction of somebody else's that has locked the table; gives its pid."""
        with psycopg.connect(self.url(database), application_name="nightly report") as holder:
            holder.execute(b"set lock_timeout = '20s'")
            holder.execute(f"lock table {table} in {mode} mode".encode())
            yield holder.info.backend_pid
            holder.rollback()

    def wait_for_waiting(self, table: str, database: str, by: int = 1) -> None:
        """Returns once so many sessions wait for a lock on the table."""
        asked = "select count(*) from pg_locks where relation = %s::regclass and not granted"
        until = time.monotonic() + 30
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            while (connection.execute(asked, [table]).fetchone() or (0,))[0] < by:
                assert time.monotonic() < until, f"nobody waits for {table}"
                time.sleep(0.02)

    def file_of(self, table: str, database: str) -> Path:
        """Where the rows of a table are."""
        with psycopg.connect(self.url(database)) as connection:
            found = connection.execute("select pg_relation_filepath(%s::regclass)", [table]).fetchone()
        assert found is not None
        return self.data / found[0]

    @contextmanager
    def full_disk(self, table: str, database: str) -> Iterator[None]:
        """A device without room under a table that is empty: every write to it is refused with ENOSPC."""
        self.execute("checkpoint", database)
        file = self.file_of(table, database)
        assert file.stat().st_size == 0
        aside = file.with_suffix(".aside")
        file.rename(aside)
        file.symlink_to("/dev/full")
        try:
            yield
        finally:
            file.unlink()
            aside.rename(file)


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """A running server, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="own-", ignore_cleanup_errors=True) as name:
        folder, programs = Path(name), find_binaries(_chosen())
        identity = choose_identity(folder, programs)
        server = OwnServer(folder, programs, identity, _free_port())
        options = ("-U", "postgres", "--auth=trust", "--no-sync", "--locale=C", "--encoding=UTF8")
        with (folder / "initdb.log").open("ab") as log:
            code = identity.run(programs / "initdb", "-D", server.data, *options, "--wal-segsize=1", log=log)
        assert code == 0, (folder / "initdb.log").read_text()
        with (server.data / "postgresql.conf").open("a") as conf:
            conf.write(SETTINGS.format(port=server.port, folder=folder))
        server.control("start")
        try:
            yield server
        finally:
            server.control("stop", "-m", "immediate")


def _chosen() -> Path | None:
    other = os.environ.get("INTERCOM_ETL_POSTGRES_BINARIES")
    return Path(other) if other else None


def _free_port() -> int:
    """Not one of those that the system gives to connections: these may be taken before the server starts."""
    while True:
        port = secrets.randbelow(16_000) + 16_000
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
