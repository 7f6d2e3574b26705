"""Advisory locks on files, which the kernel gives back however their holder dies.

`embedded` guards the start of its server with one, counts the server's users with another, and lets the
server itself hold a third. flock(2), not fcntl(2): a lock belongs to the open file, so two threads of one
process are two holders, and a child process that inherits the file goes on holding it.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from intercom_etl.errors import ConfigError

POLL_SECONDS = 0.01  # a warm start takes 100 ms; flock has no time-out of its own


def open_lock(path: Path) -> int:
    """Open, and if need be create, a lock file. The lock lasts until the descriptor's last copy is closed."""
    # Never through a link: as root we may work in the folder of a user, who could point it anywhere.
    with _named(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def try_lock(descriptor: int, *, shared: bool) -> bool:
    """Take the lock if nobody holds it in the way, without waiting."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in (errno.ENOLCK, errno.EOPNOTSUPP):
            raise ConfigError(
                "the file system of the embedded PostgreSQL has no file locks",
                "set INTERCOM_ETL_HOME to a folder on a local disk, or set DATABASE_URL",
            ) from error
        raise
    return True


def wait_for_lock(descriptor: int, *, shared: bool, timeout: float) -> bool:
    """Take the lock within `timeout` seconds; False if that was not possible."""
    deadline = time.monotonic() + timeout
    while not try_lock(descriptor, shared=shared):
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


@contextmanager
def held(path: Path, *, timeout: float) -> Iterator[bool]:
    """Hold `path` exclusively inside the block; yields False if that took more than `timeout` seconds."""
    descriptor = open_lock(path)
    try:
        yield wait_for_lock(descriptor, shared=False, timeout=timeout)
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether somebody holds `path` exclusively. Lookers share, so they do not see each other."""
    try:
        with _named(path):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not try_lock(descriptor, shared=True)
    finally:
        os.close(descriptor)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ConfigError(
            f"cannot use `{path}`: {(error.strerror or str(error)).lower()}",
            "set INTERCOM_ETL_HOME to a folder of your own, or set DATABASE_URL",
        ) from error
