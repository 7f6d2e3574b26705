"""The database side of lists by parent: whose lists to read, and what a list that was read says is gone."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intercom_etl.endpoint import PerParent
from intercom_etl.errors import MassDeletionError
from intercom_etl.load.bury import Seen
from intercom_etl.load.stored import stored_parents
from intercom_etl.load.write import Loader
from intercom_etl.page import Page, Parent, Unavailable
from intercom_etl.postgres.connection import Database
from intercom_etl.report import Written
from intercom_etl.stream import Stream
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch

T0 = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STREAMS = all_streams()
NOTES, SEGMENTS, EVENTS = STREAMS["contact_notes"], STREAMS["contact_segments"], STREAMS["data_events"]


def minutes(count: int) -> datetime:
    return T0 + timedelta(minutes=count)


async def query(database: Database, text: str) -> list[dict[str, Any]]:
    return await (await database.connection.execute(text.encode())).fetchall()


async def store(
    database: Database,
    stream: Stream,
    records: Sequence[dict[str, Any]],
    *,
    at: datetime = T0,
    run_id: int = 1,
    share_allowed: float = 0.3,
    **page: Any,
) -> Written:
    loader = await Loader.create(database.connection, stream)
    texts = tuple(json.dumps(record).encode() for record in records)
    batch = to_batch(stream, Page(texts, at, **page))
    async with database.transaction() as tx:
        return await loader.write(
            tx, batch, workspace_id="w", run_id=run_id, now=at, share_allowed=share_allowed
        )


Lists = dict[str, list[dict[str, Any]]]


async def lists(database: Database, stream: Stream, of: Lists, **more: Any) -> Written:
    """Stores these lists, each of them read to its end."""
    parents = tuple(parent for parent, records in of.items() for _ in records)
    records = [record for held in of.values() for record in held]
    return await store(database, stream, records, parents=parents, whole=tuple(of), **more)


async def given(database: Database, stream: Stream, **bounds: Any) -> list[Parent]:
    endpoint = stream.endpoint
    assert isinstance(endpoint, PerParent)
    reading = stored_parents(database, stream, endpoint, "w", **{"after": None, "at_most": 10**6, **bounds})
    return [parent async for parent in reading]


async def contacts(database: Database, minute: int, *ids: str, **fields: Any) -> None:
    records = [{"id": identity, "updated_at": minute, **fields} for identity in ids]
    await store(database, STREAMS["contacts"], records, at=minutes(minute))


async def test_parents_come_in_the_order_in_which_they_were_written(database: Database) -> None:
    await contacts(database, 2, "c", "a")
    await contacts(database, 1, "b")
    parents = await given(database, SEGMENTS)
    assert parents[0].id == "b"
    assert [parent.position for parent in parents] == [minutes(1), minutes(1), minutes(2)]


async def test_a_position_is_reached_only_with_the_last_that_was_written_then(database: Database) -> None:
    await contacts(database, 1, "a", "b", "c")
    await contacts(database, 2, "d")
    parents = await given(database, SEGMENTS, after=minutes(0))
    assert [parent.position for parent in parents] == [minutes(0), minutes(0), minutes(1), minutes(2)]
    for number, parent in enumerate(parents):
        left = {later.id for later in parents[number + 1 :]}
        assert left <= {again.id for again in await given(database, SEGMENTS, after=parent.position)}


async def test_only_those_written_since_and_what_was_written_at_once_together(
    database: Database,
) -> None:
    await contacts(database, 1, "a")
    await contacts(database, 2, "b", "c", "d")
    await contacts(database, 3, "e")
    assert [parent.id for parent in await given(database, SEGMENTS, after=minutes(2))] == ["e"]
    assert {parent.id for parent in await given(database, SEGMENTS, at_most=2)} == {"a", "b", "c", "d"}
    assert len(await given(database, SEGMENTS, at_most=1)) == 1


async def test_a_version_that_changes_nothing_is_not_written(database: Database) -> None:
    await contacts(database, 1, "a")
    records = [{"id": "a", "updated_at": 1}]
    await store(database, STREAMS["contacts"], records, at=minutes(9))
    assert await given(database, SEGMENTS, after=minutes(1)) == []


async def test_parents_that_are_gone_or_in_another_workspace_are_left_out(database: Database) -> None:
    await contacts(database, 1, "a", "b")
    await database.connection.execute(b"update intercom.contacts set deleted_at = now() where id = 'a'")
    await database.connection.execute(
        b"insert into intercom.contacts (workspace_id, id, raw, synced_at) values ('x', 'z', '{}', now())"
    )
    assert [parent.id for parent in await given(database, SEGMENTS)] == ["b"]


async def test_parents_with_nothing_in_their_lists_are_left_out_unless_something_is_stored(
    database: Database,
) -> None:
    await contacts(database, 1, "none", "emptied", notes={"total_count": 0})
    await contacts(database, 2, "some", notes={"total_count": 2})
    await contacts(database, 3, "unknown")
    assert [parent.id for parent in await given(database, NOTES)] == ["some", "unknown"]
    await lists(database, NOTES, {"emptied": [{"id": "n"}]})
    assert [parent.id for parent in await given(database, NOTES)] == ["emptied", "some", "unknown"]
    await lists(database, NOTES, {"emptied": []}, at=minutes(5))
    assert [parent.id for parent in await given(database, NOTES)] == ["some", "unknown"]


async def test_leads_have_no_merges(database: Database) -> None:
    await contacts(database, 1, "lead", role="lead")
    await contacts(database, 2, "user", role="user")
    assert [parent.id for parent in await given(database, STREAMS["contact_merge_history"])] == ["user"]


async def test_parents_by_another_column_come_once_with_their_latest_time(database: Database) -> None:
    calls = [{"id": "1", "conversation_id": "x"}, {"id": "2", "conversation_id": "y"}, {"id": "3"}]
    await store(database, STREAMS["calls"], calls, at=minutes(1))
    await store(database, STREAMS["calls"], [{"id": "4", "conversation_id": "x"}], at=minutes(2))
    parents = await given(database, STREAMS["call_transcripts"])
    assert parents == [Parent("y", minutes(1)), Parent("x", minutes(2))]


async def test_what_a_list_no_longer_names_is_removed_and_comes_back(database: Database) -> None:
    marks = "select contact_id, segment_id, deletion_reason from intercom.contact_segments order by 1, 2"
    await lists(database, SEGMENTS, {"a": [{"id": "s"}, {"id": "t"}], "b": [{"id": "s"}]})
    written = await lists(database, SEGMENTS, {"a": [{"id": "t"}]}, at=minutes(1))
    assert written.buried == 1
    assert await query(database, marks) == [
        {"contact_id": "a", "segment_id": "s", "deletion_reason": "removed"},
        {"contact_id": "a", "segment_id": "t", "deletion_reason": None},
        {"contact_id": "b", "segment_id": "s", "deletion_reason": None},
    ]
    assert (await lists(database, SEGMENTS, {"a": [{"id": "t"}]}, at=minutes(2))).buried == 0
    await lists(database, SEGMENTS, {"a": [{"id": "s"}, {"id": "t"}]}, at=minutes(3))
    assert all(row["deletion_reason"] is None for row in await query(database, marks))


async def test_an_older_reading_removes_nothing_that_is_newer(database: Database) -> None:
    await lists(database, SEGMENTS, {"a": [{"id": "new"}]}, at=minutes(5))
    await lists(database, SEGMENTS, {"a": [{"id": "old"}]}, at=minutes(1))
    live = "select segment_id from intercom.contact_segments where deleted_at is null order by 1"
    assert await query(database, live) == [{"segment_id": "new"}, {"segment_id": "old"}]


async def test_the_clock_of_the_next_run_may_be_a_second_behind(database: Database) -> None:
    await lists(database, SEGMENTS, {"a": [{"id": "s"}], "b": [{"id": "s"}]})
    written = await lists(database, SEGMENTS, {"a": [], "b": [{"id": "s"}]}, at=T0 - timedelta(seconds=1))
    assert written.buried == 1


async def test_a_list_that_forgets_removes_nothing(database: Database) -> None:
    event = {"event_name": "paid", "created_at": 5, "id": "e"}
    await lists(database, EVENTS, {"a": [event]})
    await lists(database, EVENTS, {"a": []}, at=minutes(1))
    assert await query(database, "select contact_id, deleted_at from intercom.data_events") == [
        {"contact_id": "a", "deleted_at": None}
    ]


async def test_a_list_with_a_record_that_cannot_be_read_removes_nothing(database: Database) -> None:
    """The record that cannot be read may be the one that seems to be missing."""
    await lists(database, NOTES, {"a": [{"id": "1"}], "b": [{"id": "2"}]})
    written = await lists(database, NOTES, {"a": [{"id": ""}], "b": [{"id": "3"}]}, at=minutes(1))
    assert (written.buried, written.rejected) == (1, 1)
    live = "select id from intercom.contact_notes where deleted_at is null order by 1"
    assert await query(database, live) == [{"id": "1"}, {"id": "3"}]


async def test_the_same_id_in_the_lists_of_two_parents_is_two_rows(database: Database) -> None:
    await lists(database, SEGMENTS, {"a": [{"id": "s"}], "b": [{"id": "s"}]})
    assert await query(database, "select id from intercom.contact_segments order by 1") == [
        {"id": "a:s"},
        {"id": "b:s"},
    ]


FIVE = {name: [{"id": "s"}] for name in "abcde"}


async def test_when_all_lists_are_suddenly_empty_it_is_doubted(database: Database) -> None:
    await lists(database, SEGMENTS, FIVE)
    nothing: Lists = {name: [] for name in FIVE}
    with pytest.raises(MassDeletionError, match="5 lists of contact_segments"):
        await lists(database, SEGMENTS, nothing, at=minutes(1))
    assert await query(database, "select 1 from intercom.contact_segments where deleted_at is not null") == []
    written = await lists(database, SEGMENTS, nothing, at=minutes(1), share_allowed=1.0)
    assert written.buried == 5


async def test_a_few_lists_may_become_empty_and_many_when_others_are_not(database: Database) -> None:
    await lists(database, SEGMENTS, FIVE)
    assert (await lists(database, SEGMENTS, {"a": [], "b": [], "c": []}, at=minutes(1))).buried == 3
    await lists(database, SEGMENTS, FIVE, at=minutes(2))
    mostly = {**{name: [] for name in FIVE}, "e": FIVE["e"]}
    assert (await lists(database, SEGMENTS, mostly, at=minutes(3))).buried == 4


OPEN = "select stream, parent_id, pending from etl.quarantine where resolved_at is null"


@pytest.mark.parametrize("stream", [NOTES, EVENTS], ids=["whole", "forgets"])
async def test_a_list_that_failed_is_pending_until_it_is_read(database: Database, stream: Stream) -> None:
    lost = Unavailable("a", b'{"id":"a"}', "`GET /x` was answered 500")
    await store(database, stream, [], unavailable=(lost,))
    assert await query(database, OPEN) == [{"stream": stream.name, "parent_id": "a", "pending": True}]
    await lists(database, stream, {"b": []}, at=minutes(1), run_id=2)
    assert len(await query(database, OPEN)) == 1
    await lists(database, stream, {"a": []}, at=minutes(1), run_id=2)
    assert await query(database, OPEN) == []


OBJECTS = STREAMS["custom_object_instances"]


async def absent(database: Database, *pages: Page, share: float = 0.3) -> list[str]:
    loader = await Loader.create(database.connection, OBJECTS)
    seen = await Seen.begin(database.connection, loader.table, OBJECTS.parent_key)
    async with database.transaction() as tx:
        for page in pages:
            await seen.add(tx, to_batch(OBJECTS, page))
        return await seen.absent(tx, workspace_id="w", before=minutes(9), share_allowed=share, announced=None)


def objects(name: str, *ids: str, whole: bool = True) -> Page:
    texts = tuple(json.dumps({"id": identity}).encode() for identity in ids)
    return Page(texts, minutes(5), parents=(name,) * len(ids), whole=(name,) if whole else ())


async def test_of_named_lists_only_what_stands_in_one_that_was_read_can_be_gone(
    database: Database,
) -> None:
    for name, ids in (("Order", "12345678"), ("Device", "123")):
        await store(database, OBJECTS, [{"id": n} for n in ids], parents=(name,) * len(ids))
    assert await absent(database, objects("Order", *"1234567")) == ["Order:8"]
    assert await absent(database, objects("Order", *"1234567", whole=False)) == []
    assert await absent(database, objects("Order", *"12345678"), objects("Device", "1", "2")) == ["Device:3"]
    with pytest.raises(MassDeletionError, match="8 of 8"):
        await absent(database, objects("Order"))


async def test_a_named_list_is_stored_by_name_and_id_with_its_attributes(database: Database) -> None:
    instance = {"id": "1", "external_id": "o1", "custom_attributes": {"total": 99.99, "lines": [1, 2]}}
    await store(database, OBJECTS, [instance], parents=("Order",))
    statement = "select id, object_type, record_id, custom_attributes from intercom.custom_object_instances"
    assert await query(database, statement) == [
        {
            "id": "Order:1",
            "object_type": "Order",
            "record_id": "1",
            "custom_attributes": {"total": 99.99, "lines": [1, 2]},
        }
    ]
