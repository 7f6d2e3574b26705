"""A simulated workspace behind a wire, a database that it is copied into, and the oracle over both."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from command_line import CommandLine, Ended
from oracle import assert_recovered, assert_sound
from truth import TOKEN, rows, run_sync

from intercom_etl.exit_codes import ExitCode
from intercom_etl.report import RunReport
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from tests.faults.wire import Spoil, Wire

SMALL = Size(contacts=18, conversations=30, companies=6, tickets=6)
SEARCH, DETAIL = "POST /conversations/search", "GET /conversations/[0-9]"


@dataclass(slots=True)
class Copy:
    """One workspace that is copied through trouble. `names` are the streams, all of them looked at."""

    url: str
    workspace: Workspace
    server: SimulatorServer
    wire: Wire
    names: Sequence[str]
    program: CommandLine

    def sync(self, **more: Any) -> RunReport:
        """One run in this process."""
        return asyncio.run(run_sync(self.wire, self.url, *self.names, **more))

    def command(self, *arguments: str, **changes: str | None) -> Ended:
        """One run as a process of its own, which loses its patience at once unless told otherwise."""
        return self.program("sync", *self.names, *arguments, changes=changes)

    def spoil(self, *spoils: Spoil) -> Sequence[Spoil]:
        """From now on only these."""
        self.wire.spoils = list(spoils)
        return spoils

    def assert_sound(self) -> None:
        """No claim without its data, unless a record is known to be missing and will be asked for again."""
        pending = [identity for identity, is_pending in self.quarantined() if is_pending]
        assert_sound(self.url, self.workspace, self.names, except_ids=pending)

    def assert_recovers(self) -> None:
        """Without any fault the next run makes the tables equal to the truth; one more changes nothing."""
        self.spoil()
        self.server.faults.clear()
        self.assert_sound()
        assert self.sync().exit_code is ExitCode.OK
        self.assert_is_whole()

    def assert_is_whole(self) -> None:
        """The last run ended well: all is there, nothing waits, and one more run changes nothing."""

        def again() -> None:
            assert self.sync().rows == 0

        assert_recovered(self.url, self.workspace, self.names, run_again=again)
        assert self.quarantined() == []

    def quarantined(self) -> list[tuple[str, bool]]:
        """Records that wait in quarantine, and whether they are asked for again."""
        found = rows(
            self.url, "select record_id, pending from etl.quarantine where resolved_at is null order by 1"
        )
        return [(row["record_id"], row["pending"]) for row in found]

    def stored(self, table: str = "conversations") -> int:
        """How many records are there."""
        return rows(self.url, f"select count(*) as n from intercom.{table}")[0]["n"]

    def bookmarks(self) -> list[str]:
        """The streams that say that they were read to their end."""
        return [
            row["stream"] for row in rows(self.url, "select stream from etl.bookmark where value is not null")
        ]


@contextmanager
def copying(
    url: str,
    folder: Path,
    *spoils: Spoil,
    names: Sequence[str] = ("conversations",),
    workspace: Workspace | None = None,
    page_size: int | None = 10,
) -> Iterator[Copy]:
    """Everything runs until the context ends."""
    workspace = workspace or Workspace(seed=61, size=SMALL)
    with SimulatorServer(workspace) as server, Wire(server.port, *spoils, page_size=page_size) as wire:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "INTERCOM_ETL_HOME": str(folder / "home"),
            "INTERCOM_ETL_MAX_ATTEMPTS": "2",
            "INTERCOM_ETL_MAX_RETRY_SECONDS": "0",
            "INTERCOM_BASE_URL": wire.url,
            "INTERCOM_ACCESS_TOKEN": TOKEN,
            "DATABASE_URL": url,
        }
        yield Copy(url, workspace, server, wire, names, CommandLine(folder, environment))
