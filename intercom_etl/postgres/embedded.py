"""A PostgreSQL server of our own, for those who have none: starts with the first user, stops with the last.

`DATABASE_URL` wins over it. The caller gets a URL and does not learn more; `embedded_cluster` knows the
files, `embedded_identity` knows as whom the server may run.

Three locks (`file_lock`), all given back by the kernel when a process dies, so nothing goes stale:

    gate.lock     exclusive, while somebody starts or stops the server
    users.lock    shared, by every user; who can take it exclusively knows that nobody is left
    server.lock   exclusive, by the server itself: it inherits the open file, and so do all of its
                  processes. Free means that the last of them is gone. Process ids cannot tell that:
                  they come again after a restart, differ between containers, and outlive a kill as zombies.
"""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql

from intercom_etl.errors import DatabaseUnavailableError
from intercom_etl.postgres.binaries import binaries_version, find_binaries
from intercom_etl.postgres.embedded_cluster import Cluster
from intercom_etl.postgres.embedded_identity import choose_identity
from intercom_etl.postgres.embedded_process import Postmaster, forget_dead
from intercom_etl.postgres.file_lock import POLL_SECONDS, held, is_held, open_lock, try_lock, wait_for_lock

DATABASE = "intercom"
# What a start says while remains of a killed server are still going away, and for how long we believe it.
PASSING = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
PASSING_SECONDS = 10.0
PASSING_PAUSE_SECONDS = 0.2
CONNECT_SECONDS = 5
IMMEDIATE_SECONDS = 5.0  # PostgreSQL itself kills what is left of an immediate shutdown after five


