"""The command line as a process that stops itself at a named place, so that a fault meets it exactly there.

It stops by SIGSTOP, as an operator's `kill -STOP` would: nothing of it runs until it is sent on or killed.
"""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from truth import TOKEN

from intercom_etl.simulator.server import SimulatorServer

# where each stage of the matrix is in the program
STAGES = {
    "L": "intercom_etl.extract.search._ask",  # a page of a listing is about to be asked for
    "D": "intercom_etl.extract.details._fetch",  # a record
    "P": "intercom_etl.sync.to_batch",  # a page is about to be validated
    "S": "intercom_etl.load.write.copy_rows",  # in the middle of a COPY
    "M": "intercom_etl.load.write._counts",  # staged, the merge is about to begin
    "C": "intercom_etl.state.bookmarks.remember",  # merged, not committed
    "B": "intercom_etl.state.bookmarks.advance",  # all rows are there, the bookmark is not
    "F": "intercom_etl.state.runs.close_run",  # the bookmark is there, the run's record is not
}
STOPPING = """
def stop_at(place, nth, inside_copy):
    import functools, importlib, os, signal
    module, name = place.rsplit(".", 1)
    module, seen = importlib.import_module(module), []
    real = getattr(module, name)
    def stopping(rows):
        for row in rows:
            yield row
            os.kill(os.getpid(), signal.SIGSTOP)
            break
        yield from rows
    @functools.wraps(real)
    def wrapped(*given, **named):
        seen.append(1)
        if len(seen) == nth:
            if not inside_copy:
                os.kill(os.getpid(), signal.SIGSTOP)
            else:
                *given, rows = given
                given = (*given, stopping(iter(rows)))
        return real(*given, **named)
    setattr(module, name, wrapped)
"""


@dataclass
class Child:
    """A started command; ended at the latest when its context is left."""

    process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        if self.process.stderr is not None:
            self.process.stderr.close()

    def wait_until_stopped(self) -> None:
        """Returns once it stands still at its stage."""
        found = os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        assert found is not None
        if found.si_code != os.CLD_STOPPED:
            raise AssertionError(f"it ended before its stage: {self.process.communicate()}")

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def ended(self, timeout: float = 60) -> tuple[int, str]:
        """Exit code and stderr."""
        _, errors = self.process.communicate(timeout=timeout)
        assert "Traceback" not in errors, errors
        return self.process.returncode, errors


@dataclass
class Syncs:
    """Runs `intercom-etl sync NAMES` of one simulator into one database."""

    folder: Path
    url: str
    server: SimulatorServer
    names: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *options: str, at: str | None = None, nth: int = 1, before: str = "") -> Child:
        """`at` is a stage to stop at, the nth time; `before` is Python that runs first."""
        code = before
        if at is not None:
            code += f"{STOPPING}\nstop_at({STAGES[at]!r}, {nth}, {at == 'S'})\n"
        code += "\nfrom cli.start import main\nmain()"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "INTERCOM_ACCESS_TOKEN": TOKEN,
            "INTERCOM_BASE_URL": self.server.url,
            "INTERCOM_ETL_HOME": str(self.folder / "home"),
            "DATABASE_URL": self.url,
            **self.environment,
        }
        return Child(
            subprocess.Popen(
                [sys.executable, "-c", code, "sync", *self.names, *options],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                encoding="utf-8",
            )
        )

    def stopped(self, at: str, *options: str, nth: int = 1, before: str = "") -> Child:
        """A run that stands still there."""
        child = self.start(*options, at=at, nth=nth, before=before)
        child.wait_until_stopped()
        return child

    def __call__(self, *options: str, before: str = "") -> tuple[int, str]:
        """One run to its end."""
        with self.start(*options, before=before) as child:
            return child.ended()
