"""Lists by parent against a simulated workspace: read once, then as parents change, and none forgotten."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from truth import Silent, api, clock, contents, execute, request, rows, run_sync

from intercom_etl.errors import ConfigError, CredentialsError
from intercom_etl.exit_codes import ExitCode
from intercom_etl.report import RunReport, StreamReport
from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from intercom_etl.stages import extract, load, transform

SMALL = Size(contacts=120, conversations=60, companies=40, tickets=5, execution_results=200, calls=60)
OPEN = "select stream, parent_id, pending from etl.quarantine where resolved_at is null"


class Clock:
    """The workspace's own: minutes pass when a test says so."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def pass_minutes(self, minutes: float = 5) -> None:
        self.ahead += minutes * 60


def asked(server: SimulatorServer, ending: str) -> list[str]:
    """The parents whose lists were asked for since the last look, in order."""
    found = [path.split("?")[0] for _, path, _ in server.requests]
    server.clear_requests()
    return [path.split("/")[2] for path in found if path.endswith(ending)]


def live(url: str, table: str, key: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows(url, f"select {key}, id from intercom.{table} where deleted_at is null"):
        found.setdefault(row[key], set()).add(row["id"].removeprefix(row[key] + ":"))
    return found


def of(report: RunReport, name: str) -> StreamReport:
    return next(stream for stream in report.streams if stream.stream == name)


def segments_of(workspace: Workspace) -> dict[str, set[str]]:
    found = {one: set(workspace.contacts.state(one).segments) for one in workspace.truth("contacts")}
    return {identity: held for identity, held in found.items() if held}


async def test_all_parents_are_read_first_and_then_only_those_that_were_written(database_url: str) -> None:
    sim = Clock()
    workspace = Workspace(seed=61, size=SMALL, now=sim)
    with SimulatorServer(workspace) as server:
        first = await run_sync(server, database_url, "contacts", "contact_segments")
        assert first.exit_code is ExitCode.OK
        contacts = list(workspace.truth("contacts"))
        assert sorted(asked(server, "/segments")) == sorted(contacts)
        assert live(database_url, "contact_segments", "contact_id") == segments_of(workspace)
        sim.pass_minutes()
        for identity in contacts[:7]:
            workspace.update_contact(identity, name="renamed")
        second = await run_sync(server, database_url, "contacts", "contact_segments")
        assert sorted(asked(server, "/segments")) == sorted(contacts[:7])
        assert of(second, "contact_segments").tables.total() == 0
        sim.pass_minutes()
        await run_sync(server, database_url, "contacts", "contact_segments")
        assert asked(server, "/segments") == []


async def test_a_list_that_lost_a_member_has_a_tombstone_for_it(database_url: str) -> None:
    sim = Clock()
    workspace = Workspace(seed=62, size=SMALL, now=sim)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "contacts", "contact_segments")
        member = next(one for one, held in segments_of(workspace).items() if len(held) > 1)
        gone = workspace.contacts.state(member).segments.pop()
        sim.pass_minutes()
        workspace.update_contact(member, name="left a segment")
        await run_sync(server, database_url, "contacts", "contact_segments")
        marks = "select contact_id, segment_id, deletion_reason from intercom.contact_segments"
        assert rows(database_url, f"{marks} where deleted_at is not null") == [
            {"contact_id": member, "segment_id": gone, "deletion_reason": "removed"}
        ]
        workspace.contacts.state(member).segments.append(gone)
        sim.pass_minutes()
        workspace.update_contact(member, name="is back")
        await run_sync(server, database_url, "contacts", "contact_segments")
        assert rows(database_url, f"{marks} where deleted_at is not null") == []


