"""What is special about the small collections: generated columns, keys that are no ids, lists of parents."""

import json
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intercom_etl.endpoint import PerParent
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.load.write import Loader
from intercom_etl.page import Page
from intercom_etl.postgres.connection import Database
from intercom_etl.reading import Reading
from intercom_etl.report import Written
from intercom_etl.request import SyncRequest
from intercom_etl.state.bookmarks import Bookmark
from intercom_etl.stream import Stream
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch
from intercom_etl.window import Window

T0 = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = T0 + timedelta(hours=1)


async def store(
    database: Database,
    name: str,
    *records: Any,
    at: datetime = T0,
    parents: tuple[str, ...] = (),
    **page: Any,
) -> Written:
    stream = all_streams()[name]
    texts = tuple(json.dumps(record).encode() for record in records)
    batch = to_batch(stream, Page(texts, at, parents=parents, **page))
    loader = await Loader.create(database.connection, stream)
    async with database.transaction() as tx:
        return await loader.write(tx, batch, workspace_id="w", run_id=1, now=at)


async def query(database: Database, text: str) -> list[dict[str, Any]]:
    return await (await database.connection.execute(text.encode())).fetchall()


async def test_generated_columns_follow_the_record(database: Database) -> None:
    rule = {"attribute": "role", "comparison": "eq", "value": "user"}
    await store(database, "audiences", {"id": "1", "predicates": [rule]}, {"id": "2", "predicates": None})
    held = "select id, predicates, role_predicates from intercom.audiences order by id"
    assert await query(database, held) == [
        {"id": "1", "predicates": [rule], "role_predicates": None},
        {"id": "2", "predicates": None, "role_predicates": None},
    ]
    written = await store(database, "audiences", {"id": "1", "predicates": []}, at=LATER)
    assert written.updated == 1
    assert (await query(database, held))[0]["predicates"] == []


async def test_a_refused_child_whose_key_is_a_number_stands_alone_in_quarantine(database: Database) -> None:
    await database.connection.execute(
        b"alter table intercom.office_hours_schedule_intervals add check (start_minute < 10080)"
    )
    intervals = [{"start_minute": 540, "end_minute": 1020}, {"start_minute": 99_999}, {"end_minute": 7}]
    await store(database, "office_hours_schedules", {"id": "1", "time_intervals": intervals})
    rejects = await query(database, "select record_id, parent_id from etl.quarantine order by id")
    assert sorted(row["record_id"] or "" for row in rejects) == ["", "99999"]
    assert {row["parent_id"] for row in rejects} == {"1"}
    kept = await query(
        database, "select start_minute, end_minute from intercom.office_hours_schedule_intervals"
    )
    assert kept == [{"start_minute": 540, "end_minute": 1020}]


async def test_an_item_that_is_live_on_two_newsfeeds_may_leave_one(database: Database) -> None:
    item = {"id": "29", "title": "We have news"}
    await store(database, "newsfeed_items", item, item, parents=("68", "69"), whole=("68", "69"))
    await store(database, "newsfeed_items", item, at=LATER, parents=("69",), whole=("68", "69"))
    assert await query(
        database,
        "select id, newsfeed_id, news_item_id, deletion_reason from intercom.newsfeed_items order by id",
    ) == [
        {"id": "68:29", "newsfeed_id": "68", "news_item_id": "29", "deletion_reason": "removed"},
        {"id": "69:29", "newsfeed_id": "69", "news_item_id": "29", "deletion_reason": None},
    ]


async def test_a_day_is_a_date_and_what_is_none_is_left_empty(database: Database) -> None:
    days = ({"id": "1", "exception_date": "2026-12-24"}, {"id": "2", "exception_date": "soon"})
    await store(database, "office_hours_exceptions", *days, parents=("7", "7"))
    held = await query(
        database, "select exception_date::text as day from intercom.office_hours_exceptions order by id"
    )
    assert held == [{"day": "2026-12-24"}, {"day": None}]


@pytest.mark.parametrize(("each_run", "asked"), [(True, ["123", "124"]), (False, [])])
async def test_lists_of_parents_that_show_no_change_are_asked_for_in_each_run(
    database: Database, each_run: bool, asked: list[str]
) -> None:
    await store(database, "office_hours_schedules", {"id": "123"}, {"id": "124"})
    declared = all_streams()["office_hours_exceptions"]
    assert isinstance(declared.endpoint, PerParent)
    stream: Stream = replace(declared, endpoint=replace(declared.endpoint, each_run=each_run))
    client = IntercomClient(ClientConfig("http://127.0.0.1:1", "token"))
    request = SyncRequest((stream,), timedelta(0))
    reading = Reading(stream, request, client, database, "w", Bookmark())
    async with aclosing(reading._parents(Window(LATER, LATER, None), [], ())) as parents:
        assert [parent.id async for parent in parents] == asked
