"""One database for a module, and a loop to talk to it from: a thousand pages need no thousand databases."""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from intercom_etl.postgres.connection import Database, open_database


@dataclass
class Talk:
    """A connection of this test's own, and what runs its coroutines."""

    opened: Database
    runner: asyncio.Runner

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        self.runner.run(work)


@pytest.fixture
def talk(url_of_module: str) -> Iterator[Talk]:
    with asyncio.Runner() as runner:
        context = open_database(url_of_module)
        yield Talk(runner.run(context.__aenter__()), runner)
        runner.run(context.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def url_of_module(server_url: str, template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    name = request.module.__name__.rsplit(".", 1)[-1]
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template}".encode())
        yield make_conninfo(server_url, dbname=name)
        connection.execute(f"drop database {name} with (force)".encode())