class EmbeddedPostgres:
    """The server whose cluster lives in `folder`. Cheap to make: nothing is looked up or started yet.

    `durable=False` is for tests. Time-outs are in seconds; a start can take long only after a crash, when
    the server replays its log, and a stop only when it has much to write.
    """

    def __init__(
        self,
        folder: Path,
        *,
        binaries: Path | None = None,
        durable: bool = True,
        start_timeout: float = 60.0,
        stop_timeout: float = 30.0,
    ) -> None:
        self._cluster = Cluster(folder.absolute())
        self._chosen_binaries = binaries
        self._durable = durable
        self._start_timeout = start_timeout
        self._stop_timeout = stop_timeout

    @contextmanager
    def running(self) -> Iterator[str]:
        """The URL of the server's database, which exists, and a server that stays at least for the block.

        May be nested, and entered by many threads and processes. Raises ConfigError or
        DatabaseUnavailableError with the mend, or with the last lines of the server's log.
        """
        self._cluster.make_folder()
        user = open_lock(self._users)
        try:
            with held(self._gate, timeout=self._start_timeout + self._stop_timeout) as entered:
                if not entered:
                    raise self._unavailable("another process has been starting or stopping it all the time")
                try_lock(user, shared=True)  # only ever held exclusively inside the gate
                url = self._join_or_start()
            yield url
        finally:
            os.close(user)
            self.stop()

    def is_running(self) -> bool:
        """Whether a process of the server is alive, be it only starting or stopping."""
        return is_held(self._server)

    def stop(self, force: bool = False) -> bool:
        """Stop the server unless somebody uses it, or even then with `force`; whether it was stopped.

        Open transactions are rolled back. Raises DatabaseUnavailableError if it does not end.
        """
        if not self.is_running():
            return False
        with held(self._gate, timeout=self._start_timeout + self._stop_timeout) as entered:
            # Not entered: whoever is inside is a user, and stops the server when it is the last.
            if not entered or not self.is_running() or (not force and self._has_users()):
                return False
            self._end_server()
            return True

    def psql_path(self) -> Path | None:
        """The psql beside the server's programs, if it is there."""
        psql = self._binaries / "psql"
        return psql if os.access(psql, os.X_OK) else None

    def version(self) -> str:
        """The version of the programs, like `18.6`; the data are of the same major version or refused."""
        return self._version

    @property
    def _gate(self) -> Path:
        return self._cluster.folder / "gate.lock"

    @property
    def _users(self) -> Path:
        return self._cluster.folder / "users.lock"

    @property
    def _server(self) -> Path:
        return self._cluster.folder / "server.lock"

    @cached_property
    def _binaries(self) -> Path:
        return find_binaries(self._chosen_binaries)

    @cached_property
    def _version(self) -> str:
        return binaries_version(self._binaries)

    def _has_users(self) -> bool:
        with held(self._users, timeout=0) as alone:
            return not alone

    def _join_or_start(self) -> str:
        """Under the gate. One loop for every state that a predecessor's death can have left."""
        began = time.monotonic()
        log_mark: int | None = None
        reason = "it did not become ready"
        while time.monotonic() < began + self._start_timeout:
            if not self.is_running():
                if log_mark is not None:
                    self._check_death_is_passing(log_mark, time.monotonic() - began)
                log_mark = self._launch()
            postmaster = Postmaster.of(self._cluster.data)
            if postmaster and postmaster.ready and self._cluster.is_private(postmaster.socket_folder):
                try:
                    return self._open_database(postmaster)
                except psycopg.OperationalError as error:
                    # A stale postmaster.pid, or a server that is starting up or shutting down.
                    reason = str(error).splitlines()[0]
            time.sleep(POLL_SECONDS)
        said = self._cluster.last_words(log_mark or 0)
        raise self._unavailable(f"not ready after {self._start_timeout:g} s: {reason}; it said: {said}")

    def _launch(self) -> int:
        """Start the server and return where its log begins. The caller waits for it."""
        self._cluster.refuse_other_version(self._version)
        identity = choose_identity(self._cluster.folder, self._binaries)
        self._cluster.make(self._binaries, self._version, identity, durable=self._durable)
        run = self._cluster.write_settings(identity, durable=self._durable)
        lock = open_lock(self._server)
        try:
            # Looking at the lock takes a moment of it; the server itself is known to be gone.
            if not wait_for_lock(lock, shared=False, timeout=1.0):
                raise self._unavailable("something holds its lock file")
            forget_dead(self._cluster.data, run)
            with self._cluster.open_log(identity) as log:
                log_mark = self._cluster.log.stat().st_size
                server = self._binaries / "postgres"
                identity.run(server, "-D", self._cluster.data, log=log, detached=True, keep=[lock])
            return log_mark
        finally:
            os.close(lock)

    def _check_death_is_passing(self, log_mark: int, seconds: float) -> None:
        """After a start that failed: raise what the log says, unless that will pass."""
        last_words = self._cluster.last_words(log_mark)
        # A server that gives up says why; one that only stops talking was killed, and may be tried again.
        was_killed = "LOG:" in last_words and not ("FATAL:" in last_words or "PANIC:" in last_words)
        will_pass = was_killed or any(words in last_words for words in PASSING)
        if not will_pass or seconds > PASSING_SECONDS:
            raise self._unavailable(f"it said: {last_words}")
        time.sleep(PASSING_PAUSE_SECONDS)

    def _open_database(self, postmaster: Postmaster) -> str:
        """Prove that the server answers, and make the database at the first start or when it was dropped."""
        with psycopg.connect(
            postmaster.url("postgres"), autocommit=True, connect_timeout=CONNECT_SECONDS
        ) as connection:
            found = connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone()
            if found is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        return postmaster.url(DATABASE)

    def _end_server(self) -> None:
        """Under the gate: fast shutdown, then immediate shutdown, which only makes the next start longer."""
        for number, patience in ((signal.SIGINT, self._stop_timeout), (signal.SIGQUIT, IMMEDIATE_SECONDS)):
            if self._signal_and_wait(number, patience):
                return
        raise DatabaseUnavailableError(
            f"the embedded PostgreSQL in `{self._cluster.folder}` does not stop",
            f"end the processes that hold `{self._server}`",
        )

    def _signal_and_wait(self, number: signal.Signals, patience: float) -> bool:
        deadline = time.monotonic() + patience
        told: Postmaster | None = None
        while self.is_running():
            if time.monotonic() > deadline:
                return False
            if told is None:  # a server that has just been started tells its process id a moment later
                told = Postmaster.of(self._cluster.data)
                if told is not None and told.is_alive():
                    self._signal(told.pid, number)
            time.sleep(POLL_SECONDS)
        if told is not None:
            self._cluster.remove_socket_folder(told.socket_folder)
        return True

    def _signal(self, pid: int, number: signal.Signals) -> None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass  # it ended by itself
        except PermissionError as error:
            raise self._unavailable("it belongs to another user") from error

    def _unavailable(self, reason: str) -> DatabaseUnavailableError:
        return DatabaseUnavailableError(
            f"the embedded PostgreSQL in `{self._cluster.folder}` cannot be used: {reason}",
            f"see `{self._cluster.log}`, or set DATABASE_URL to use a server of your own",
        )
