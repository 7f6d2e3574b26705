"""The main job against a whole simulated workspace over real HTTP: what comes out is the truth."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from truth import (
    Silent,
    api,
    assert_equals_truth,
    assert_equals_truth_of,
    assert_nothing_twice_and_no_orphans,
    clock,
    contents,
    execute,
    request,
    rows,
    run_sync,
)

from intercom_etl.errors import CredentialsError, LockHeldError, SchemaError, UsageError
from intercom_etl.exit_codes import ExitCode
from intercom_etl.preview import preview
from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.nasty import RECIPES
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from intercom_etl.stages import extract, load, transform

SMALL = Size(contacts=330, conversations=240, companies=130, tickets=60)


async def test_every_stream_equals_the_truth_and_a_second_sync_asks_for_little(database_url: str) -> None:
    workspace = Workspace(seed=3, size=SMALL)
    with SimulatorServer(workspace) as server:
        first = await run_sync(server, database_url)
        assert first.exit_code is ExitCode.OK
        assert_equals_truth(database_url, workspace)
        before = contents(database_url)
        second = await run_sync(server, database_url)
        assert second.exit_code is ExitCode.OK
        assert second.rows == 0
        # nearly all of them one for each collection that is small
        assert second.requests < first.requests * 0.15
        assert contents(database_url) == before


async def test_changes_of_the_same_day_all_arrive(database_url: str) -> None:
    workspace = Workspace(seed=4, size=SMALL)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url)
        contacts, conversations = list(workspace.truth("contacts")), list(workspace.truth("conversations"))
        for identity in contacts[:40]:
            workspace.update_contact(identity, name=f"renamed {identity}")
        for identity in conversations[:25]:
            workspace.reply(identity, "one more word")
        workspace.close_conversation(conversations[30])
        workspace.add_contact(name="new here")
        workspace.add_conversation(contacts[50], "hello?")
        workspace.add_company(name="new company")
        workspace.update_ticket(next(iter(workspace.truth("tickets"))), open=False)
        workspace.tag_conversation(conversations[31], next(iter(workspace.truth("tags"))))
        report = await run_sync(server, database_url)
        assert report.exit_code is ExitCode.OK
        assert_equals_truth(database_url, workspace)


async def test_the_stages_apart_give_the_same_tables_with_the_api_switched_off(
    database_url: str, tmp_path: Path
) -> None:
    workspace = Workspace(seed=5, size=SMALL)
    identity = next(iter(workspace.truth("contacts")))
    workspace.plant(
        "contacts",
        identity,
        b'{"id":"' + identity.encode() + b'","updated_at":1700000000,"x":NaN,\n"name":"a\\u0000b"}',
    )
    workspace.plant("contacts", list(workspace.truth("contacts"))[1], b'{"type":"contact","id":null}')
    folder = tmp_path / "landing"
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url)
        extracted = await extract(request(), api=api(server), folder=folder, clock=clock, observer=Silent())
    assert extracted.exit_code is ExitCode.OK
    transformed = transform(folder, clock=clock, observer=Silent())
    assert transformed.quarantined == 1
    synced = contents(database_url)
    quarantined = rows(database_url, "select stream, record_id, raw, reason from etl.quarantine")
    bookmarks = rows(database_url, "select stream, value is null as none from etl.bookmark order by 1")

    execute(database_url, f"truncate {', '.join(f'intercom.{table}' for table in synced)}")
    execute(database_url, "truncate etl.quarantine, etl.bookmark")
    loaded = await load(folder, database_url=database_url, clock=clock, observer=Silent())
    assert loaded.exit_code is ExitCode.PARTIAL
    assert contents(database_url) == synced
    assert rows(database_url, "select stream, record_id, raw, reason from etl.quarantine") == quarantined
    assert (
        rows(database_url, "select stream, value is null as none from etl.bookmark order by 1") == bookmarks
    )
    again = await load(folder, database_url=database_url, clock=clock, observer=Silent())
    assert again.rows == 0


async def test_a_landing_folder_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with (
        SimulatorServer(Workspace(seed=1, size=SMALL)) as server,
        pytest.raises(UsageError, match="not empty"),
    ):
        await extract(request("tags"), api=api(server), folder=tmp_path, clock=clock, observer=Silent())
    with pytest.raises(UsageError, match="not a landing folder"):
        transform(tmp_path, clock=clock, observer=Silent())


FAULTS = (
    "429",
    "500",
    "502",
    "503",
    "504",
    "empty",
    "truncated",
    "html",
    "reset",
    "reset_mid_body",
    "short_body",
)


async def test_a_storm_of_faults_ends_equal_to_the_truth(database_url: str) -> None:
    size = Size(contacts=300, conversations=400, companies=120, tickets=80)
    # a broken scroll stays open for as long as this; our client waits less here than in real life
    workspace = Workspace(seed=6, size=size, scroll_idle_seconds=1)
    faults = Faults([Fault(kind, probability=0.15 / len(FAULTS)) for kind in FAULTS], seed=11)
    with SimulatorServer(workspace, faults=faults) as server:
        report = await run_sync(server, database_url)
    assert all(rule.fired for rule in faults.rules), "a fault never fired"
    assert report.exit_code is ExitCode.OK
    assert_equals_truth(database_url, workspace)
    assert_nothing_twice_and_no_orphans(database_url)


async def test_a_stream_that_is_forbidden_is_named_and_the_others_go_on(database_url: str) -> None:
    workspace = Workspace(seed=7, size=SMALL)
    with SimulatorServer(workspace, faults=Faults(Fault("403", path="*/tickets/search"))) as server:
        report = await run_sync(server, database_url)
    assert report.exit_code is ExitCode.PARTIAL
    failed = [stream.stream for stream in report.streams if stream.error]
    assert failed == ["tickets"]
    hint = next(stream.error.hint for stream in report.streams if stream.error)
    assert hint
    assert "Read tickets" in hint
    held = rows(database_url, "select count(*) as n from intercom.conversations")
    assert held == [{"n": SMALL.conversations}]
    assert rows(database_url, "select status, exit_code from etl.run") == [
        {"status": "partial", "exit_code": 3}
    ]


async def test_parts_beyond_the_cap_are_flagged(database_url: str) -> None:
    workspace = Workspace(
        seed=10, size=Size(contacts=20, conversations=12, companies=5, tickets=5, long_conversations=2)
    )
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url)
    flagged = rows(database_url, "select id from intercom.conversations where parts_truncated order by id")
    long = sorted(
        identity
        for identity, record in workspace.truth("conversations").items()
        if len(record["conversation_parts"]["conversation_parts"]) > 500
    )
    assert [row["id"] for row in flagged] == long
    assert len(long) == 2


async def test_nasty_records_are_in_the_tables_or_in_quarantine_and_neighbours_are_untouched(
    database_url: str,
) -> None:
    workspace = Workspace(seed=12, size=SMALL)
    spoiled: dict[str, list[str]] = {}
    for kind in ("contacts", "conversations", "companies", "tickets"):
        ids = sorted(workspace.truth(kind))[10:]
        for identity, recipe in zip(ids, RECIPES, strict=False):
            workspace.plant_nasty(kind, identity, recipe)
            spoiled.setdefault(kind, []).append(identity)
    with SimulatorServer(workspace) as server:
        report = await run_sync(server, database_url)
    assert not [stream.error for stream in report.streams if stream.error]
    everything = frozenset(identity for ids in spoiled.values() for identity in ids)
    everything |= {re.sub(r"\D", "", identity) for identity in everything}  # one recipe alters the id so
    assert_equals_truth(database_url, workspace, except_ids=everything)
    for kind, ids in spoiled.items():
        stored = {row["id"] for row in rows(database_url, f"select id from intercom.{kind}")}
        stored |= {identity for identity in ids if re.sub(r"\D", "", identity) in stored}
        held = {row["record_id"] for row in rows(database_url, "select record_id from etl.quarantine")}
        nameless = rows(
            database_url, f"select 1 from etl.quarantine where stream = '{kind}' and record_id is null"
        )
        assert len(set(ids) - stored - held) <= len(nameless), kind


async def test_a_wrong_token_ends_the_run_and_closes_its_row(database_url: str) -> None:
    with SimulatorServer(Workspace(seed=1, size=SMALL)) as server, pytest.raises(CredentialsError) as caught:
        await run_sync(server, database_url, token="not-the-token")
    assert "not-the-token" not in f"{caught.value!r} {caught.value.hint}"
    assert rows(database_url, "select status, exit_code from etl.run") == [
        {"status": "failed", "exit_code": 77}
    ]


async def test_an_old_schema_is_refused_before_the_first_request(empty_database_url: str) -> None:
    with SimulatorServer(Workspace(seed=1, size=SMALL)) as server:
        with pytest.raises(SchemaError):
            await run_sync(server, empty_database_url)
        assert server.requests == []


async def test_of_three_syncs_at_once_one_works_and_two_are_turned_away(database_url: str) -> None:
    workspace = Workspace(seed=13, size=SMALL)
    # slow enough that the first is still at work when the others lose their patience
    with SimulatorServer(workspace, latency=0.5) as server:
        ended = await asyncio.gather(
            *(run_sync(server, database_url) for _ in range(3)), return_exceptions=True
        )
    assert sorted(type(end).__name__ for end in ended) == ["LockHeldError", "LockHeldError", "RunReport"]
    assert all("run" in str(end) for end in ended if isinstance(end, LockHeldError))
    assert_equals_truth(database_url, workspace)
    running = rows(database_url, "select 1 from etl.run where status = 'running'")
    assert running == []


async def test_a_limited_sync_leaves_the_bookmark_and_the_next_one_completes(database_url: str) -> None:
    workspace = Workspace(seed=14, size=SMALL, scroll_idle_seconds=2)  # the limit leaves a scroll open
    with SimulatorServer(workspace) as server:
        report = await run_sync(server, database_url, limit=25)
        assert {stream.read for stream in report.streams} <= {*range(26)}
        # the list of deleted conversations is empty: it was read to its end
        moved = rows(database_url, "select stream from etl.bookmark where value is not null")
        assert moved == [{"stream": "deleted_conversations"}]
        await run_sync(server, database_url)
    assert_equals_truth(database_url, workspace)


async def test_a_preview_leaves_nothing_behind(database_url: str) -> None:
    with SimulatorServer(Workspace(seed=15, size=SMALL)) as server:
        report = await preview(
            request(), api=api(server), database_url=database_url, clock=clock, observer=Silent()
        )
    assert report.rows > 0
    assert not any(contents(database_url).values())
    assert rows(database_url, "select 1 from etl.run") == []


async def test_an_interrupted_first_sync_goes_on_where_it_stopped(database_url: str) -> None:
    workspace = Workspace(seed=17, size=Size(contacts=20, conversations=600, companies=5, tickets=5))
    faults = Faults(Fault("401", path="/conversations/*", after=400), Fault("401", path="/me", after=1))
    with SimulatorServer(workspace, faults=faults) as server:
        with pytest.raises(CredentialsError):
            await run_sync(server, database_url, "conversations")
        stopped = rows(database_url, "select value, resume_from from etl.bookmark")
        assert len(stopped) == 1
        assert stopped[0]["value"] is None
        held = rows(
            database_url, "select count(*) as n, max(updated_at) as newest from intercom.conversations"
        )
        assert stopped[0]["resume_from"] == held[0]["newest"]
        faults.clear()
        server.clear_requests()
        report = await run_sync(server, database_url, "conversations")
    assert report.exit_code is ExitCode.OK
    details = [
        path for _, path, _ in server.requests if path.startswith("/conversations/") and "search" not in path
    ]
    assert len(details) <= 600 - held[0]["n"] + 1
    assert rows(database_url, "select resume_from from etl.bookmark") == [{"resume_from": None}]
    assert_equals_truth_of(database_url, workspace, "conversations")


async def test_an_order_that_cannot_be_trusted_leaves_no_resume_point(database_url: str) -> None:
    workspace = Workspace(seed=18, size=Size(contacts=20, conversations=600, companies=5, tickets=5))

    def unsort(answer: dict[str, Any]) -> dict[str, Any]:
        answer["conversations"].reverse()
        return answer

    faults = Faults(
        Fault("edit", path="POST */conversations/search", nth=2, edit=unsort),
        Fault("401", path="/conversations/*", after=550),
        Fault("401", path="/me", after=1),
    )
    with SimulatorServer(workspace, faults=faults) as server, pytest.raises(CredentialsError):
        await run_sync(server, database_url, "conversations")
    assert faults.rules[0].fired == 1
    assert rows(database_url, "select resume_from from etl.bookmark") == [{"resume_from": None}]


async def test_what_a_collection_no_longer_lists_is_marked_and_what_comes_back_is_not(
    database_url: str,
) -> None:
    workspace = Workspace(seed=19, size=SMALL)
    tags, admins = list(workspace.truth("tags")), list(workspace.truth("admins"))
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "tags", "admins", "teams", "segments")
        for tag in tags[:3]:
            workspace.remove_tag(tag)
        workspace.remove_admin(admins[0])
        report = await run_sync(server, database_url, "tags", "admins", "teams", "segments")
    assert report.exit_code is ExitCode.OK
    gone = "select id, deletion_reason from intercom.{} where deleted_at is not null order by id"
    assert rows(database_url, gone.format("tags")) == [
        {"id": tag, "deletion_reason": "absent"} for tag in sorted(tags[:3])
    ]
    assert rows(database_url, gone.format("admins")) == [{"id": admins[0], "deletion_reason": "absent"}]
    assert_equals_truth_of(database_url, workspace, "tags", "admins", "teams", "segments")


@pytest.mark.parametrize("kept", [0, 5])
async def test_an_answer_that_lacks_most_of_a_collection_deletes_nothing(
    database_url: str, kept: int
) -> None:
    workspace = Workspace(seed=20, size=SMALL)

    def cut(answer: dict[str, Any]) -> dict[str, Any]:
        return {**answer, "data": answer["data"][:kept]}

    faults = Faults()
    with SimulatorServer(workspace, faults=faults) as server:
        await run_sync(server, database_url, "tags")
        broken = faults.add(Fault("edit", path="/tags", edit=cut))
        report = await run_sync(server, database_url, "tags")
        assert (broken.fired, report.exit_code) == (1, ExitCode.PARTIAL)
        assert "--allow-mass-delete" in str(report.as_json()["streams"]["tags"]["error"])
        assert rows(database_url, "select 1 from intercom.tags where deleted_at is not null") == []
        await run_sync(server, database_url, "tags", delete_share=1.0)
    left = rows(database_url, "select count(*) as n from intercom.tags where deleted_at is null")
    assert left == [{"n": kept}]


def links(url: str, table: str, other: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows(
        url, f"select contact_id, {other} as other from intercom.{table} where deleted_at is null"
    ):
        found.setdefault(row["contact_id"], set()).add(row["other"])
    return found


async def test_lists_that_the_api_cuts_at_ten_are_whole(database_url: str) -> None:
    workspace = Workspace(seed=24, size=Size(contacts=60, conversations=5, companies=70, tickets=5, tags=40))
    contacts, tags, companies = (sorted(workspace.truth(kind)) for kind in ("contacts", "tags", "companies"))
    for tag in tags[:14]:
        workspace.tag_contact(contacts[3], tag)
    for company in companies[:63]:  # more than one page of them
        workspace.attach_contact(contacts[4], company, touch=True)
    # a broken company must not spoil the contacts that belong to it
    workspace.plant_nasty("companies", companies[5], "deep")
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "contacts")
        truth = workspace.truth("contacts")
        for table, kind, other in (
            ("contact_tags", "tags", "tag_id"),
            ("contact_companies", "companies", "company_id"),
        ):
            whole = {i: {held["id"] for held in record[kind]["data"]} for i, record in truth.items()}
            assert links(database_url, table, other) == {i: ids for i, ids in whole.items() if ids}
            assert max(map(len, whole.values())) > 10
        workspace.untag_contact(contacts[3], tags[0])
        faults = server.faults = Faults(Fault("403", path="/contacts/*/tags"))
        workspace.update_contact(contacts[3], name="still has them")
        report = await run_sync(server, database_url, "contacts")
        assert (report.exit_code, faults.fired > 0) == (ExitCode.PARTIAL, True)
        # what could not be asked for is kept, also the one that is gone by now
        assert set(tags[:14]) <= links(database_url, "contact_tags", "tag_id")[contacts[3]]
        # and is asked for again although the contact does not change any more
        server.faults = Faults()
        await run_sync(server, database_url, "contacts")
        assert links(database_url, "contact_tags", "tag_id")[contacts[3]] == {
            held["id"] for held in workspace.truth("contacts")[contacts[3]]["tags"]["data"]
        }


async def test_a_collection_that_the_api_does_not_have_is_left_out_unless_it_is_missed(
    database_url: str,
) -> None:
    workspace = Workspace(seed=29, size=Size(contacts=5, conversations=5, companies=5, tickets=5))
    with SimulatorServer(workspace) as server:
        workspace.forbid("/brands", status=404, code="not_found")
        report = await run_sync(server, database_url)
        brands = next(stream for stream in report.streams if stream.stream == "brands")
        assert (report.exit_code, brands.error) == (ExitCode.OK, None)
        assert "404" in (brands.note or "")
        assert (await run_sync(server, database_url, "brands", "tags")).exit_code is ExitCode.PARTIAL
        workspace.restore("/brands")
        assert (await run_sync(server, database_url)).exit_code is ExitCode.OK
        workspace.forbid("/brands", status=404, code="not_found")
        missed = await run_sync(server, database_url)
    assert missed.exit_code is ExitCode.PARTIAL
    assert rows(database_url, "select 1 from intercom.brands where deleted_at is not null") == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "unauthorized"), (402, None), (403, "action_forbidden"), (400, "intercom_version_invalid")],
)
async def test_a_collection_out_of_reach_is_skipped_and_named_and_the_others_are_done(
    database_url: str, status: int, code: str | None
) -> None:
    workspace = Workspace(seed=30, size=Size(contacts=5, conversations=5, companies=5, tickets=5))
    with SimulatorServer(workspace) as server:
        workspace.forbid("/help_center/collections", status=status, code=code)
        report = await run_sync(server, database_url)
    assert report.exit_code is ExitCode.PARTIAL
    assert {stream.stream for stream in report.streams if stream.status == "skipped"} == {"collections"}
    assert all(stream.complete for stream in report.streams if stream.stream != "collections")
