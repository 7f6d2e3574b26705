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
SUPERUSER = "postgres"
LINES = 8  # the server adds them one by one while it starts; the eighth is its status (miscadmin.h)


@dataclass(frozen=True)
class Postmaster:
    """Who wrote postmaster.pid."""

    pid: int
    socket_folder: Path
    ready: bool

    @classmethod
    def of(cls, data: Path) -> "Postmaster | None":
        """The writer of `data`/postmaster.pid, if the file is there and complete."""
        try:
            lines = (data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        if len(lines) < LINES:
            return None
        return cls(int(lines[0]), Path(lines[4]), ready=lines[7].strip() == "ready")

    def url(self, database: str) -> str:
        """A URI that libpq takes, so psycopg and psql do."""
        return f"postgresql://{SUPERUSER}@/{database}?host={quote(str(self.socket_folder))}&port={PORT}"

    def is_postgres(self) -> bool:
        """Whether a live process of that id is a PostgreSQL."""
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
        return bool(told) and not told.startswith("Z") and os.path.basename(told).startswith("postgres")


def forget_stranger(data: Path) -> None:
    """Remove a postmaster.pid that names a live process which is no server.

    Ids come again after a restart, in containers nearly always; PostgreSQL would take the stranger for
    a server and refuse to start. Only for a caller who knows that no server of ours is left. A server that
    somebody else started on the same data is still found, by this check and by its shared memory.
    """
    stale = Postmaster.of(data)
    if stale is not None and not stale.is_postgres():
        (data / "postmaster.pid").unlink(missing_ok=True)
