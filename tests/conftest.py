"""Fixtures for all: one PostgreSQL a session, a fresh database a test, cloned from a migrated template."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg.conninfo import make_conninfo

from intercom_etl.postgres.connection import Database, open_database
from intercom_etl.postgres.embedded import EmbeddedPostgres
from intercom_etl.postgres.schema import bring_up_to_date

_numbers = itertools.count(1)

# what takes long: left out of a run of everything, unless it is asked for (`--all`, which `make check` does)
LONG = (
    "tests/chaos/test_chaos.py::test_sequences_from_a_fresh_seed",
    "tests/cli/test_hostile_text.py",
    "tests/cli/test_watch_mode.py",
    "tests/cli/test_watchdog.py",
    "tests/e2e/test_exports.py",
    "tests/faults/test_clocks.py",
    "tests/faults/test_locks.py",
    "tests/faults/test_memory.py",
    "tests/faults/test_network.py",
    "tests/fuzz/test_json_scanner.py",
    "tests/fuzz/test_privacy_of_odd_records.py",
    "tests/fuzz/test_records.py",
    "tests/fuzz/test_wire.py",
    "tests/operations/test_in_use.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="also the tests that take long, as `make check` does")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--all") or config.args != ["tests"]:
        return
    long = [item for item in items if item.nodeid.startswith(LONG)]
    config.hook.pytest_deselected(items=long)
    items[:] = [item for item in items if not item.nodeid.startswith(LONG)]


# make test ARGS="tests/fuzz tests/property --hypothesis-profile=deep"
settings.register_profile("deep", max_examples=2_000, deadline=None)


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server for this test process; data need not survive it."""
    folder: Path = tmp_path_factory.mktemp("server")
    # the setting of the same name: to run the tests on another version of PostgreSQL
    other = os.environ.get("INTERCOM_ETL_POSTGRES_BINARIES")
    server = EmbeddedPostgres(folder, binaries=Path(other) if other else None, durable=False)
    with server.running() as url:
        yield url


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


@cache
def _strategy(url: str) -> str:
    """Copying the files of a template takes a tenth of the time that its log takes; 15 and later ask."""
    with psycopg.connect(url) as connection:
        return " strategy file_copy" if connection.info.server_version >= 150_000 else ""


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    """Name of a migrated database that nobody is connected to."""
    _execute(server_url, "create database template_migrated")

    async def fill() -> None:
        async with open_database(make_conninfo(server_url, dbname="template_migrated")) as database:
            await bring_up_to_date(database)

    asyncio.run(fill())
    return "template_migrated"


@pytest.fixture
def empty_database_url(server_url: str) -> Iterator[str]:
    """A database with nothing in it."""
    name = f"empty_{next(_numbers)}"
    _execute(server_url, f"create database {name}")
    yield make_conninfo(server_url, dbname=name)
    _execute(server_url, f"drop database {name} with (force)")


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    """A migrated database of this test's own."""
    name = f"test_{next(_numbers)}"
    _execute(server_url, f"create database {name} template {template}{_strategy(server_url)}")
    yield make_conninfo(server_url, dbname=name)
    _execute(server_url, f"drop database {name} with (force)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A connection to this test's database."""
    async with open_database(database_url) as opened:
        yield opened
