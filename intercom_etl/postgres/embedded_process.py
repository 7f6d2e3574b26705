"""What the running server says of itself in postmaster.pid, and whether to believe it.

`embedded` asks here for the socket and for the process to stop. A process id in a file is hearsay: the
process may be dead, a zombie, or by now somebody else.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

PORT = 5432  # part of the socket's name only: the server does not listen on the network
SOCKET = f".s.PGSQL.{PORT}"
SUPERUSER = "postgres"
LINES = 8  # the server adds them one by one while it starts; the eighth is its status (miscadmin.h)


@dataclass(frozen=True)
class Postmaster:
    """Who wrote postmaster.pid."""

    pid: int
    socket_folder: Path
    status: str
    ours: bool  # False in a copy of a folder whose server was running: that one is not to be touched

    @classmethod
    def of(cls, data: Path) -> "Postmaster | None":
        """The writer of `data`/postmaster.pid, if the file is there and complete."""
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        if len(lines) < LINES:
            return None
        ours = os.path.realpath(lines[1]) == os.path.realpath(data)
        return cls(int(lines[0]), Path(lines[4]), lines[7].strip(), ours)

    @property
    def ready(self) -> bool:
        """Whether the server on our data said that it takes connections."""
        return self.ours and self.status == "ready"

    def url(self, database: str) -> str:
        """A URI that libpq takes, so psycopg and psql do."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.socket_folder))}&port={PORT}"

    def is_alive(self) -> bool:
        """Whether a live process of that id is a PostgreSQL, and meant to be on our data."""
        if not self.ours:
            return False
        if sys.platform == "linux":
            try:
                # pid (name) state ...
                name, _, rest = Path(f"/proc/{self.pid}/stat").read_text().partition("(")[2].rpartition(")")
            except (FileNotFoundError, ProcessLookupError):
                return False
            return name == "postgres" and rest.split()[0] not in "ZX"
        told = subprocess.run(
            ["/bin/ps", "-o", "state=,comm=", "-p", str(self.pid)],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
        state, _, name = told.partition(" ")
        return bool(told) and not state.startswith("Z") and Path(name.strip()).name == "postgres"


def forget_dead(data: Path, run: Path) -> None:
    """Remove what a dead server left in `data` and in its socket folder `run`; a live one's files stay.

    Only for a caller who knows that no server of ours is left. PostgreSQL clears up by itself only if
    the process id is free, and it seldom is: ids come again after a restart, in containers nearly always,
    and a killed process keeps its own until somebody reaps it. A server that somebody else started on the
    same data is found by its id here, and by its shared memory in PostgreSQL.
    """
    writer = Postmaster.of(data)
    if writer is not None and writer.is_alive():
        return
    for left_over in (data / "postmaster.pid", run / SOCKET, run / f"{SOCKET}.lock"):
        left_over.unlink(missing_ok=True)