async def test_an_interrupted_run_goes_on_with_the_parents_that_are_left(database_url: str) -> None:
    size = Size(contacts=700, conversations=5, companies=5, tickets=5)
    sim = Clock()
    workspace = Workspace(seed=63, size=size, now=sim)
    faults = Faults(Fault("401", path="*/segments", after=500), Fault("401", path="/me", after=2))
    with SimulatorServer(workspace, faults=faults) as server:
        await run_sync(server, database_url, "contacts")
        sim.pass_minutes()
        with pytest.raises(CredentialsError):
            await run_sync(server, database_url, "contact_segments", concurrency=8)
        before = set(asked(server, "/segments"))
        [stopped] = rows(
            database_url, "select value, resume_from from etl.bookmark where stream = 'contact_segments'"
        )
        assert stopped["value"] is None
        assert stopped["resume_from"] is not None
        faults.clear()
        sim.pass_minutes()
        report = await run_sync(server, database_url, "contact_segments")
        again = asked(server, "/segments")
    assert report.exit_code is ExitCode.OK
    assert before | set(again) == set(workspace.truth("contacts"))
    assert len(again) < 600
    assert live(database_url, "contact_segments", "contact_id") == segments_of(workspace)
    [ended] = rows(
        database_url, "select value, resume_from from etl.bookmark where stream = 'contact_segments'"
    )
    [newest] = rows(database_url, "select max(synced_at) as at from intercom.contacts")
    assert ended == {"value": newest["at"], "resume_from": None}


async def test_a_run_that_was_stopped_after_its_last_list_remembers_that_all_are_read(
    database_url: str,
) -> None:
    sim = Clock()
    workspace = Workspace(seed=64, size=SMALL, now=sim)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "contacts", "contact_segments")
        execute(
            database_url,
            "update etl.bookmark set resume_from = value, value = null where stream = 'contact_segments'",
        )
        asked(server, "/segments")
        for _ in range(2):
            sim.pass_minutes()
            await run_sync(server, database_url, "contact_segments")
            assert asked(server, "/segments") == []


async def test_a_list_that_keeps_failing_is_asked_for_again_until_it_comes(database_url: str) -> None:
    sim = Clock()
    workspace = Workspace(seed=65, size=SMALL, now=sim)
    broken = sorted(segments_of(workspace))[3]
    faults = Faults(Fault("500", path=f"/contacts/{broken}/segments"))
    with SimulatorServer(workspace, faults=faults) as server:
        names = ("contacts", "contact_segments")
        pending = [{"stream": "contact_segments", "parent_id": broken, "pending": True}]
        for _ in range(2):
            report = await run_sync(server, database_url, *names, max_attempts=2)
            assert report.exit_code is ExitCode.PARTIAL
            assert of(report, "contact_segments").complete
            assert rows(database_url, OPEN) == pending
            assert broken in asked(server, "/segments")
        faults.clear()
        sim.pass_minutes()
        report = await run_sync(server, database_url, *names)
        assert report.exit_code is ExitCode.OK
        assert asked(server, "/segments") == [broken]
    assert rows(database_url, OPEN) == []
    assert live(database_url, "contact_segments", "contact_id") == segments_of(workspace)


async def test_a_store_that_cannot_be_read_removes_nothing(database_url: str) -> None:
    workspace = Workspace(seed=66, size=SMALL)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "contacts", "contact_segments")
        workspace.empty("*/segments")
        report = await run_sync(server, database_url, "contact_segments", full=True)
        assert report.exit_code is ExitCode.PARTIAL
        assert "--allow-mass-delete" in str(report.as_json())
    assert live(database_url, "contact_segments", "contact_id") == segments_of(workspace)


async def test_a_limit_of_lists_a_run_is_gone_on_with_in_the_next(database_url: str) -> None:
    sim = Clock()
    workspace = Workspace(seed=67, size=Size(contacts=700, conversations=5, companies=5, tickets=5), now=sim)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "contacts")
        runs: list[int] = []
        while not runs or runs[-1]:
            sim.pass_minutes()
            report = await run_sync(server, database_url, "contact_segments", parents_at_most=200)
            runs.append(len(asked(server, "/segments")))
            goes_on = "the next run goes on" in (of(report, "contact_segments").note or "")
            assert goes_on == (runs[-1] >= 200)
    assert sum(runs) == 700
    assert max(runs) < 500
    assert live(database_url, "contact_segments", "contact_id") == segments_of(workspace)


async def test_since_later_than_the_bookmark_leaves_no_gap(database_url: str) -> None:
    workspace = Workspace(seed=68, size=SMALL)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "contacts")
        report = await run_sync(server, database_url, "contact_segments", since=datetime.now(UTC))
        assert "the bookmark stays" in (of(report, "contact_segments").note or "")
        await run_sync(server, database_url, "contact_segments")
    assert live(database_url, "contact_segments", "contact_id") == segments_of(workspace)


