"""A server that may be ill-treated, one for each test process, and a fresh database of it for each test."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from own_place import NAMES, SIZE, Place
from own_server import OwnServer, own_server
from stopped_child import Syncs

from intercom_etl.postgres.connection import open_database
from intercom_etl.postgres.schema import bring_up_to_date
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Workspace

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def own() -> Iterator[OwnServer]:
    with own_server() as server:
        server.execute("create database template_own")

        async def fill() -> None:
            async with open_database(server.url("template_own")) as database:
                await bring_up_to_date(database)

        asyncio.run(fill())
        yield server


@pytest.fixture
def make_place(own: OwnServer, tmp_path: Path) -> Iterator[Callable[[Workspace], Place]]:
    made: list[Place] = []

    def make(workspace: Workspace) -> Place:
        name = f"fault_{next(_numbers)}"
        own.execute(f"create database {name} template template_own strategy file_copy")
        server = SimulatorServer(workspace)
        server.start()
        syncs = Syncs(tmp_path, own.url(name), server, NAMES)
        made.append(Place(own, name, workspace, server, syncs))
        return made[-1]

    yield make
    for place in made:
        place.server.stop()
        own.execute(f"drop database {place.name} with (force)")


@pytest.fixture
def place(make_place: Callable[[Workspace], Place]) -> Place:
    return make_place(Workspace(seed=61, size=SIZE))
