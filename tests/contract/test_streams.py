"""What every stream must keep, whoever declared it: run for each one in the registry."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from intercom_etl.batch import Batch
from intercom_etl.endpoint import Search
from intercom_etl.landing.batches import read_batch_file, write_batch_file
from intercom_etl.load.merge import STANDARD
from intercom_etl.load.write import Loader
from intercom_etl.page import Page
from intercom_etl.postgres.catalog import read_tables
from intercom_etl.postgres.connection import Database
from intercom_etl.report import Written
from intercom_etl.stream import Stream
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch

FIXTURES = Path(__file__).parents[1] / "fixtures" / "streams"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

each_stream = pytest.mark.parametrize("stream", all_streams().values(), ids=lambda stream: stream.name)


def fixture_records(stream: Stream) -> tuple[bytes, ...]:
    """The records of `tests/fixtures/streams/<name>.json`: full, bare, and with everything null."""
    return tuple(
        json.dumps(record).encode() for record in json.loads((FIXTURES / f"{stream.name}.json").read_text())
    )


def batch_of(stream: Stream, fetched_at: datetime = NOW) -> Batch:
    records = fixture_records(stream)
    parents = ("p1",) * len(records) if stream.parent_key else ()
    return to_batch(stream, Page(records, fetched_at, parents=parents))


async def write(database: Database, stream: Stream, batch: Batch, run_id: int = 1) -> Written:
    loader = await Loader.create(database.connection, stream)
    async with database.transaction() as tx:
        return await loader.write(tx, batch, workspace_id="w1", run_id=run_id, now=NOW)


async def table_contents(database: Database, table: str) -> list[dict[str, Any]]:
    cursor = await database.connection.execute(f"select * from intercom.{table} order by 1, 2, 3".encode())
    return await cursor.fetchall()


@each_stream
def test_the_fixture_becomes_items_without_rejects_or_repairs(stream: Stream) -> None:
    batch = batch_of(stream)
    assert batch.rejects == []
    assert not batch.cleaned
    assert len(batch.items) == len(fixture_records(stream)) >= 2


@each_stream
def test_the_fixture_fills_every_typed_column_at_least_once(stream: Stream) -> None:
    batch = batch_of(stream)
    ours = {*stream.model.made_here, stream.parent_key}  # no record has them
    empty = {
        name
        for name in stream.model.model_fields.keys() - ours
        if all(item.row.values[name] is None for item in batch.items)
    }
    assert empty == set()
    for child in stream.children:
        rows = [row for item in batch.items for row in item.children.get(child.table, _NONE).rows]
        assert rows, f"{child.table} has no row"
        assert {n for n in child.model.model_fields if all(r.values[n] is None for r in rows)} == set()


def in_jsonb_order(value: Any) -> Any:
    """Members in the order in which jsonb keeps them: by length, then by bytes."""
    if isinstance(value, list):
        return [in_jsonb_order(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: in_jsonb_order(value[key]) for key in sorted(value, key=lambda k: (len(k.encode()), k.encode()))
    }


class _NONE:
    rows = ()


@each_stream
async def test_model_fields_are_the_table_columns(database: Database, stream: Stream) -> None:
    tables = await read_tables(database.connection, stream.tables)
    own = {"workspace_id", *stream.model.model_fields, *STANDARD}
    assert set(tables[stream.name].columns) == own
    assert tables[stream.name].key == ("workspace_id", "id")
    for child in stream.children:
        columns = {"workspace_id", child.parent_key, *child.model.model_fields, *STANDARD}
        assert set(tables[child.table].columns) == columns
        assert tables[child.table].key == ("workspace_id", child.parent_key, *child.keys)


@each_stream
async def test_the_fixture_fills_every_generated_column_at_least_once(
    database: Database, stream: Stream
) -> None:
    await write(database, stream, batch_of(stream))
    for table in stream.tables:
        typed = (await read_tables(database.connection, (table,)))[table].columns
        rows = await table_contents(database, table)
        generated = rows[0].keys() - typed.keys()
        assert {name for name in generated if all(row[name] is None for row in rows)} == set()


@each_stream
async def test_whole_numbers_have_columns_of_eight_bytes(database: Database, stream: Stream) -> None:
    for table in (await read_tables(database.connection, stream.tables)).values():
        assert not {"int2", "int4", "float4"} & set(table.columns.values())


@each_stream
async def test_writing_twice_changes_nothing(database: Database, stream: Stream) -> None:
    first = await write(database, stream, batch_of(stream))
    before = {table: await table_contents(database, table) for table in stream.tables}
    second = await write(database, stream, batch_of(stream, NOW + timedelta(hours=1)), run_id=2)
    assert first.inserted == len(before[stream.name]) > 0
    assert (second.inserted, second.updated, sum(second.by_table.values())) == (0, 0, 0)
    assert {table: await table_contents(database, table) for table in stream.tables} == before


@each_stream
async def test_raw_is_the_record_as_it_came(database: Database, stream: Stream) -> None:
    await write(database, stream, batch_of(stream))
    stored = [row["raw"] for row in await table_contents(database, stream.name)]
    sent = [json.loads(record) for record in fixture_records(stream)]
    assert sorted(map(str, stored)) == sorted(map(str, map(in_jsonb_order, sent)))


@each_stream
def test_a_batch_comes_back_from_disk_as_it_was(tmp_path: Path, stream: Stream) -> None:
    batch = batch_of(stream)
    write_batch_file(tmp_path / "batch", batch)
    assert read_batch_file(tmp_path / "batch", stream) == batch


@each_stream
async def test_children_that_a_whole_list_no_longer_names_are_tombstoned(
    database: Database, stream: Stream
) -> None:
    if not stream.children:
        return
    await write(database, stream, batch_of(stream))
    batch = batch_of(stream, NOW + timedelta(hours=1))
    for item in batch.items:
        for table, held in item.children.items():
            item.children[table] = type(held)((), complete=True)  # type: ignore[index]
    await write(database, stream, batch)
    for child in stream.children:
        rows = await table_contents(database, child.table)
        assert rows
        assert all(row["deleted_at"] and row["deletion_reason"] == "removed" for row in rows)


@each_stream
def test_searches_are_ordered_by_a_replication_key_that_the_model_has(stream: Stream) -> None:
    if isinstance(stream.endpoint, Search):
        assert stream.replication_key == "updated_at"
        assert "updated_at" in stream.model.model_fields
