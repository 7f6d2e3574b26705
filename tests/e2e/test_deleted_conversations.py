"""GET /conversations/deleted against a simulated workspace: who is gone, for few requests."""

import time

import pytest
from truth import rows, run_sync

from intercom_etl.exit_codes import ExitCode
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

NAMES = ("conversations", "deleted_conversations")
SMALL = Size(contacts=40, conversations=260, companies=5, tickets=5, parts=1)


class Clock:
    """The workspace's own: minutes pass when a test says so."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def pass_minutes(self, minutes: float = 60) -> None:
        self.ahead += minutes * 60


def pages_asked(server: SimulatorServer) -> int:
    count = sum(path.startswith("/conversations/deleted") for _, path, _ in server.requests)
    server.clear_requests()
    return count


def marked(url: str) -> dict[str, str]:
    found = rows(url, "select id, deletion_reason from intercom.conversations where deleted_at is not null")
    return {row["id"]: row["deletion_reason"] for row in found}


async def test_conversations_are_marked_with_the_time_of_their_deletion(database_url: str) -> None:
    sim = Clock()
    workspace = Workspace(seed=81, size=SMALL, now=sim)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, *NAMES)
        assert marked(database_url) == {}
        victims = sorted(workspace.truth("conversations"))[:150]
        for victim in victims:
            workspace.delete_conversation(victim)
        sim.pass_minutes()
        report = await run_sync(server, database_url, *NAMES)
    assert report.exit_code is ExitCode.OK
    assert marked(database_url) == dict.fromkeys(victims, "deleted")
    times = {one["id"]: one["deleted_at"] for one in workspace.deleted_conversations}
    stored = rows(
        database_url,
        "select c.id, extract(epoch from c.deleted_at)::bigint as here,"
        " extract(epoch from d.conversation_deleted_at)::bigint as there, d.deleted_at"
        " from intercom.conversations c join intercom.deleted_conversations d using (workspace_id, id)",
    )
    assert {row["id"]: (row["here"], row["there"], row["deleted_at"]) for row in stored} == {
        one: (at, at, None) for one, at in times.items()
    }


async def test_a_second_run_reads_only_the_newest_page(database_url: str) -> None:
    sim = Clock()
    workspace = Workspace(seed=82, size=SMALL, now=sim)
    victims = sorted(workspace.truth("conversations"))
    with SimulatorServer(workspace) as server:
        for victim in victims[:200]:
            workspace.delete_conversation(victim)
        sim.pass_minutes()
        await run_sync(server, database_url, *NAMES)
        assert pages_asked(server) == 4
        sim.pass_minutes()
        for victim in victims[200:205]:
            workspace.delete_conversation(victim)
        await run_sync(server, database_url, *NAMES)
        assert pages_asked(server) <= 2
    assert marked(database_url) == dict.fromkeys(victims[200:205], "deleted")
    assert len(rows(database_url, "select 1 from intercom.deleted_conversations")) == 205


async def test_what_was_only_not_found_is_known_to_be_deleted(database_url: str) -> None:
    workspace = Workspace(seed=83, size=SMALL)
    victims = sorted(workspace.truth("conversations"))[5:8]

    def delete() -> None:
        for victim in victims:
            workspace.delete_conversation(victim)

    with SimulatorServer(workspace) as server:
        workspace.before_request("/conversations/[0-9]*", delete)
        await run_sync(server, database_url, "conversations")
        before = marked(database_url)
        assert before
        assert set(before.values()) == {"not_found"}
        await run_sync(server, database_url, "deleted_conversations")
    assert marked(database_url) == dict.fromkeys(before, "deleted")


@pytest.mark.parametrize("order", [NAMES, NAMES[::-1]])
async def test_within_a_run_they_are_marked_before_the_conversations_are_looked_for(
    database_url: str, order: tuple[str, ...]
) -> None:
    """So that most may be deleted at once, as a schedule does it, and none is asked for one by one."""
    workspace = Workspace(seed=84, size=SMALL)
    victims = sorted(workspace.truth("conversations"))[:200]
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, *order)
        for victim in victims:
            workspace.delete_conversation(victim)
        server.clear_requests()
        report = await run_sync(server, database_url, *order)
        details = [path for _, path, _ in server.requests if path.removeprefix("/conversations/").isdigit()]
    assert report.exit_code is ExitCode.OK
    assert details == []
    assert marked(database_url) == dict.fromkeys(victims, "deleted")


async def test_the_time_of_the_api_replaces_that_of_our_noticing(database_url: str) -> None:
    sim = Clock()
    workspace = Workspace(seed=86, size=SMALL, now=sim)
    victim = max(workspace.truth("conversations"))
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "conversations")
        workspace.delete_conversation(victim)
        sim.pass_minutes()
        await run_sync(server, database_url, "conversations")
        assert marked(database_url) == {victim: "deleted"}
        await run_sync(server, database_url, "deleted_conversations")
    [row] = rows(database_url, "select deleted_at from intercom.conversations where deleted_at is not null")
    assert row["deleted_at"].timestamp() == workspace.deleted_conversations[0]["deleted_at"]


async def test_an_older_version_of_the_api_skips_the_stream_and_no_other(database_url: str) -> None:
    workspace = Workspace(seed=85, size=SMALL)
    with SimulatorServer(workspace) as server:
        report = await run_sync(server, database_url, *NAMES, "tags", api_version="2.15")
    assert report.exit_code is ExitCode.PARTIAL
    states = {stream.stream: stream.status for stream in report.streams}
    assert states == {"conversations": "ok", "deleted_conversations": "skipped", "tags": "ok"}
    assert "INTERCOM_API_VERSION" in str(report.as_json())
