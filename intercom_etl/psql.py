"""The database for other programs: psql on it, and the embedded server kept up while they use it.

The embedded server stops with its last user, and a psql of one's own is none that it knows of. A keeper is
a user that stays for as long as somebody is connected, and a while longer.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from time import monotonic

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from intercom_etl.database import embedded, exists, is_embedded
from intercom_etl.errors import ConfigError, DatabaseError, DatabaseUnavailableError
from intercom_etl.postgres.connection import open_database
from intercom_etl.settings import Settings

IDLE_SECONDS = 600.0
LOOK_SECONDS = 2.0
LEAVE_SECONDS = 5.0


def run_psql(settings: Settings, url: str, arguments: Sequence[str]) -> int:
    """Runs psql on `url` in this terminal and returns its exit code.

    The password goes through the environment: other users can see command lines. Ctrl-C is psql's.
    """
    program = _find_psql(settings)
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    environment = os.environ | ({"PGPASSWORD": str(password)} if password else {})
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return subprocess.call(  # noqa: S603 - psql by its path, arguments are the user's own
            [program, make_conninfo("", **parts), *arguments],
            env=environment,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    finally:
        signal.signal(signal.SIGINT, before)


def start_keeper(command: Sequence[str]) -> str:
    """Starts `command`, which must call `keep`, apart from this terminal; returns the URL that it says."""
    process = subprocess.Popen(  # noqa: S603 - this program itself
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    out, err = process.stdout, process.stderr
    if out is None or err is None:
        raise RuntimeError("asked for pipes and got none")
    url = out.readline().strip()
    if not url:
        said = (err.read().splitlines() or ["it ended at once"])[0].removeprefix("error: ")
        raise DatabaseUnavailableError(
            f"the embedded server cannot be kept up: {said}", "run `intercom-etl doctor`"
        )
    out.close()
    err.close()
    return url


async def has_keeper(url: str) -> bool:
    """Whether one is at work already."""
    async with open_database(url) as database:
        row = await database.row("count_clients")
    return bool(row and row["keepers"])


async def keep(url: str, *, ready: Callable[[], None], idle_seconds: float = IDLE_SECONDS) -> None:
    """Returns when nobody has been connected for a while, or when the server was told to stop.

    `ready` is called once it can be seen to be there, so that nobody starts a second one.
    """
    try:
        async with open_database(url) as database:
            await database.rows("name_keeper")
            ready()
            last_used = monotonic()
            while monotonic() - last_used < idle_seconds:
                await asyncio.sleep(LOOK_SECONDS)
                row = await database.row("count_clients")
                if row and row["clients"]:
                    last_used = monotonic()
    except DatabaseError:
        return


def stop_embedded(settings: Settings, *, force: bool = False) -> bool:
    """Stops the server of our own and returns whether it ran.

    Raises DatabaseUnavailableError when other commands use it, unless `force` says to stop it anyway.
    """
    if not is_embedded(settings):
        raise ConfigError(
            "DATABASE_URL is set: that server is not ours to stop", "unset it to mean the embedded one"
        )
    server = embedded(settings)
    if not exists(settings) or not server.is_running():
        return False
    if force:
        server.stop(force=True)
        return True
    with server.running() as url:
        asyncio.run(_dismiss_keepers(url))
    deadline = time.monotonic() + LEAVE_SECONDS
    while server.is_running() and time.monotonic() < deadline:
        time.sleep(0.1)
        server.stop()
    if server.is_running():
        raise DatabaseUnavailableError(
            "the embedded PostgreSQL is in use by another command",
            "wait for it, or use `intercom-etl db stop --force`",
        )
    return True


async def _dismiss_keepers(url: str) -> None:
    async with open_database(url) as database:
        await database.rows("dismiss_keepers")


def _find_psql(settings: Settings) -> str:
    installed = shutil.which("psql")
    if installed and not is_embedded(settings):
        return installed
    try:
        ours = embedded(settings).psql_path()
    except ConfigError:
        ours = None
    if ours is None and installed is None:
        raise ConfigError(
            "there is no psql on this machine", "install it (Debian, Ubuntu: `apt install postgresql-client`)"
        )
    return str(ours or installed)