async def test_lists_whose_parents_do_not_change_are_read_again_in_rounds(database_url: str) -> None:
    sim = Clock()
    workspace = Workspace(seed=69, size=SMALL, now=sim)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "contacts", "contact_segments")
        member = next(iter(segments_of(workspace)))
        workspace.contacts.state(member).segments.clear()
        sim.pass_minutes()
        asked(server, "/segments")
        await run_sync(server, database_url, "contact_segments", reread_every=timedelta(minutes=25))
        share = len(asked(server, "/segments"))
        assert 20 <= share <= 30  # five of twenty-five minutes have gone by
        sim.pass_minutes(60)
        await run_sync(server, database_url, "contact_segments", reread_every=timedelta(minutes=25))
    assert member not in live(database_url, "contact_segments", "contact_id")


EVERYTHING = (
    "articles", "calls", "call_transcripts", "companies", "company_notes", "contact_merge_history",
    "contact_notes", "contact_segments", "contacts", "conversation_handling_events", "conversations",
    "custom_object_instances", "data_connector_executions", "data_connectors", "data_events",
    "deleted_conversations", "macros", "activity_logs", "side_conversations",
)  # fmt: skip
NAMES = {"INTERCOM_ETL_CUSTOM_OBJECTS": ("Order", "Device")}


async def test_the_stages_apart_give_the_same_tables(database_url: str, tmp_path: Path) -> None:
    workspace = Workspace(seed=70, size=SMALL)
    users = [one for one, record in workspace.truth("contacts").items() if record["role"] == "user"]
    workspace.merge_contacts(users[0], users[1])
    workspace.delete_conversation(next(iter(workspace.truth("conversations"))))
    folder = tmp_path / "landing"
    with SimulatorServer(workspace) as server:
        report = await run_sync(server, database_url, *EVERYTHING, names=NAMES)
        assert report.exit_code is ExitCode.OK
        asked_for = request(*EVERYTHING, names=NAMES)
        extracted = await extract(asked_for, api=api(server), folder=folder, clock=clock, observer=Silent())
    assert extracted.exit_code is ExitCode.OK
    transform(folder, clock=clock, observer=Silent())
    synced = contents(database_url)
    assert [name for name in EVERYTHING if not synced[name]] == []
    execute(database_url, f"truncate {', '.join(f'intercom.{table}' for table in synced)}, etl.bookmark")
    loaded = await load(folder, database_url=database_url, clock=clock, observer=Silent())
    assert loaded.exit_code is ExitCode.OK
    assert contents(database_url) == synced


async def test_a_second_run_of_everything_changes_nothing(database_url: str) -> None:
    sim = Clock()
    workspace = Workspace(seed=71, size=SMALL, now=sim)
    with SimulatorServer(workspace) as server:
        first = await run_sync(server, database_url, *EVERYTHING, names=NAMES)
        before = contents(database_url)
        sim.pass_minutes()
        second = await run_sync(server, database_url, *EVERYTHING, names=NAMES)
    assert (first.exit_code, second.exit_code) == (ExitCode.OK, ExitCode.OK)
    assert second.rows == 0
    assert contents(database_url) == before
    assert second.requests < first.requests / 4


async def test_notes_are_asked_for_only_where_there_are_some_and_vanish_with_the_last(
    database_url: str,
) -> None:
    sim = Clock()
    workspace = Workspace(seed=72, size=SMALL, now=sim)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "contacts", "contact_notes")
        noted = {one for one in workspace.truth("contacts") if workspace.contacts.state(one).notes}
        assert set(asked(server, "/notes")) == noted
        assert len(noted) < 120
        writer = next(one for one in workspace.truth("contacts") if one not in noted)
        sim.pass_minutes()
        note = workspace.add_note(writer, "<p>Likes tea.</p>")
        await run_sync(server, database_url, "contacts", "contact_notes")
        assert asked(server, "/notes") == [writer]
        assert live(database_url, "contact_notes", "contact_id")[writer] == {note}
        workspace.contacts.state(writer).notes.clear()
        sim.pass_minutes()
        workspace.update_contact(writer, name="without notes")
        await run_sync(server, database_url, "contacts", "contact_notes")
    assert writer not in live(database_url, "contact_notes", "contact_id")


