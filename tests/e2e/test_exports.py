"""Exports against a whole simulated workspace: jobs, windows, and what happens when a job goes wrong."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from truth import TOKEN, Silent, api, clock, contents, execute, request, rows, run_sync

from intercom_etl.errors import ConfigError, RetriableApiError
from intercom_etl.exit_codes import ExitCode
from intercom_etl.preview import preview
from intercom_etl.privacy.policy import read_policy
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from intercom_etl.stages import extract, load, transform
from intercom_etl.streams import all_streams

SIZE = Size(contacts=60, conversations=60, companies=5, tickets=100, content_receipts=1_500)
DAY = 86_400
CONTENT, REPORTING = "content_export_rows", "reporting_rows"
EVENTS = {
    "open": "first_open",
    "click": "first_click",
    "reply": "first_reply",
    "unsubscribe": "first_unsubscribe",
}
DATASETS = "INTERCOM_ETL_REPORTING_DATASETS"


def named(*datasets: str) -> dict[str, Any]:
    return {"names": {DATASETS: datasets}}


def receipts(workspace: Workspace, days: float) -> dict[str, Mapping[str, Any]]:
    """Those that were sent in the last so many days."""
    since = workspace.stamp() - days * DAY
    found: dict[str, Any] = dict(workspace.truth("content_receipts"))
    return {key: one for key, one in found.items() if one["received_at"] >= since}


def jobs_started(server: SimulatorServer) -> int:
    return sum((method, path) == ("POST", "/export/content/data") for method, path, _ in server.requests)


def assert_holds_the_receipts(url: str, workspace: Workspace, days: float) -> None:
    """All receipts of so many days with what came of them within two weeks, and a row for each event."""
    truth = receipts(workspace, days)
    held = {
        r["receipt_id"]: r
        for r in rows(url, f"select * from intercom.{CONTENT} where statistic = 'receipts'")
    }
    assert truth.keys() <= held.keys()
    events = {(r["statistic"], r["receipt_id"]) for r in rows(url, f"select * from intercom.{CONTENT}")}
    for key, one in truth.items():
        assert held[key]["received_at"].timestamp() == one["received_at"]
        for statistic, column in EVENTS.items():
            at = one[column]
            if at is not None and at > one["received_at"] + 14 * DAY:
                continue
            assert (held[key][column] and held[key][column].timestamp()) == at, (key, column)
            assert ((statistic, key) in events) == (at is not None), (key, statistic)


async def test_messages_of_three_months_arrive_and_a_second_sync_writes_nothing(database_url: str) -> None:
    workspace = Workspace(seed=61, size=SIZE)
    with SimulatorServer(workspace) as server:
        first = await run_sync(server, database_url, CONTENT)
        assert first.exit_code is ExitCode.OK
        assert_holds_the_receipts(database_url, workspace, 90)
        jobs = jobs_started(server)
        before = contents(database_url)
        second = await run_sync(server, database_url, CONTENT)
        assert jobs_started(server) == jobs + 1
    assert second.rows == 0
    assert second.streams[0].read > 0
    assert contents(database_url) == before
    assert 5 <= jobs <= 7
    assert rows(database_url, f"select 1 from intercom.{CONTENT} where company_id is not null") == []
    assert rows(database_url, "select 1 from etl.quarantine") == []


async def test_since_reads_further_back(database_url: str) -> None:
    workspace = Workspace(seed=62, size=SIZE)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, CONTENT, since=clock() - timedelta(days=250))
    assert_holds_the_receipts(database_url, workspace, 250)


async def test_what_comes_of_a_message_later_changes_its_row(database_url: str) -> None:
    workspace = Workspace(seed=63, size=SIZE)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, CONTENT)
        fresh = [key for key, one in receipts(workspace, 12).items() if one["first_open"] is None]
        assert len(fresh) > 3
        for key in fresh:
            workspace.update("content_receipts", key, first_open=workspace.stamp() - 1)
        new = workspace.add("content_receipts", **dict.fromkeys(EVENTS.values()))
        workspace.update("content_receipts", new, receipt_id=new, received_at=workspace.stamp() - 1)
        report = await run_sync(server, database_url, CONTENT)
    changes = report.streams[0]
    assert (changes.inserted, changes.updated) == (len(fresh) + 1, len(fresh))
    assert_holds_the_receipts(database_url, workspace, 90)


@pytest.mark.parametrize("outcome", ["failed", "canceled"])
async def test_a_job_that_fails_costs_its_stream_and_the_next_run_mends_it(
    database_url: str, outcome: str
) -> None:
    workspace = Workspace(seed=64, size=SIZE)
    with SimulatorServer(workspace) as server:
        workspace.content_exports.outcome = outcome
        report = await run_sync(server, database_url, "tags", CONTENT)
        errors = {stream.stream: stream.error for stream in report.streams}
        assert isinstance(errors[CONTENT], RetriableApiError)
        assert errors["tags"] is None
        assert (
            rows(database_url, f"select 1 from etl.bookmark where stream = '{CONTENT}' and value is not null")
            == []
        )
        workspace.content_exports.outcome = "completed"
        assert (await run_sync(server, database_url, CONTENT)).exit_code is ExitCode.OK
        assert_holds_the_receipts(database_url, workspace, 90)


async def test_a_workspace_that_sent_nothing_is_up_to_date(database_url: str) -> None:
    workspace = Workspace(
        seed=65, size=Size(contacts=5, conversations=5, companies=5, tickets=5, content_receipts=0)
    )
    with SimulatorServer(workspace) as server:
        report = await run_sync(server, database_url, CONTENT)
    assert report.exit_code is ExitCode.OK
    assert report.streams[0].bookmark is not None


async def test_an_interrupted_export_goes_on_where_it_was(database_url: str) -> None:
    workspace = Workspace(seed=66, size=SIZE)
    with SimulatorServer(workspace) as server:
        started = 0

        def fail_later() -> None:
            nonlocal started
            started += 1
            if started == 4:
                workspace.content_exports.outcome = "failed"

        workspace.before_request("POST /export/content/data", fail_later, every=True)
        report = await run_sync(server, database_url, CONTENT)
        assert report.exit_code is not ExitCode.OK
        (mark,) = rows(
            database_url, f"select value, resume_from from etl.bookmark where stream = '{CONTENT}'"
        )
        assert mark["value"] is None
        assert timedelta(days=20) < clock() - mark["resume_from"] < timedelta(days=90)
        workspace.content_exports.outcome = "completed"
        before = started
        assert (await run_sync(server, database_url, CONTENT)).exit_code is ExitCode.OK
    assert started - before < 6
    assert_holds_the_receipts(database_url, workspace, 90)


async def test_the_stages_apart_give_the_same_rows(database_url: str, tmp_path: Path) -> None:
    workspace = Workspace(seed=67, size=SIZE)
    asked = request(CONTENT, REPORTING, **named("conversation"))
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, CONTENT, REPORTING, **named("conversation"))
        await extract(asked, api=api(server), folder=tmp_path / "landing", clock=clock, observer=Silent())
    transform(tmp_path / "landing", clock=clock, observer=Silent())
    synced = {name: contents(database_url)[name] for name in (CONTENT, REPORTING)}
    assert all(synced.values())
    execute(database_url, f"truncate intercom.{CONTENT}, intercom.{REPORTING}, etl.bookmark")
    report = await load(tmp_path / "landing", database_url=database_url, clock=clock, observer=Silent())
    assert report.exit_code is ExitCode.OK
    assert {name: contents(database_url)[name] for name in (CONTENT, REPORTING)} == synced
    marks = rows(database_url, "select stream from etl.bookmark where value is not null order by 1")
    assert [mark["stream"] for mark in marks] == [CONTENT, REPORTING]


async def test_a_folder_that_begins_after_the_bookmark_leaves_it(database_url: str, tmp_path: Path) -> None:
    workspace = Workspace(seed=68, size=SIZE)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, CONTENT)
        execute(database_url, "update etl.bookmark set value = value - interval '200 days'")
        before = rows(database_url, "select value from etl.bookmark")
        await extract(
            request(CONTENT), api=api(server), folder=tmp_path / "new", clock=clock, observer=Silent()
        )
        transform(tmp_path / "new", clock=clock, observer=Silent())
        report = await load(tmp_path / "new", database_url=database_url, clock=clock, observer=Silent())
        assert "the bookmark stays" in str(report.streams[0].note)
        assert rows(database_url, "select value from etl.bookmark") == before


async def test_datasets_arrive_as_they_are_named_and_a_later_one_is_not_cut_short(database_url: str) -> None:
    workspace = Workspace(seed=69, size=SIZE)
    changed = workspace.add_conversation(next(iter(workspace.truth("contacts"))), "hello?")
    with SimulatorServer(workspace) as server:
        assert (
            await run_sync(server, database_url, REPORTING, **named("conversation"))
        ).exit_code is ExitCode.OK
        stored = rows(database_url, f"select * from intercom.{REPORTING}")
        assert {row["dataset"] for row in stored} == {"conversation"}
        held = {row["record_key"]: row for row in stored}
        expected = since(workspace, "conversations", 90)
        assert expected
        assert expected.keys() <= held.keys()
        for key, one in expected.items():
            assert held[key]["occurred_at"].timestamp() == one["created_at"]
            assert held[key]["raw"]["conversation.state"] == one["state"]

        workspace.close_conversation(changed)
        report = await run_sync(server, database_url, REPORTING, **named("conversation", "ticket"))
        assert report.exit_code is ExitCode.OK
        (closed,) = rows(
            database_url,
            f"select raw ->> 'conversation.state' as state from intercom.{REPORTING}"
            f" where id = 'conversation:{changed}'",
        )
        assert closed["state"] == "closed"
        tickets = rows(database_url, f"select record_key from intercom.{REPORTING} where dataset = 'ticket'")
        older = since(workspace, "tickets", 90).keys() - since(workspace, "tickets", 31).keys()
        assert older
        assert older <= {row["record_key"] for row in tickets}
        assert (await run_sync(server, database_url, REPORTING, **named("conversation", "ticket"))).rows == 0


def since(workspace: Workspace, kind: str, days: int) -> dict[str, Any]:
    bound = workspace.stamp() - days * DAY
    found: dict[str, Any] = dict(workspace.truth(kind))
    return {key: one for key, one in found.items() if one["created_at"] >= bound}


async def test_datasets_must_be_named_and_be_there(database_url: str) -> None:
    with SimulatorServer(Workspace(seed=70, size=SIZE)) as server:
        for names, said in ((named(), "no name is set"), (named("emails"), "which is no dataset")):
            report = await run_sync(server, database_url, REPORTING, **names)
            assert isinstance(report.streams[0].error, ConfigError)
            assert said in str(report.streams[0].error)
        assert not any("enqueue" in str(one) for one in server.requests)


async def test_rows_of_exports_take_the_privacy_policy(database_url: str) -> None:
    text = f'[{CONTENT}]\nemail = "hash"\nname = "drop"\n'
    policy = read_policy(text, name="p.toml", key="a key of the tests", streams=all_streams().values())
    with SimulatorServer(Workspace(seed=73, size=SIZE)) as server:
        report = await run_sync(server, database_url, CONTENT, policy=policy)
    assert report.exit_code is ExitCode.OK
    stored = rows(database_url, f"select email, name, raw from intercom.{CONTENT}")
    assert any(row["email"] for row in stored)
    assert all(row["name"] is None for row in stored)
    assert "@" not in str(stored)


async def test_a_dry_run_starts_no_job(database_url: str) -> None:
    with SimulatorServer(Workspace(seed=71, size=SIZE)) as server:
        report = await preview(
            request(CONTENT, REPORTING, **named("ticket")), api(server), database_url, clock, Silent()
        )
        assert not any("/export/" in str(one) for one in server.requests)
    assert all("not tried" in str(stream.note) for stream in report.streams)


def test_killed_between_jobs_it_still_ends_complete(database_url: str, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "INTERCOM_ACCESS_TOKEN": TOKEN,
        "INTERCOM_ETL_HOME": str(tmp_path / "home"),
        "DATABASE_URL": database_url,
    }
    workspace = Workspace(seed=72, size=SIZE)
    workspace.content_exports.polls = 1
    workspace.content_exports.forgotten = 0.2
    with SimulatorServer(workspace) as server:
        environment["INTERCOM_BASE_URL"] = server.url
        command = [sys.executable, "-m", "cli", "sync", CONTENT, "--quiet"]

        def start() -> subprocess.Popen[bytes]:
            return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)

        for requests in (4, 9):
            process = start()
            until = len(server.requests) + requests
            while len(server.requests) < until and process.poll() is None:
                time.sleep(0.01)
            assert process.poll() is None
            process.kill()
            process.communicate()
        process = start()
        _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors.decode()
    assert_holds_the_receipts(database_url, workspace, 90)
