"""What vanishes from Intercom becomes a tombstone with its reason, and nothing else does."""

import time
from datetime import timedelta
from typing import Any

import pytest
from truth import rows, run_sync

from intercom_etl.exit_codes import ExitCode
from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

SMALL = Size(contacts=90, conversations=40, companies=30, tickets=24)


class Clock:
    """The workspace's own: minutes pass when a test says so."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def pass_minutes(self) -> None:
        self.ahead += 300


def tombstones(url: str, table: str) -> dict[str, str]:
    gone = rows(url, f"select id, deletion_reason from intercom.{table} where deleted_at is not null")
    return {row["id"]: row["deletion_reason"] for row in gone}


def empty(key: str) -> Fault:
    def nothing(answer: Any) -> Any:
        answer[key] = []
        answer["pages"] = {"type": "pages", "page": 1, "per_page": 150, "total_pages": 0}
        answer["total_count"] = 0
        return answer

    return Fault("edit", path="*", edit=nothing)


@pytest.mark.fault(10, "D")
async def test_deleted_and_merged_contacts_are_told_apart(database_url: str) -> None:
    workspace = Workspace(seed=51, size=SMALL)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url)
        contacts = list(workspace.truth("contacts"))
        deleted, merged, target = contacts[:12], contacts[12:20], contacts[30]
        for identity in deleted:
            workspace.delete_contact(identity)
        for identity in merged:
            workspace.merge_contacts(identity, target)
        report = await run_sync(server, database_url)
    assert report.exit_code is ExitCode.OK
    assert tombstones(database_url, "contacts") == {
        **dict.fromkeys(deleted, "deleted"),
        **dict.fromkeys(merged, "merged"),
    }
    survivors = rows(
        database_url, "select id, merged_into from intercom.contacts where merged_into is not null"
    )
    assert {row["id"]: row["merged_into"] for row in survivors} == dict.fromkeys(merged, target)


async def test_what_vanishes_is_noticed_although_as_much_is_new(database_url: str) -> None:
    workspace = Workspace(seed=52, size=SMALL)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url)
        gone = list(workspace.truth("contacts"))[5]
        workspace.delete_contact(gone)
        for number in range(4):
            workspace.add_contact(name=f"new {number}")
        await run_sync(server, database_url)
    assert tombstones(database_url, "contacts") == {gone: "deleted"}


async def test_tickets_and_companies_that_are_gone_are_marked(database_url: str) -> None:
    workspace = Workspace(seed=53, size=SMALL)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url)
        tickets, companies = list(workspace.truth("tickets")), list(workspace.truth("companies"))
        for identity in tickets[:3]:
            workspace.delete_ticket(identity)
        for identity in companies[:2]:
            workspace.delete_company(identity)
        await run_sync(server, database_url)
    assert tombstones(database_url, "tickets") == dict.fromkeys(tickets[:3], "deleted")
    assert tombstones(database_url, "companies") == dict.fromkeys(companies[:2], "deleted")


async def test_a_contact_that_comes_back_loses_its_tombstone(database_url: str) -> None:
    clock = Clock()
    workspace = Workspace(seed=54, size=SMALL, now=clock)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url)
        away = next(iter(workspace.truth("contacts")))
        workspace.archive_contact(away)
        await run_sync(server, database_url)
        assert away in tombstones(database_url, "contacts")
        clock.pass_minutes()
        workspace.unarchive_contact(away)
        await run_sync(server, database_url)
    assert tombstones(database_url, "contacts") == {}


@pytest.mark.parametrize(
    ("name", "path", "key"),
    [
        ("contacts", "*/contacts/search", "data"),
        ("tickets", "*/tickets/search", "tickets"),
        ("conversations", "*/conversations/search", "conversations"),
        ("companies", "*/companies/scroll", "data"),
        ("tags", "/tags", "data"),
    ],
)
async def test_an_empty_answer_of_a_broken_collection_deletes_nothing(
    database_url: str, name: str, path: str, key: str
) -> None:
    workspace = Workspace(seed=55, size=SMALL)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url)
        broken = empty(key)
        broken.path = path
        server.faults = Faults(broken)
        report = await run_sync(server, database_url, name, sweep=True)
    assert broken.fired > 0
    assert report.exit_code is ExitCode.PARTIAL
    assert tombstones(database_url, name) == {}


async def test_a_listing_that_left_records_out_deletes_none_that_are_still_there(database_url: str) -> None:
    workspace = Workspace(seed=56, size=SMALL)

    def half(answer: Any) -> Any:
        answer["data"] = [record for record in answer["data"] if record["id"] not in hidden]
        return answer

    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url)
        hidden = set(list(workspace.truth("companies"))[::5])
        lossy = Fault("edit", path="*/companies/scroll", edit=half)
        server.faults = Faults(lossy)
        report = await run_sync(server, database_url, "companies")
    assert lossy.fired
    assert report.exit_code is ExitCode.OK
    assert tombstones(database_url, "companies") == {}


async def test_a_sweep_comes_by_itself_when_the_last_one_is_long_ago(database_url: str) -> None:
    workspace = Workspace(seed=57, size=SMALL)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url)
        calm = await run_sync(server, database_url, "contacts", sweep_every=timedelta(days=7))
        due = await run_sync(server, database_url, "contacts", sweep_every=timedelta(microseconds=1))
    assert calm.streams[0].read < len(workspace.truth("contacts"))
    assert due.streams[0].read == len(workspace.truth("contacts"))
    assert due.rows == 0


async def test_redactions_that_touch_nothing_are_found_by_reading_again(database_url: str) -> None:
    clock = Clock()
    workspace = Workspace(seed=58, size=SMALL, now=clock)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url)
        conversation = next(iter(workspace.truth("conversations")))
        part = workspace.reply(conversation, "my card number is 4111")
        clock.pass_minutes()
        await run_sync(server, database_url)
        workspace.redact_part(conversation, part)
        await run_sync(server, database_url)
        stale = rows(database_url, f"select redacted from intercom.conversation_parts where id = '{part}'")
        assert stale == [{"redacted": False}]
        clock.pass_minutes()
        await run_sync(server, database_url, "conversations", reread_every=timedelta(microseconds=1))
    fresh = rows(database_url, f"select redacted from intercom.conversation_parts where id = '{part}'")
    assert fresh == [{"redacted": True}]


async def test_what_is_deleted_merged_and_archived_in_one_day_is_told_apart(database_url: str) -> None:
    clock = Clock()
    workspace = Workspace(
        seed=59, size=Size(contacts=200, conversations=220, companies=40, tickets=40), now=clock
    )
    workspace.archived_contact_status = 200
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url)
        clock.ahead += 3 * 3600
        conversations, contacts = list(workspace.truth("conversations")), list(workspace.truth("contacts"))
        for identity in conversations[:25]:
            workspace.delete_conversation(identity)
        for identity in contacts[:8]:
            workspace.delete_contact(identity)
        for identity in contacts[8:16]:
            workspace.merge_contacts(identity, contacts[100])
        for identity in contacts[16:20]:
            workspace.archive_contact(identity)
        report = await run_sync(server, database_url)
        again = await run_sync(server, database_url)
    assert report.exit_code is ExitCode.OK
    assert tombstones(database_url, "conversations") == dict.fromkeys(conversations[:25], "deleted")
    assert tombstones(database_url, "contacts") == {
        **dict.fromkeys(contacts[:8], "deleted"),
        **dict.fromkeys(contacts[8:16], "merged"),
        **dict.fromkeys(contacts[16:20], "archived"),
    }
    others = ("companies", "tickets", "tags", "admins", "teams", "segments", "articles", "macros", "brands")
    assert [name for name in others if tombstones(database_url, name)] == []
    assert again.rows == 0


async def test_what_is_deleted_while_everything_is_listed_is_noticed_by_the_next_run(
    database_url: str,
) -> None:
    workspace = Workspace(seed=58, size=SMALL)
    deleted = sorted(workspace.truth("tickets"))[3]
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "tickets")
        # behind the listing's only page: whatever is asked after it counts one ticket less
        workspace.before_request("POST /tickets/search", lambda: workspace.delete_ticket(deleted), nth=2)
        await run_sync(server, database_url, "tickets", sweep=True)
        await run_sync(server, database_url, "tickets")
        await run_sync(server, database_url, "tickets")
    assert tombstones(database_url, "tickets") == {deleted: "deleted"}


async def test_a_count_that_is_always_too_low_is_looked_into_once(database_url: str) -> None:
    def lie(answer: Any) -> Any:
        answer["total_count"] -= 2
        return answer

    workspace = Workspace(seed=59, size=SMALL)
    with SimulatorServer(workspace, faults=Faults(Fault("edit", path="/tickets/search", edit=lie))) as server:
        asked: list[int] = []
        for _ in range(4):
            server.clear_requests()
            await run_sync(server, database_url, "tickets")
            asked.append(len(server.requests))
    assert asked[1] > asked[2] == asked[3]
    assert tombstones(database_url, "tickets") == {}
