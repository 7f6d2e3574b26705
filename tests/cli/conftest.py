"""Command lines in three states of equipment, against one simulator."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import TOKEN, CommandLine
from forked import Forked, Parent

from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

# tests of many commands that want nothing of the interpreter: a process loaded anew each would take minutes
FORKED = {
    "test_doctor_connection",
    "test_doctor_findings",
    "test_looking",
    "test_quarantine_commands",
    "test_roles",
    "test_runs_command",
    "test_secrets",
    "test_status_command",
}

SIZE = Size(contacts=40, conversations=30, companies=8, tickets=6)


@pytest.fixture(scope="session")
def simulator() -> Iterator[SimulatorServer]:
    """A small workspace that no test changes."""
    with SimulatorServer(Workspace(seed=31, size=SIZE, token=TOKEN)) as server:
        yield server


@pytest.fixture
def bare(tmp_path: Path, request: pytest.FixtureRequest) -> CommandLine:
    """Without token, API or database."""
    folder = tmp_path / "here"
    folder.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "INTERCOM_ETL_HOME": str(tmp_path / "home"),
        "INTERCOM_ETL_MAX_ATTEMPTS": "2",
    }
    if request.path.stem in FORKED:
        return Forked(folder, environment, request.getfixturevalue("forks"))
    return CommandLine(folder, environment)


@pytest.fixture
def online(bare: CommandLine, simulator: SimulatorServer) -> CommandLine:
    """With the simulator, on the embedded server."""
    bare.environment |= {"INTERCOM_BASE_URL": simulator.url, "INTERCOM_ACCESS_TOKEN": TOKEN}
    return bare


@pytest.fixture
def cli(online: CommandLine, database_url: str) -> CommandLine:
    """With the simulator and a migrated database of the user's own."""
    online.environment["DATABASE_URL"] = database_url
    return online


@pytest.fixture(scope="session")
def forks() -> Iterator[Parent]:
    """A process that has loaded the program."""
    with Parent() as parent:
        yield parent


@pytest.fixture
def forked(cli: CommandLine, forks: Parent) -> Forked:
    """As `cli`, in a tenth of the time."""
    return Forked(cli.folder, cli.environment, forks)
