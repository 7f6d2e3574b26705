"""Every member that the official spec declares is read, or left in `raw` on purpose; the rest is noticed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from official_spec import Schema, properties, record_members, resolved

from intercom_etl.landing.batches import read_batch_file, write_batch_file
from intercom_etl.load.write import Loader
from intercom_etl.page import Page
from intercom_etl.postgres.connection import Database
from intercom_etl.record import keys_known
from intercom_etl.stream import Children, Stream
from intercom_etl.streams import all_streams
from intercom_etl.transform.unknown import NAMES_AT_MOST
from intercom_etl.transform.validate import to_batch

TESTS = Path(__file__).parents[1]
NOW = datetime(2026, 1, 2, tzinfo=UTC)
TAGS = all_streams()["tags"]
CONVERSATIONS = all_streams()["conversations"]

# of an open record the workspace itself names the members
CLOSED = [stream for stream in all_streams().values() if not stream.model.is_open]
each_stream = pytest.mark.parametrize("stream", CLOSED, ids=lambda stream: stream.name)


def child_members(record: dict[str, Schema], child: Children) -> set[str] | None:
    """What the spec declares of the elements; None when it does not know the list, or they are bare ids."""
    found: set[str] = set()
    for path in child.paths:
        held: Schema | None = {"properties": record}
        for key in path:
            held = properties(held).get(key) if held else None
        if held and child.keyed_by:
            for one in properties(held).values():
                found |= properties(one).keys()
        elif held:
            found |= properties(resolved(held).get("items", {})).keys()
    return found or None


def known_of_record(stream: Stream) -> set[str]:
    return {*keys_known(stream.model), *(path[0] for child in stream.children for path in child.paths)}


@each_stream
def test_what_the_spec_declares_of_a_record_is_known(stream: Stream) -> None:
    forgotten = record_members(stream).keys() - known_of_record(stream)
    assert sorted(forgotten) == [], "read them, or add them to `left_in_raw` of the model"


@each_stream
def test_what_is_known_of_a_record_and_not_declared_is_named_as_such(stream: Stream) -> None:
    ours = {stream.parent_key} | (set() if stream.identity == ("id",) else {"id"})
    unnamed = known_of_record(stream) - record_members(stream).keys() - {"type"} - ours
    assert sorted(unnamed) == sorted(stream.model.undeclared)


@each_stream
def test_what_the_spec_declares_of_elements_is_known_and_nothing_else_unnamed(stream: Stream) -> None:
    record = record_members(stream)
    for child in stream.children:
        declared = child_members(record, child)
        if declared is None:
            continue
        known = keys_known(child.model) - {child.keyed_by}
        assert sorted(declared - known) == [], child.table
        assert sorted(known - declared - {"type"}) == sorted(child.model.undeclared), child.table


@each_stream
def test_the_fixture_has_no_unknown_member(stream: Stream) -> None:
    records = json.loads((TESTS / "fixtures" / "streams" / f"{stream.name}.json").read_text())
    texts = tuple(json.dumps(record).encode() for record in records)
    batch = to_batch(stream, Page(texts, NOW, parents=("1",) * len(texts) if stream.parent_key else ()))
    assert not batch.unknown


def page(*records: Any, at: datetime = NOW) -> Page:
    return Page(tuple(json.dumps(record).encode() for record in records), at)


GROWN = {
    "id": "1",
    "mood": "sunny",
    "statistics": {"inner": "not looked at"},
    "tags": {"tags": [{"id": "5", "colour": "red"}, {"id": "6", "colour": None}, "7", None]},
}


def test_unknown_members_of_records_and_of_elements_are_counted() -> None:
    batch = to_batch(CONVERSATIONS, page(GROWN, GROWN | {"id": "2"}, {"id": "3"}, {"mood": 1}))
    assert dict(batch.unknown) == {("conversations", "mood"): 2, ("conversation_tags", "colour"): 4}


def test_a_record_with_countless_invented_names_is_counted_within_bounds() -> None:
    batch = to_batch(TAGS, page({"id": "1"} | {f"invented {n}": n for n in range(9_999)} | {"x" * 9_999: 1}))
    assert len(batch.unknown) == NAMES_AT_MOST
    assert max(len(name) for _, name in batch.unknown) <= 200
    assert batch.rejects == []


def test_the_counts_survive_the_landing_folder(tmp_path: Path) -> None:
    batch = to_batch(CONVERSATIONS, page(GROWN))
    write_batch_file(tmp_path / "000001.ndjson.gz", batch)
    assert read_batch_file(tmp_path / "000001.ndjson.gz", CONVERSATIONS).unknown == batch.unknown


async def test_counts_are_added_up_in_the_transaction_of_their_batch(database: Database) -> None:
    loader = await Loader.create(database.connection, CONVERSATIONS)
    for minutes, run_id in ((0, 1), (5, 2)):
        at = NOW + timedelta(minutes=minutes)
        async with database.transaction() as tx:
            batch = to_batch(CONVERSATIONS, page(GROWN, at=at))
            await loader.write(tx, batch, workspace_id="w", run_id=run_id, now=at)
    rows = await database.rows("list_unknown_fields")
    assert [(row["stream"], row["field"], row["records"]) for row in rows] == [
        ("conversation_tags", "colour", 4),
        ("conversations", "mood", 2),
    ]
    assert {(row["first_seen_at"], row["last_seen_at"]) for row in rows} == {
        (NOW, NOW + timedelta(minutes=5))
    }
