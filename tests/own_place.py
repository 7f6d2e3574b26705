"""A simulated workspace and a database of a server that may be ill-treated, and how a run recovers."""

import asyncio
from dataclasses import dataclass

from own_server import OwnServer
from stopped_child import Syncs
from truth import run_sync

from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

NAMES = ("conversations", "contacts", "tickets")
SIZE = Size(contacts=30, conversations=40, companies=3, tickets=12)


@dataclass
class Place:
    """A workspace that is served, a server that may be restarted, and a database of it."""

    own: OwnServer
    name: str
    workspace: Workspace
    server: SimulatorServer
    syncs: Syncs

    @property
    def url(self) -> str:
        return self.own.url(self.name)

    def execute(self, statement: str) -> None:
        self.own.execute(statement, self.name)

    def change(self) -> None:
        """Something new in each stream, so that the next run has something to write."""
        for identity in list(self.workspace.conversations)[:8]:
            self.workspace.reply(identity)
        for identity in list(self.workspace.contacts)[:4]:
            self.workspace.update_contact(identity, name="Ada Again")
        self.workspace.reply_to_ticket(next(iter(self.workspace.tickets)))

    def run(self) -> None:
        """One more run, in this process."""
        report = asyncio.run(run_sync(self.server, self.url, *NAMES))
        assert report.exit_code == 0, report.as_json()

    def mend(self, code: int, errors: str) -> None:
        """After a fault the run went on by itself, or ended with 75 and the next one goes on."""
        assert code in (0, 75), errors
        if code == 75:
            code, errors = self.syncs("--quiet")
            assert code == 0, errors
