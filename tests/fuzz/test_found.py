"""What fuzzing has found, in the smallest form that shows it."""

import json
import random
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from intercom_etl.batch import Batch
from intercom_etl.json_text import storable
from intercom_etl.load.write import Loader
from intercom_etl.page import Page
from intercom_etl.postgres.connection import Database
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def batch(stream: str, *records: bytes) -> Batch:
    chosen = all_streams()[stream]
    parents = ("1",) * len(records) if chosen.parent_key else ()
    return to_batch(chosen, Page(records, NOW, parents=parents))


def only_row(stream: str, record: bytes) -> Any:
    (item,) = batch(stream, record).items
    return item.row.values


@pytest.mark.parametrize("digits", [309, 999, 4_299])
def test_a_time_of_hundreds_of_digits_is_left_empty(digits: int) -> None:
    assert only_row("conversations", b'{"id":"1","created_at":' + b"9" * digits + b"}")["created_at"] is None
    assert only_row("conversations", b'{"id":"1","created_at":-' + b"9" * digits + b"}")["created_at"] is None


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-10:00"])
def test_a_time_that_is_in_another_year_in_utc_does_not_leave_the_years_that_can_be_read(text: str) -> None:
    assert only_row("tags", b'{"id":"1","applied_at":"%s"}' % text.encode()).get("applied_at") is None
    assert only_row("conversations", b'{"id":"1","created_at":"%s"}' % text.encode())["created_at"] is None


def test_leading_zeros_of_a_time_in_digits_are_no_reason_to_cut_it() -> None:
    record = b'{"id":"1","created_at":"000000000000000001700000000"}'
    assert only_row("conversations", record)["created_at"].timestamp() == 1_700_000_000


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"1e400", b"1e401"),
        (b"12345678901234567.0", b"12345678901234568.0"),
        (b'"a\\u0000"', b'"a\\ud800"'),
        (b'"a\xff"', b'"a\xfe"'),
    ],
)
def test_two_ids_never_become_one(one: bytes, other: bytes) -> None:
    found = batch("tags", b'{"id":%s}' % one, b'{"id":%s}' % other, b'{"id":12345678901234567890123}')
    assert [item.id for item in found.items] == ["12345678901234567890123"]
    assert len(found.rejects) == 2


def test_two_columns_that_are_read_from_one_unfit_member_are_both_left_empty() -> None:
    record = b'{"id":["x"],"event_name":"a","created_at":1700000000,"intercom_user_id":"5","email":"a"}'
    (item,) = batch("data_events", record).items
    assert item.row.values["event_id"] == ""


@pytest.mark.parametrize("levels", [300, 100_000])
def test_a_record_that_is_nested_deeply_keeps_what_is_beside_an_unfit_value(levels: int) -> None:
    deep = b"[" * levels + b"]" * levels
    row = only_row("conversations", b'{"id":"1","state":"open","created_at":[],"x":' + deep + b"}")
    assert (row["state"], row["created_at"]) == ("open", None)


@pytest.mark.parametrize("end", [b"}", b"", b'"'])
def test_what_is_nested_deeply_and_no_json_is_refused(end: bytes) -> None:
    (reject,) = batch("tags", b'{"id":"1","x":' + b"[" * 300 + b"}]" + end).rejects
    assert "JSON" in reject.reason


@pytest.mark.parametrize("held", [b'"x"', b"5", b"{}", b'{"conversation_parts":"x"}', b"[]"])
def test_what_stands_in_the_place_of_a_list_is_counted(held: bytes) -> None:
    found = batch("conversations", b'{"id":"1","conversation_parts":' + held + b"}")
    assert "conversation_parts" not in found.items[0].children
    place = "conversation_parts: no list at `conversation_parts.conversation_parts`"
    assert found.cleaned == ({} if held == b"{}" else {place: 1})


def test_a_long_fraction_is_left_as_it_is() -> None:
    text = b'{"a":1.' + b"3" * 5_000 + b',"b":NaN}'
    assert storable(text) == (text.replace(b"NaN", b"null"), ["NaN or Infinity"])


def test_a_control_character_behind_a_backslash_does_not_become_two_backslashes() -> None:
    text = b'{"a":"\\\x00u0041"}'
    assert storable(text)[0] == text


BIG = """
import resource
from intercom_etl.json_text import members, storable
resource.setrlimit(resource.RLIMIT_AS, (700_000_000, 700_000_000))
text = b'{"body":"' + b"x" * 10_000_000 + b'","x":NaN}'
assert members(text)["x"] == b"NaN"
assert len(storable(text)[0]) == len(text) + 1
"""


def test_a_string_of_ten_megabytes_costs_no_gigabyte() -> None:
    ended = subprocess.run([sys.executable, "-c", BIG], capture_output=True, encoding="utf-8", check=False)
    assert ended.returncode == 0, ended.stderr[-300:]


def too_deep_for_postgresql(identity: str) -> bytes:
    return b'{"id":"%s","x":' % identity.encode() + b"[" * 50_000 + b"]" * 50_000 + b"}"


def too_long_for_an_index(identity: str) -> bytes:
    letters = random.Random(identity)  # entries are compressed: nothing that repeats
    long = "".join(chr(letters.randrange(0x20000, 0x2A6D0)) for _ in range(512))
    parts = {"conversation_parts": [{"id": long}, {"id": "sound"}]}
    return json.dumps({"id": long[:300], "conversation_parts": parts}, ensure_ascii=False).encode()


@pytest.mark.fault(29, "S")
async def test_of_two_hundred_only_the_poisoned_are_not_stored(database: Database) -> None:
    poison = {
        7: too_deep_for_postgresql("7"),
        150: too_deep_for_postgresql("150"),
        99: too_long_for_an_index("99"),
    }
    records = (poison.get(number, b'{"id":"%d"}' % number) for number in range(200))
    loader = await Loader.create(database.connection, all_streams()["conversations"])
    async with database.transaction() as tx:
        await loader.write(tx, batch("conversations", *records), workspace_id="w", run_id=1, now=NOW)

    async def found(text: str) -> list[Any]:
        return [row["it"] for row in await (await database.connection.execute(text.encode())).fetchall()]

    assert len(await found("select id as it from intercom.conversations")) == 198
    assert await found("select id as it from intercom.conversation_parts") == ["sound"]
    held = await found("select stream as it from etl.quarantine order by 1")
    assert held == ["conversation_parts", "conversations", "conversations"]