async def test_events_that_are_too_old_to_be_listed_are_kept(database_url: str) -> None:
    sim = Clock()
    workspace = Workspace(seed=73, size=SMALL, now=sim)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "contacts", "data_events")
        [before] = rows(database_url, "select count(*) as n from intercom.data_events")
        member = next(iter(workspace.truth("contacts")))
        sim.pass_minutes(60 * 24 * 100)
        workspace.update_contact(member, name="renamed")
        await run_sync(server, database_url, "contacts", "data_events")
        [after] = rows(
            database_url, "select count(*) as n, count(deleted_at) as gone from intercom.data_events"
        )
    assert before["n"] > 100
    assert after == {"n": before["n"], "gone": 0}


def executions(workspace: Workspace) -> dict[str, dict[str, Any]]:
    return {str(one["id"]): one for one in workspace.records["execution_results"].values()}


async def test_executions_are_read_from_the_last_time_on(database_url: str) -> None:
    sim = Clock()
    workspace = Workspace(seed=74, size=SMALL, now=sim)
    names = ("data_connectors", "data_connector_executions")
    stored = "select id from intercom.data_connector_executions where deleted_at is null"
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, *names)
        assert {row["id"] for row in rows(database_url, stored)} == set(executions(workspace))
        sim.pass_minutes(180)  # longer than the hour that the API looks back by itself
        workspace.add("execution_results")
        sim.pass_minutes(90)
        workspace.add("execution_results")
        server.clear_requests()
        report = await run_sync(server, database_url, *names)
        assert of(report, "data_connector_executions").read < 30
        assert {row["id"] for row in rows(database_url, stored)} == set(executions(workspace))
        [bookmark] = rows(
            database_url,
            "select resume_from, value from etl.bookmark where stream = 'data_connector_executions'",
        )
    assert bookmark["resume_from"] is None
    assert bookmark["value"].timestamp() == pytest.approx(sim() - 900, abs=30)


async def test_executions_that_cannot_be_read_now_are_read_next_time(database_url: str) -> None:
    workspace = Workspace(seed=75, size=SMALL)
    connector = next(iter(workspace.truth("data_connectors")))
    faults = Faults(Fault("500", path=f"/data_connectors/{connector}/execution_results"))
    names = ("data_connectors", "data_connector_executions")
    with SimulatorServer(workspace, faults=faults) as server:
        report = await run_sync(server, database_url, *names, max_attempts=2)
        assert of(report, "data_connector_executions").status == "failed"
        faults.clear()
        await run_sync(server, database_url, *names)
    stored = {row["id"] for row in rows(database_url, "select id from intercom.data_connector_executions")}
    assert stored == set(executions(workspace))


async def test_transcripts_come_twenty_conversations_at_a_time(database_url: str) -> None:
    workspace = Workspace(seed=76, size=SMALL)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "calls", "call_transcripts")
        searches = [path for _, path, _ in server.requests if path == "/calls/search"]
    calls = workspace.truth("calls").values()
    talks = {call["conversation_id"] for call in calls if call["conversation_id"]}
    assert len(searches) == -(-len(talks) // 20)
    with_text = {call["id"] for call in calls if call["conversation_id"] and call["transcription_url"]}
    found = rows(
        database_url, "select id from intercom.call_transcripts where jsonb_array_length(transcript) > 0"
    )
    assert {row["id"] for row in found} == with_text


async def test_a_type_that_is_not_named_any_more_keeps_its_instances(database_url: str) -> None:
    workspace = Workspace(seed=77, size=SMALL)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "custom_object_instances", names=NAMES)
        instances = workspace.truth("custom_object_instances")
        orders = [one for one, record in instances.items() if record["type"] == "Order"]
        workspace.drop("custom_object_instances", orders[0])
        only = {"INTERCOM_ETL_CUSTOM_OBJECTS": ("Order",)}
        report = await run_sync(server, database_url, "custom_object_instances", names=only)
        assert report.exit_code is ExitCode.OK
        gone = rows(
            database_url,
            "select id, deletion_reason from intercom.custom_object_instances where deleted_at is not null",
        )
        assert gone == [{"id": f"Order:{orders[0]}", "deletion_reason": "absent"}]
        nameless = await run_sync(server, database_url, "custom_object_instances")
    error = of(nameless, "custom_object_instances").error
    assert isinstance(error, ConfigError)
    assert "INTERCOM_ETL_CUSTOM_OBJECTS" in str(error.hint)
