"""Views for reading: what they show, and that making them again spares what others built on them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from intercom_etl.errors import SchemaError
from intercom_etl.load.write import Loader
from intercom_etl.page import Page
from intercom_etl.postgres.connection import Database
from intercom_etl.postgres.views import View, read_views, refresh_views
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FIXTURES = Path(__file__).parents[1] / "fixtures" / "streams"
FIRST = View(
    "greetings",
    b"create or replace view analytics.greetings as select 'w'::text as workspace_id, 1 as a, 2 as b;",
)
WIDER = View(
    FIRST.name,
    b"create or replace view analytics.greetings as select 'w'::text as workspace_id, 1 as a, 2 as b, 3 c;",
)
NARROWER = View(
    FIRST.name, b"create or replace view analytics.greetings as select 'w'::text as workspace_id, 2 as b;"
)


async def query(database: Database, text: str) -> list[dict[str, Any]]:
    return await (await database.connection.execute(text.encode())).fetchall()


async def run(database: Database, text: str) -> None:
    await database.connection.execute(text.encode())


async def refresh(database: Database, *views: View) -> list[tuple[str, str]]:
    done = await refresh_views(database, [*read_views(), *views])
    return [(state.name, state.state) for state in done]


async def load_fixture(database: Database, name: str) -> None:
    stream = all_streams()[name]
    records = json.loads((FIXTURES / f"{name}.json").read_text())
    batch = to_batch(stream, Page(tuple(json.dumps(record).encode() for record in records), NOW))
    loader = await Loader.create(database.connection, stream)
    async with database.transaction() as tx:
        await loader.write(tx, batch, workspace_id="w", run_id=1, now=NOW)


async def test_every_attachment_of_every_kind_of_message_is_a_row(database: Database) -> None:
    await load_fixture(database, "conversations")
    await load_fixture(database, "tickets")
    rows = await query(
        database,
        "select place, conversation_id, ticket_id, message_id, position, name, filesize"
        " from analytics.attachments order by filesize",
    )
    found = [tuple(row.values()) for row in rows]
    assert found == [
        ("conversation_source", "101", None, "1001", 1, "file 1.png", 1001),
        ("conversation_part", "101", None, "1011", 1, "file 10.png", 1010),
        ("conversation_part", "101", None, "1012", 1, "file 11.png", 1011),
        ("conversation_part", "101", None, "1011", 2, "file 20.png", 1020),
        ("conversation_part", "101", None, "1012", 2, "file 21.png", 1021),
        ("ticket_part", None, "101", "1011", 1, "file 30.png", 1030),
        ("ticket_part", None, "101", "1012", 1, "file 31.png", 1031),
    ]


async def test_a_conversation_reads_from_its_opening_message_to_its_last_part(database: Database) -> None:
    await load_fixture(database, "conversations")
    rows = await query(
        database,
        "select position, message_id, part_type, author_id, is_internal, body"
        " from analytics.conversation_messages where conversation_id = '101' order by position",
    )
    assert [tuple(row.values()) for row in rows] == [
        (0, "1001", "source", "1001", False, "source_body 1"),
        (1, "1011", "part_type 11", "1011", False, "body 11"),
        (2, "1012", "part_type 12", "1012", False, "body 12"),
        (3, "1013", "note", None, True, None),
    ]


async def test_tags_of_parts_are_rows(database: Database) -> None:
    await load_fixture(database, "conversations")
    rows = await query(
        database, "select part_id, tag_id, name from analytics.conversation_part_tags order by part_id"
    )
    assert [tuple(row.values()) for row in rows] == [("1011", "1031", "name 31"), ("1012", "1031", "name 31")]


async def test_of_what_was_deleted_in_intercom_no_view_shows_a_message(database: Database) -> None:
    for name in ("conversations", "tickets"):
        await load_fixture(database, name)
        await database.connection.execute(f"update intercom.{name} set deleted_at = now()".encode())
    for view in ("conversation_messages", "attachments", "conversation_part_tags"):
        assert await query(database, f"select * from analytics.{view}") == [], view


async def test_what_is_no_list_of_objects_in_raw_breaks_neither_loading_nor_views(database: Database) -> None:
    stream = all_streams()["conversations"]
    odd = [
        {"id": "1", "custom_attributes": "text", "source": {"attachments": {"name": "only one"}}},
        {"id": "2", "custom_attributes": [1], "source": {"attachments": ["a", None, {"filesize": "many"}]}},
        {"id": "3", "custom_attributes": {}, "source": {"attachments": None}, "sales_agent": []},
        {
            "id": "4",
            "conversation_parts": {"conversation_parts": [{"id": "9", "tags": 1, "event_details": []}]},
        },
    ]
    batch = to_batch(stream, Page(tuple(json.dumps(record).encode() for record in odd), NOW))
    loader = await Loader.create(database.connection, stream)
    async with database.transaction() as tx:
        await loader.write(tx, batch, workspace_id="w", run_id=1, now=NOW)
    assert batch.rejects == []
    rows = await query(
        database, "select conversation_id, name, filesize from analytics.attachments order by 1"
    )
    assert [tuple(row.values()) for row in rows] == [("1", "only one", None), ("2", None, None)]
    attributes = await query(database, "select custom_attributes as held from intercom.conversations")
    assert [row["held"] for row in attributes] == [None] * 4


async def test_a_view_is_made_once_and_again_when_its_text_changes(database: Database) -> None:
    assert await refresh(database, FIRST) == [("greetings", "made")]
    assert await refresh(database, FIRST) == []
    assert await refresh(database, NARROWER) == [("greetings", "made")]
    assert await query(database, "select * from analytics.greetings") == [{"workspace_id": "w", "b": 2}]
    assert await refresh(database) == [("greetings", "dropped")]


async def test_a_view_that_somebody_dropped_is_made_again(database: Database) -> None:
    await run(database, "drop view analytics.attachments")
    assert await refresh(database) == [("attachments", "made")]


async def test_grants_outlive_a_change_of_columns(database: Database) -> None:
    await refresh(database, FIRST)
    await run(database, "create role reader_of_views")
    try:
        await run(database, "grant select on analytics.greetings to reader_of_views, public")
        await refresh(database, NARROWER)
        kept = "has_table_privilege('reader_of_views', 'analytics.greetings', 'select') as may_read"
        assert await query(database, f"select {kept}") == [{"may_read": True}]
    finally:
        await run(database, "drop owned by reader_of_views")
        await run(database, "drop role reader_of_views")


async def test_a_view_of_the_user_on_ours_stays_and_is_named_where_it_is_in_the_way(
    database: Database,
) -> None:
    await refresh(database, FIRST)
    await run(database, "create view public.mine as select a from analytics.greetings")
    assert await refresh(database, WIDER) == [("greetings", "made")]
    (kept,) = await refresh_views(database, [*read_views(), NARROWER])
    assert (kept.name, kept.state) == ("greetings", "kept")
    assert "`mine` depends on it" in (kept.reason or "")
    assert await query(database, "select a from public.mine") == [{"a": 1}]
    await run(database, "drop view public.mine")
    assert await refresh(database, NARROWER) == [("greetings", "made")]


async def test_a_retired_view_that_somebody_uses_is_kept(database: Database) -> None:
    await refresh(database, FIRST)
    await run(database, "create materialized view public.mine as select a from analytics.greetings")
    assert await refresh(database) == [("greetings", "kept")]
    await run(database, "drop materialized view public.mine")
    assert await refresh(database) == [("greetings", "dropped")]


async def test_a_table_of_the_user_with_the_name_of_a_view_is_left_alone(database: Database) -> None:
    await run(database, "create table analytics.greetings as select 'mine' as held")
    assert await refresh(database, FIRST) == [("greetings", "kept")]
    assert await query(database, "select * from analytics.greetings") == [{"held": "mine"}]


async def test_a_view_that_the_tables_do_not_allow_is_named(database: Database) -> None:
    wrong = View(
        "greetings", b"create or replace view analytics.greetings as select nothing from intercom.tags"
    )
    with pytest.raises(SchemaError, match=r"view `analytics.greetings` cannot be made"):
        await refresh(database, wrong)
