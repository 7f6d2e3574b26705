"""The row of a run that is under way says how far it is, and a note never stands in the way of the run."""

import asyncio
from typing import Any

import psycopg
import pytest
from truth import clock, rows

from intercom_etl.report import RunReport, StreamReport
from intercom_etl.runs import open_run
from intercom_etl.status import read_status


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intercom_etl.state.progress.SECONDS_BETWEEN_NOTES", 0.02)


def outcome(run_id: int, *streams: StreamReport) -> RunReport:
    return RunReport("sync", run_id, "w", streams, requests=1, retries=0, seconds=1.0)


async def told(url: str, run_id: int, wanted: int) -> dict[str, Any]:
    """What the row says, once it says that so many records were read."""
    while True:
        (row,) = rows(url, f"select status, streams from etl.run where id = {run_id}")
        if row["streams"].get("tags", {}).get("read") == wanted:
            return row
        await asyncio.sleep(0.02)


async def test_the_row_follows_the_run_and_ends_with_what_it_came_to(database_url: str) -> None:
    report = StreamReport("tags", total=9)
    async with open_run(database_url, command="sync", asked={}, clock=clock) as run:
        run.streams = {"tags": report}
        report.read = 3
        row = await told(database_url, run.id, 3)
        assert (row["status"], row["streams"]["tags"]["total"]) == ("running", 9)
        report.read = 7
        await told(database_url, run.id, 7)
        report.read = 9
        run.outcome = outcome(run.id, report)
    row = await told(database_url, run.id, 9)
    assert row["status"] == "ok"
    status = await read_status(database_url)
    assert status.last_run is not None
    assert status.last_run["streams"]["tags"]["read"] == 9


async def test_a_row_that_somebody_holds_is_left_alone(database_url: str) -> None:
    report = StreamReport("tags")
    with psycopg.connect(database_url) as other:
        async with open_run(database_url, command="sync", asked={}, clock=clock) as run:
            run.streams = {"tags": report}
            other.execute("select from etl.run where id = %s for update", (run.id,))
            report.read = 3
            await asyncio.sleep(0.2)
            waiting = (
                "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            )
            assert rows(database_url, waiting) == []
            other.rollback()
            await told(database_url, run.id, 3)
            run.outcome = outcome(run.id, report)


async def test_a_run_whose_row_cannot_be_noted_goes_on(database_url: str) -> None:
    report = StreamReport("tags")
    async with open_run(database_url, command="sync", asked={}, clock=clock) as run:
        run.streams = {"tags": report}
        ended = rows(
            database_url,
            "select pg_terminate_backend(pid) as ended from pg_stat_activity"
            f" where application_name = 'intercom-etl row of run {run.id}'",
        )
        assert ended == [{"ended": True}]
        report.read = 3
        await asyncio.sleep(0.2)
        async with run.connect() as still:
            assert await still.row("find_migration_table") is not None
        run.outcome = outcome(run.id, report)
