"""The files of the embedded server: its data folder, its settings, its socket, its log.

`embedded` decides when the server starts and stops; this module makes what it starts on.

    <folder>/data          the cluster, made aside and renamed, so it is there whole or not at all
    <folder>/run           the socket, unless the path is too long for one
    <folder>/server.log    what initdb and the server say
    <folder>/*.lock        see `embedded`
"""

import hashlib
import os
import re
import shutil
import stat
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from intercom_etl.errors import ConfigError, DatabaseUnavailableError
from intercom_etl.postgres.binaries import major
from intercom_etl.postgres.embedded_identity import Identity
from intercom_etl.postgres.embedded_process import PORT, SOCKET, SUPERUSER

SETTINGS_FILE = "intercom-etl.conf"
# sockaddr_un.sun_path without its final NUL: 108 bytes on Linux, 104 on macOS and the BSDs.
SOCKET_PATH_LIMIT = 107 if sys.platform == "linux" else 103
# libpq splits hosts at commas and takes @ for an abstract name; the settings file has its own quoting.
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./ +=~-]+")
LOG_LIMIT_BYTES = 10_000_000  # a start that finds more keeps one older file

SETTINGS = """\
# Written by intercom-etl at every start of the server; your own settings belong into postgresql.conf.
listen_addresses = ''
port = {port}
unix_socket_directories = '{run}'
unix_socket_permissions = 0700
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = off
# Statements and details of an error would put customers' data into the log.
log_min_error_statement = panic
log_error_verbosity = terse
log_checkpoints = off
# Nobody replicates from here, and COPY into a new table is cheaper without.
wal_level = minimal
max_wal_senders = 0
"""
# For tests: a crash of the machine may lose data, a crash of the server may not.
NOT_DURABLE = "fsync = off\nfull_page_writes = off\n"


@dataclass(frozen=True)
class Cluster:
    """The files under `folder`."""

    folder: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What initdb and the server said, oldest first."""
        return self.folder / "server.log"

    def make_folder(self) -> None:
        """Raises ConfigError if the folder is not there and cannot be made, or is not writable."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            writable, reason = os.access(self.folder, os.R_OK | os.W_OK | os.X_OK), "not writable"
        except OSError as error:
            writable, reason = False, (error.strerror or str(error)).lower()
        if not writable:
            raise ConfigError(
                f"the embedded PostgreSQL cannot keep its data in `{self.folder}`: {reason}",
                "set INTERCOM_ETL_HOME to a folder that you can write to, or set DATABASE_URL",
            )

    def refuse_other_version(self, version: str) -> None:
        """Raises ConfigError if the data are of another major version than `version`."""
        try:
            found = (self.data / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return
        if major(found) != major(version):
            raise ConfigError(
                f"the data in `{self.data}` are of PostgreSQL {found}, the programs of PostgreSQL {version}",
                f"install PostgreSQL {found} and move the data with pg_dump or pg_upgrade, "
                "or set INTERCOM_ETL_HOME to another folder and sync again",
            )

    def open_log(self, identity: Identity) -> BinaryIO:
        """The log, to be appended to by a program that runs as `identity`."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        descriptor = os.open(
            self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        identity.own(self.log)
        return os.fdopen(descriptor, "wb", buffering=0)

    def last_words(self, since: int = 0) -> str:
        """The last lines of the log after byte `since`, in one line."""
        try:
            lines = self.log.read_bytes()[since:].decode(errors="replace").splitlines()
        except FileNotFoundError:
            lines = []
        return " / ".join(line.strip() for line in lines[-6:] if line.strip()) or "nothing"

    def make(self, programs: Path, version: str, identity: Identity, *, durable: bool) -> None:
        """Make the data folder if there is none. Call it under the gate only."""
        for left_over in self.folder.glob("data.new-*"):
            shutil.rmtree(left_over, ignore_errors=True)  # an initdb that outlived its caller may still write
        if self.data.exists():
            return
        aside = Path(tempfile.mkdtemp(prefix="data.new-", dir=self.folder))
        identity.own(aside)
        with self.open_log(identity) as log:
            before = self.log.stat().st_size
            code = identity.run(
                programs / "initdb", "-D", aside, *_initdb_options(major(version), durable), log=log
            )
        if code != 0:
            shutil.rmtree(aside, ignore_errors=True)
            raise DatabaseUnavailableError(
                f"initdb could not make a cluster in `{self.folder}`; it said: {self.last_words(before)}",
                "set INTERCOM_ETL_HOME to another folder, or set DATABASE_URL",
            )
        with (aside / "postgresql.conf").open("a") as conf:
            conf.write(f"\ninclude '{SETTINGS_FILE}'\n")
        aside.rename(self.data)
        if durable:
            _sync_folder(self.folder)

    def write_settings(self, identity: Identity, *, durable: bool) -> Path:
        """Write the settings file for the next start; make the socket's folder, and return it."""
        run = self._make_socket_folder(identity)
        text = SETTINGS.format(port=PORT, run=run) + ("" if durable else NOT_DURABLE)
        aside = self.data / (SETTINGS_FILE + ".new")
        aside.unlink(missing_ok=True)
        with aside.open("x") as file:
            file.write(text)
        identity.own(aside)
        aside.replace(self.data / SETTINGS_FILE)
        return run

    def is_private(self, socket_folder: Path) -> bool:
        """Whether only the cluster's owner can have put a socket there."""
        try:
            found, owner = socket_folder.lstat(), self.data.stat().st_uid
        except FileNotFoundError:
            return False
        return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077

    def remove_socket_folder(self, socket_folder: Path) -> None:
        """After a stop; it may lie in the system's temporary folder."""
        with suppress(OSError):  # gone, or not empty: then it is not only ours
            socket_folder.rmdir()

    def _make_socket_folder(self, identity: Identity) -> Path:
        run = _socket_folder(self.folder)
        try:
            run.mkdir(mode=0o700)
        except FileExistsError:
            pass
        else:
            identity.own(run)
        if not self.is_private(run):
            raise ConfigError(
                f"`{run}`, where the embedded PostgreSQL would put its socket, is not private to its user",
                "remove it, or set INTERCOM_ETL_HOME to a folder with a shorter path",
            )
        return run


def _socket_folder(folder: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(os.path.realpath(folder))).hexdigest()[:16]
    for candidate in (folder / "run", Path(tempfile.gettempdir(), f"intercom-etl-{digest}")):
        socket = candidate / SOCKET
        if len(os.fsencode(socket)) <= SOCKET_PATH_LIMIT and PLAIN_PATH.fullmatch(str(candidate)):
            return candidate
    # Where TMPDIR is long as well. Whoever uses the folder checks that it is private.
    return Path("/tmp", f"intercom-etl-{digest}")  # noqa: S108


def _initdb_options(version: int, durable: bool) -> list[str]:
    options = ["-U", SUPERUSER, "--encoding=UTF8", "--auth-local=trust", "--auth-host=reject", "--locale=C"]
    options += ["--no-instructions"]  # the log should not teach to start it by hand
    if version >= 17:
        # Same order of text as C, and lower() knows more than ASCII.
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not durable:
        options += ["--no-sync"]
    elif version >= 17 and sys.platform == "linux":
        options += ["--sync-method=syncfs"]  # one call in place of a thousand
    return options


def _sync_folder(folder: Path) -> None:
    """Put the rename on disk before the first commit, or a power cut would bring back `data.new-*`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
