"""`verify`: what was changed or deleted behind the tool's back is found, mended, and nothing else is."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from command_line import CommandLine, assert_says
from oracle import assert_fired, assert_recovered
from truth import api, clock, execute, request, rows, run_sync

from intercom_etl.endpoint import Search
from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from intercom_etl.streams import all_streams
from intercom_etl.verdict import Verdict, VerifyReport
from intercom_etl.verify import Checks, verify
from tests.cli.conftest import bare, cli, online, simulator  # noqa: F401 - fixtures

SIZE = Size(contacts=60, conversations=70, companies=20, tickets=20)
FIRST = "select id from intercom.{} order by id limit 1 offset {}"


class Teller:
    """Remembers what was announced."""

    def __init__(self) -> None:
        self.expected = 0

    def started(self, workspace: str, streams: list[str], requests: int, run_id: int) -> None:
        assert workspace
        assert streams
        assert run_id
        self.expected = requests

    def finished(self, verdict: Verdict) -> None: ...


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(seed=81, size=SIZE, scroll_idle_seconds=0.3)


@pytest.fixture
def server(workspace: Workspace) -> Iterator[SimulatorServer]:
    with SimulatorServer(workspace) as running:
        yield running


async def run_verify(
    server: SimulatorServer,
    url: str,
    *names: str,
    fix: bool = False,
    sample: int = 5,
    rows: bool = True,
    **more: int,
) -> VerifyReport:
    return await verify(
        request(*names, **more),
        Checks(sample=sample, fix=fix, rows=rows),
        api=api(server),
        database_url=url,
        clock=clock,
        observer=Teller(),
    )


def wrong(report: VerifyReport) -> dict[str, dict[str, str]]:
    """Everything that was found, by stream and id."""
    return {verdict.stream: dict(verdict.found) for verdict in report.streams if verdict.found}


def identity(url: str, table: str, place: int = 0) -> str:
    return rows(url, FIRST.format(table, place))[0]["id"]


async def test_a_fresh_copy_is_clean_at_a_small_share_of_the_requests(
    server: SimulatorServer, database_url: str
) -> None:
    copied = await run_sync(server, database_url)
    report = await run_verify(server, database_url)
    assert wrong(report) == {}
    assert (report.exit_code, report.status) == (0, "ok")
    assert report.requests < copied.requests
    assert abs(report.expected - report.requests) < 20
    assert all(verdict.checked == verdict.stored for verdict in report.streams)


async def test_everything_that_was_done_behind_its_back_is_found_mended_and_then_gone(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    await run_sync(server, database_url)
    c = [identity(database_url, "conversations", place) for place in range(8)]
    done = {
        "conversations": {
            c[0]: ("missing", f"delete from intercom.conversations where id = '{c[0]}'"),
            c[1]: ("altered", f"update intercom.conversations set state = 'odd' where id = '{c[1]}'"),
            c[2]: ("parts", f"delete from intercom.conversation_parts where conversation_id = '{c[2]}'"),
            c[3]: ("altered", f"update intercom.conversations set updated_at = now() where id = '{c[3]}'"),
            c[4]: (
                "parts",
                f"update intercom.conversation_parts set body = '?' where conversation_id = '{c[4]}'",
            ),
            c[5]: (
                "missing",
                (
                    "update intercom.conversations set deleted_at = now(), deletion_reason = '?'"
                    f" where id = '{c[5]}'"
                ),
            ),
            c[6]: (
                "stale",
                (
                    "update intercom.conversations set updated_at = updated_at - interval '1 day',"
                    " raw = jsonb_set(raw, '{updated_at}', to_jsonb((raw ->> 'updated_at')::bigint - 86400))"
                    f" where id = '{c[6]}'"
                ),
            ),
        },
        "contacts": {
            (one := identity(database_url, "contacts")): (
                "missing",
                f"delete from intercom.contacts where id = '{one}'",
            ),
            (two := identity(database_url, "contacts", 1)): (
                "altered",
                f"update intercom.contacts set email = '?' where id = '{two}'",
            ),
        },
        "tags": {
            (tag := identity(database_url, "tags")): (
                "missing",
                f"delete from intercom.tags where id = '{tag}'",
            )
        },
        "teams": {
            (team := identity(database_url, "teams")): (
                "altered",
                (
                    "update intercom.teams set name = '?', raw = jsonb_set(raw, '{name}', '\"?\"')"
                    f" where id = '{team}'"
                ),
            )
        },
        "admins": {
            "777": (
                "extra",
                (
                    "insert into intercom.admins (workspace_id, id, raw, synced_at)"
                    " select workspace_id, '777', '{\"id\": \"777\"}', now() from intercom.admins limit 1"
                ),
            )
        },
    }
    for changes in done.values():
        for _, statement in changes.values():
            execute(database_url, statement)
    expected = {stream: {i: kind for i, (kind, _) in changes.items()} for stream, changes in done.items()}
    found = await run_verify(server, database_url)
    assert wrong(found) == expected
    assert found.exit_code == 4
    mended = await run_verify(server, database_url, fix=True)
    assert wrong(mended) == expected
    assert mended.drift == 0
    assert wrong(await run_verify(server, database_url)) == {}
    assert_recovered(database_url, workspace)


@pytest.mark.parametrize("is_inclusive", [False, True])
async def test_windows_of_a_large_search_are_counted_and_only_those_that_differ_listed(
    server: SimulatorServer,
    workspace: Workspace,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    is_inclusive: bool,
) -> None:
    workspace.comparisons_include_equal = is_inclusive
    monkeypatch.setattr("intercom_etl.verify.LISTED_UP_TO", 10)
    monkeypatch.setattr("intercom_etl.checks.windows.LISTED_UP_TO", 4)
    await run_sync(server, database_url, "conversations", "contacts", "tickets")
    changed = identity(database_url, "conversations", 9)
    workspace.reply(changed)  # after the sync: nothing wrong with that
    clean = await run_verify(server, database_url, "conversations", "contacts", "tickets", sample=0)
    assert wrong(clean) == {}
    assert sum(verdict.newer for verdict in clean.streams) == 1
    gone, lost = (identity(database_url, "conversations", place) for place in (3, 60))
    workspace.delete_conversation(gone)
    execute(database_url, f"delete from intercom.conversations where id = '{lost}'")
    server.clear_requests()
    report = await run_verify(server, database_url, "conversations", sample=0, rows=False)
    assert wrong(report) == {"conversations": {gone: "extra", lost: "missing"}}
    assert report.streams[0].method == "counted by windows of time"
    assert len(server.requests) < 30
    await run_verify(server, database_url, "conversations", fix=True)
    await run_sync(server, database_url, "conversations", "contacts", "tickets")
    assert_recovered(database_url, workspace, ["conversations", "contacts", "tickets"])


async def test_of_a_large_search_the_newest_are_listed_and_what_made_up_for_each_other_is_found_in_turn(
    server: SimulatorServer, workspace: Workspace, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("intercom_etl.verify.LISTED_UP_TO", 10)
    monkeypatch.setattr("intercom_etl.checks.windows.LISTED_UP_TO", 4)
    monkeypatch.setattr("intercom_etl.checks.windows.NEWEST", 20)
    streams = ("conversations", "contacts")
    await run_sync(server, database_url, *streams)
    newest = "select id from intercom.{} order by updated_at desc limit 1 offset {}"
    late = {stream: rows(database_url, newest.format(stream, 3))[0]["id"] for stream in streams}
    lost = {stream: rows(database_url, newest.format(stream, 40))[0]["id"] for stream in streams}
    for stream in streams:
        execute(  # as if the last change had been missed, by a few minutes
            database_url,
            f"update intercom.{stream} set updated_at = updated_at - interval '5 minutes',"
            " raw = jsonb_set(raw, '{updated_at}', to_jsonb((raw ->> 'updated_at')::bigint - 300))"
            f" where id = '{late[stream]}'",
        )
        execute(  # one that is not there any more, and one that never was: the count is right
            database_url,
            f"update intercom.{stream} set id = 'invented', raw = jsonb_set(raw, '{{id}}', '\"invented\"')"
            f" where id = '{lost[stream]}'",
        )
    report = await run_verify(server, database_url, *streams, sample=0, fix=True)
    assert {found[late[stream]] for stream, found in wrong(report).items()} == {"stale"}
    assert report.drift == 0
    assert wrong(await run_verify(server, database_url, *streams, sample=200, fix=True)) == {}
    execute(database_url, "delete from intercom.contacts where id = 'invented'")
    execute(database_url, "delete from intercom.conversations where id = 'invented'")
    await run_sync(server, database_url, *streams)
    assert_recovered(database_url, workspace, list(streams))


@pytest.mark.parametrize(("stream", "path"), [("tags", "/tags"), ("contacts", "POST */search")])
async def test_an_empty_answer_marks_nothing_as_gone(
    server: SimulatorServer, workspace: Workspace, database_url: str, stream: str, path: str
) -> None:
    await run_sync(server, database_url, stream)
    live = f"select id, deleted_at from intercom.{stream} order by 1"
    before = rows(database_url, live)
    workspace.empty(path)
    report = await run_verify(server, database_url, stream, fix=True)
    assert "are not listed any more" in str(report.streams[0].error)
    assert report.exit_code in (3, 4)
    assert rows(database_url, live) == before


async def test_contacts_that_a_search_counts_and_leaves_out_are_not_archived(
    server: SimulatorServer, database_url: str
) -> None:
    await run_sync(server, database_url, "contacts")

    def leave_out(answer: dict[str, Any]) -> dict[str, Any]:
        del answer["data"][:9]
        return answer

    server.faults = Faults(Fault("edit", path="POST */search", edit=leave_out))
    report = await run_verify(server, database_url, "contacts", fix=True)
    assert "the API counts 60 contacts and lists 51" in str(report.streams[0].error)
    assert (report.exit_code, wrong(report)) == (3, {})
    gone = "select id from intercom.contacts where deleted_at is not null"
    assert rows(database_url, gone) == []
    await run_sync(server, database_url, "contacts", sweep=True)
    assert rows(database_url, gone) == []


@pytest.mark.parametrize("listed_up_to", [15_000, 10])
async def test_what_changes_while_it_looks_is_nothing_wrong(
    database_url: str, monkeypatch: pytest.MonkeyPatch, listed_up_to: int
) -> None:
    """A record that changes leaves the search that is being read, before its page comes."""
    monkeypatch.setattr("intercom_etl.verify.LISTED_UP_TO", listed_up_to)
    monkeypatch.setattr("intercom_etl.checks.windows.LISTED_UP_TO", 4)
    monkeypatch.setattr("intercom_etl.checks.windows.NEWEST", 20)
    held = all_streams()["conversations"]
    assert isinstance(held.endpoint, Search)
    small = replace(held, endpoint=replace(held.endpoint, page_size=10))
    monkeypatch.setitem(all_streams(), "conversations", small)
    passed = [0.0]
    workspace = Workspace(seed=81, size=SIZE, now=lambda: time.time() + passed[0])
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "conversations")
        oldest_first = "select id from intercom.conversations order by updated_at"
        left = [row["id"] for row in rows(database_url, oldest_first)]

        def meanwhile(answer: dict[str, Any]) -> dict[str, Any]:
            if len(left) > 40:
                passed[0] += 60
                workspace.reply(left.pop())
            return answer

        server.faults = Faults(Fault("edit", path="POST */search", edit=meanwhile))
        report = await run_verify(server, database_url, "conversations", sample=0)
    assert len(left) < 66
    assert (wrong(report), report.exit_code) == ({}, 0)


async def test_addresses_that_are_signed_anew_are_the_same(database_url: str) -> None:
    passed = [0.0]
    workspace = Workspace(seed=81, size=SIZE, now=lambda: time.time() + passed[0])
    first = next(iter(workspace.truth("conversations")))
    workspace.reply(first, '<img src="https://downloads.intercomcdn.com/i/a.png?expires=1&amp;signature=a">')
    passed[0] += 60

    def answered(old: str, new: str) -> Faults:
        def edit(answer: dict[str, Any]) -> dict[str, Any]:
            return json.loads(json.dumps(answer).replace(old, new))

        return Faults(Fault("edit", path="GET /conversations/*", edit=edit))

    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "conversations")
        server.faults = answered("expires=1&amp;signature=a", "expires=2&amp;signature=b")
        assert wrong(await run_verify(server, database_url, "conversations", sample=100)) == {}
        server.faults = answered("a.png", "b.png")
        found = wrong(await run_verify(server, database_url, "conversations", sample=100))
    assert found == {"conversations": {first: "parts"}}


async def test_what_only_raw_says_is_held_to_it_too(server: SimulatorServer, database_url: str) -> None:
    """Columns that the database makes of `raw` show what was done to it."""
    await run_sync(server, database_url)
    contact = identity(database_url, "contacts")
    part = rows(database_url, "select id, conversation_id from intercom.conversation_parts limit 1")[0]
    whole = "select id, raw, custom_attributes from intercom.contacts order by id"
    before = rows(database_url, whole), rows(database_url, "select id, raw from intercom.conversation_parts")
    execute(
        database_url,
        "update intercom.contacts set raw = jsonb_set(raw, '{custom_attributes}', '{\"plan\": \"hacked\"}')"
        f" where id = '{contact}'",
    )
    execute(database_url, f"update intercom.conversation_parts set raw = '{{}}' where id = '{part['id']}'")
    report = await run_verify(server, database_url, sample=0, fix=True)
    assert wrong(report) == {
        "contacts": {contact: "altered"},
        "conversations": {part["conversation_id"]: "parts"},
    }
    assert report.drift == 0
    after = rows(database_url, whole), rows(database_url, "select id, raw from intercom.conversation_parts")
    assert after[0] == before[0]
    assert {row["id"]: row["raw"] for row in after[1]} == {row["id"]: row["raw"] for row in before[1]}


async def test_what_is_altered_and_gone_is_marked_as_gone(server: SimulatorServer, database_url: str) -> None:
    await run_sync(server, database_url, "tags")
    execute(
        database_url,
        "insert into intercom.tags (workspace_id, id, name, raw, synced_at)"
        " select workspace_id, '777', 'old', '{\"id\": \"777\", \"name\": \"new\"}', now() - interval '1 day'"
        " from intercom.tags limit 1",
    )
    report = await run_verify(server, database_url, "tags", fix=True)
    assert wrong(report) == {"tags": {"777": "extra"}}
    assert (report.drift, len(report.streams[0].fixed)) == (0, 1)
    assert wrong(await run_verify(server, database_url, "tags")) == {}


async def test_what_is_missing_since_it_was_refused_says_so(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    refused = next(iter(workspace.truth("conversations")))
    server.faults = Faults(Fault("500", path=f"/conversations/{refused}"))
    await run_sync(server, database_url, "conversations", max_attempts=1)
    [verdict] = (await run_verify(server, database_url, "conversations", sample=0)).streams
    assert verdict.wrong == {refused: "missing"}
    listed = "`intercom-etl quarantine list --stream conversations`"
    assert verdict.note == f"1 of the missing are in quarantine: {listed}"


async def test_a_record_that_is_listed_and_never_given_out_is_no_drift(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    lost = next(iter(workspace.truth("conversations")))
    workspace.forbid(f"GET /conversations/{lost}", 404, "not_found")
    await run_sync(server, database_url, "conversations")
    assert wrong(await run_verify(server, database_url, "conversations", sample=0, fix=True)) == {}
    workspace.restore(f"GET /conversations/{lost}")
    found = await run_verify(server, database_url, "conversations", sample=0, fix=True)
    assert (wrong(found), found.drift) == ({"conversations": {lost: "missing"}}, 0)
    assert wrong(await run_verify(server, database_url, "conversations", sample=0)) == {}


async def test_a_budget_ends_a_check_and_an_error_stays_with_its_stream(
    server: SimulatorServer, database_url: str
) -> None:
    await run_sync(server, database_url)
    short = await run_verify(server, database_url, max_requests=10)
    assert short.exit_code == 75
    assert short.requests == 10
    assert "stopped" in {verdict.status for verdict in short.streams}
    assert "begins with the others" in str(next(v.error.hint for v in short.streams if v.error))
    broken = Fault("500", path="/tags")
    server.faults = Faults(broken)
    report = await run_verify(server, database_url)
    assert_fired(broken.fired, "500 of tags")
    assert {verdict.stream: verdict.status for verdict in report.streams if verdict.status != "ok"} == {
        "tags": "failed"
    }
    assert report.exit_code == 3
    assert wrong(report) == {}


async def test_a_budget_that_is_too_small_for_all_is_spent_on_others_each_time(
    server: SimulatorServer, database_url: str
) -> None:
    await run_sync(server, database_url)
    whole = await run_verify(server, database_url, sample=2)
    left = {verdict.stream for verdict in whole.streams}
    execute(database_url, "delete from etl.run where command = 'verify'")
    most = (await run_verify(server, database_url, "conversations", sample=2)).requests
    budget = (most + whole.requests) // 2
    execute(database_url, "delete from etl.run where command = 'verify'")
    for _ in range(5):
        report = await run_verify(server, database_url, sample=2, max_requests=budget)
        left -= {verdict.stream for verdict in report.streams if verdict.status == "ok"}
    assert left == set()


async def test_what_was_never_read_is_nothing_to_hold_the_copy_to(
    server: SimulatorServer, database_url: str
) -> None:
    await run_sync(server, database_url, "tags")
    report = await run_verify(server, database_url, "tags", "teams")
    found = {verdict.stream: verdict for verdict in report.streams}
    assert found["tags"].status == "ok"
    assert found["teams"].status == "failed"
    assert "never read to its end" in str(found["teams"].error)
    assert report.exit_code == 3


async def test_a_collection_that_the_api_does_not_have_is_no_hole_in_the_copy(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    workspace.forbid("*/calls*", 404)
    await run_sync(server, database_url)
    report = await run_verify(server, database_url, sample=0, rows=False)
    [calls] = [verdict for verdict in report.streams if verdict.stream == "calls"]
    assert (report.exit_code, calls.status) == (0, "ok")
    assert "the API does not have it" in str(calls.note)


async def test_streams_that_are_out_of_bounds_for_the_token_are_a_matter_of_the_token(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    await run_sync(server, database_url, "tags")
    workspace.forbid("*/tags*", 403)
    assert (await run_verify(server, database_url, "tags")).exit_code == 77


def test_nothing_is_called_right_before_anything_was_copied(cli: CommandLine) -> None:  # noqa: F811
    for arguments in (("verify", "--exit-code"), ("verify", "tags", "--exit-code")):
        assert_says(
            cli(*arguments), 2, ["nothing of workspace", "copied to its end yet"], "intercom-etl sync"
        )


def test_on_the_screen_and_in_scripts(cli: CommandLine, database_url: str) -> None:  # noqa: F811
    assert cli("sync", "--quiet").code == 0
    clean = cli("verify", "--exit-code")
    assert clean.code == 0, clean
    assert "about " in clean.err
    assert "streams are as Intercom has them" in clean.out
    assert cli("verify", "--quiet", "--exit-code").err == ""
    tag = identity(database_url, "tags")
    execute(database_url, f"delete from intercom.tags where id = '{tag}'")
    found = cli("verify", "--exit-code")
    assert found.code == 4
    assert f"tags: missing: {tag}" in found.err
    assert "next: `intercom-etl verify tags --fix`" in found.err
    assert cli("verify").code == 0  # who does not ask for it need not mind
    [line] = cli("verify", "tags", "-q", "--exit-code").error_lines
    assert "records are wrong: tags 1" in line
    assert "(exit 4)" in line
    shown = json.loads(cli("verify", "--json", "--exit-code").out)
    assert (shown["exit_code"], shown["drift"], shown["streams"]["tags"]["ids"]) == (4, 1, {"missing": [tag]})
    assert cli("verify", "tags", "--fix", "--exit-code").code == 0
    assert cli("verify", "tags", "--exit-code").code == 0
    assert "missing" in cli("runs", "show", "4").out
