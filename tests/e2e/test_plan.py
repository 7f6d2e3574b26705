"""`plan`: what a sync would read, held against what the sync then really asks for; nothing is written."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from command_line import CommandLine
from truth import api, contents, request, rows, run_sync

from intercom_etl.plan import plan
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from tests.cli.conftest import bare, cli, online, simulator  # noqa: F401 - fixtures

NAMES = ("admins", "companies", "contacts", "conversations", "tags", "tickets")


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(seed=95, size=Size(contacts=170, conversations=50, companies=20, tickets=12))


@pytest.fixture
def server(workspace: Workspace) -> Iterator[SimulatorServer]:
    with SimulatorServer(workspace) as running:
        yield running


async def test_a_plan_comes_near_to_what_the_sync_takes_and_writes_nothing(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    first = await plan(request(*NAMES), api=api(server), database_url=database_url)
    assert rows(database_url, "select 1 from etl.run") == []
    done = await run_sync(server, database_url, *NAMES)
    assert abs(first.requests - done.requests) <= 16  # lists that are cut off inside contacts come on top
    assert {each.stream: each.records for each in first.streams}["conversations"] == 50
    for identity in sorted(workspace.truth("conversations"))[:7]:
        workspace.reply(identity)
    before = contents(database_url)
    second = await plan(request(*NAMES), api=api(server), database_url=database_url)
    assert contents(database_url) == before
    by_name = {each.stream: each for each in second.streams}
    assert (by_name["conversations"].records, by_name["conversations"].requests) == (7, 8)
    assert by_name["conversations"].since is not None
    assert by_name["contacts"].how == "what changed"
    assert (by_name["tags"].how, by_name["tags"].requests) == ("everything", 1)
    done = await run_sync(server, database_url, *NAMES)
    assert abs(second.requests - done.requests) <= 8
    held = await plan(
        request(*NAMES, since=datetime(2000, 1, 1, tzinfo=UTC)), api=api(server), database_url=database_url
    )
    conversations = {each.stream: each for each in held.streams}["conversations"]
    assert (conversations.records, conversations.requests) == (50, 1)
    whole = await plan(request(*NAMES, full=True), api=api(server), database_url=database_url)
    assert whole.requests > second.requests
    assert whole.minutes == whole.requests / whole.per_minute


async def test_what_the_api_refuses_stays_with_its_stream(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    workspace.forbid("*/tickets/search", 403)
    found = await plan(request(*NAMES), api=api(server), database_url=database_url)
    refused = {each.stream for each in found.streams if each.error is not None}
    assert refused == {"tickets"}


def test_on_the_screen_before_and_after_the_first_sync(cli: CommandLine) -> None:  # noqa: F811
    embedded = cli("plan", DATABASE_URL=None)
    assert embedded.code == 0, embedded
    assert "about " in embedded.out
    assert cli("sync", "--quiet").code == 0
    shown = cli("plan", "conversations")
    assert "what changed" in shown.out
    found = json.loads(cli("plan", "--json").out)
    assert found["streams"]["conversations"]["records"] == 0
    assert found["requests"] < 100
    assert cli("plan", "--full", "--since", "7d").code == 2
