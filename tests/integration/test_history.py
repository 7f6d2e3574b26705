"""Every version of a record is kept once, whatever is run twice, and its span says when it was so."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intercom_etl.errors import SchemaError
from intercom_etl.load.history import end_versions, prepare_history
from intercom_etl.load.write import Loader
from intercom_etl.page import Gone, Page
from intercom_etl.postgres.connection import Database
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch

SEGMENTS = all_streams()["segments"]
T0 = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def segment(name: str, changed: float | None) -> bytes:
    stamp = "null" if changed is None else str(int(at(changed).timestamp()))
    return f'{{"id":"1","name":"{name}","updated_at":{stamp}}}'.encode()


@pytest.fixture
async def loader(database: Database) -> Loader:
    async with database.transaction() as tx:
        assert await prepare_history(tx, ["segments"]) == ["segments_history"]
    return await Loader.create(database.connection, SEGMENTS, history={"segments"})


async def write(database: Database, loader: Loader, *records: bytes, read: float, gone: bool = False) -> None:
    page = Page((), at(read), gone=(Gone(b'{"id":"1"}', "deleted"),)) if gone else Page(records, at(read))
    async with database.transaction() as tx:
        await loader.write(tx, to_batch(SEGMENTS, page), workspace_id="w", run_id=1, now=at(read))
        await end_versions(tx, loader.table, "w")


async def versions(database: Database) -> list[tuple[Any, ...]]:
    cursor = await database.connection.execute(
        b"select name, valid_from, valid_to from intercom.segments_history order by valid_from"
    )
    return [tuple(row.values()) for row in await cursor.fetchall()]


async def test_each_change_is_a_version_that_ends_the_one_before(database: Database, loader: Loader) -> None:
    await write(database, loader, segment("a", 1), read=10)
    await write(database, loader, segment("b", 12), read=20)
    assert await versions(database) == [("a", at(1), at(12)), ("b", at(12), None)]


async def test_running_twice_makes_no_version(database: Database, loader: Loader) -> None:
    for read in (10, 10, 20, 30):
        await write(database, loader, segment("a", 1), read=read)
    assert await versions(database) == [("a", at(1), None)]


async def test_a_change_without_a_new_updated_at_begins_when_it_was_seen(
    database: Database, loader: Loader
) -> None:
    await write(database, loader, segment("a", 1), read=10)
    await write(database, loader, segment("b", 1), read=20)
    await write(database, loader, segment("c", None), read=30)
    assert await versions(database) == [
        ("a", at(1), at(20)), ("b", at(20), at(30)), ("c", at(30), None),
    ]  # fmt: skip


async def test_an_older_version_that_comes_late_is_no_version(database: Database, loader: Loader) -> None:
    await write(database, loader, segment("b", 12), read=20)
    await write(database, loader, segment("a", 1), read=10)
    assert await versions(database) == [("b", at(12), None)]


async def test_the_last_version_of_what_is_gone_ends_and_another_begins_when_it_comes_back(
    database: Database, loader: Loader
) -> None:
    await write(database, loader, segment("a", 1), read=10)
    await write(database, loader, read=20, gone=True)
    assert await versions(database) == [("a", at(1), at(20))]
    await write(database, loader, segment("a", 1), read=30)
    assert await versions(database) == [("a", at(1), at(20)), ("a", at(30), None)]


async def test_a_history_that_has_not_been_made_is_asked_for_by_name(database: Database) -> None:
    with pytest.raises(SchemaError, match="`tags`") as refused:
        await Loader.create(database.connection, all_streams()["tags"], history={"tags"})
    assert "migrate" in (refused.value.hint or "")


async def test_a_history_gets_the_columns_that_its_table_has_got_since(
    database: Database, loader: Loader
) -> None:
    await database.connection.execute(b"alter table intercom.segments add column shade text")
    async with database.transaction() as tx:
        assert await prepare_history(tx, ["segments"]) == []
        assert await prepare_history(tx, ["segments"]) == []
    await database.connection.execute(b"select shade from intercom.segments_history")


changes = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 5) | st.none(), st.booleans()), min_size=1, max_size=8
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes)
async def test_spans_never_overlap_and_the_open_one_is_the_row(
    database: Database, loader: Loader, changes: list[tuple[str, int | None, bool]]
) -> None:
    await database.connection.execute(b"truncate intercom.segments, intercom.segments_history")
    for step, (name, changed, gone) in enumerate(changes):
        for _ in range(2):
            await write(database, loader, segment(name, changed), read=10 + step, gone=gone)
    found = await versions(database)
    for (_, _, end), (_, start, _) in pairwise(found):
        assert end is not None
        assert end <= start
    cursor = await database.connection.execute(b"select name from intercom.segments where deleted_at is null")
    live = [row["name"] for row in await cursor.fetchall()]
    assert [name for name, _, end in found if end is None] == live
