"""What the loader promises: newest version wins, whole sets are replaced, poison stands alone."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intercom_etl.errors import DatabaseUnavailableError, LockHeldError
from intercom_etl.load.bury import Seen
from intercom_etl.load.write import Loader
from intercom_etl.page import Gone, Page
from intercom_etl.postgres.connection import Database, fetch_rows, open_database
from intercom_etl.report import Written
from intercom_etl.state import bookmarks
from intercom_etl.state.bookmarks import Reached
from intercom_etl.state.leases import Lease, leased
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch

T0 = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CONVERSATIONS = all_streams()["conversations"]
CONTACTS = all_streams()["contacts"]
TAGS = all_streams()["tags"]


def conversation(
    identity: str, updated_at: int, *, state: str = "open", parts: list[Any] | None = None, **more: Any
) -> bytes:
    held = parts or []
    record = {
        "id": identity,
        "updated_at": updated_at,
        "state": state,
        "conversation_parts": {"total_count": len(held), "conversation_parts": held},
        **more,
    }
    return json.dumps(record).encode()


async def store(
    database: Database, *records: bytes, at: datetime = T0, stream: Any = CONVERSATIONS, **page: Any
) -> Written:
    loader = await Loader.create(database.connection, stream)
    batch = to_batch(stream, Page(tuple(records), at, **page))
    async with database.transaction() as tx:
        return await loader.write(tx, batch, workspace_id="w", run_id=1, now=at)


async def query(database: Database, text: str) -> list[dict[str, Any]]:
    return await (await database.connection.execute(text.encode())).fetchall()


async def test_an_older_version_never_replaces_a_newer_one(database: Database) -> None:
    await store(database, conversation("1", 200, state="closed", parts=[{"id": "a"}, {"id": "b"}]))
    await store(
        database, conversation("1", 100, state="open", parts=[{"id": "a"}]), at=T0 + timedelta(hours=1)
    )
    assert await query(database, "select state from intercom.conversations") == [{"state": "closed"}]
    parts = await query(database, "select id, deleted_at from intercom.conversation_parts order by id")
    assert parts == [{"id": "a", "deleted_at": None}, {"id": "b", "deleted_at": None}]


async def test_of_two_fetches_of_the_same_version_the_later_one_wins_in_any_order(database: Database) -> None:
    later, earlier = T0 + timedelta(minutes=1), T0
    await store(database, conversation("1", 100, state="closed", parts=[{"id": "b"}]), at=later)
    await store(database, conversation("1", 100, state="open", parts=[{"id": "a"}]), at=earlier)
    assert await query(database, "select state from intercom.conversations") == [{"state": "closed"}]
    assert await query(database, "select id from intercom.conversation_parts") == [{"id": "b"}]


async def test_a_record_that_comes_back_is_no_longer_deleted(database: Database) -> None:
    await store(database, conversation("1", 100))
    await store(database, gone=(Gone(conversation("1", 100), "not_found"),), at=T0 + timedelta(minutes=1))
    assert await query(database, "select deletion_reason from intercom.conversations") == [
        {"deletion_reason": "not_found"}
    ]
    await store(database, conversation("1", 100), at=T0 + timedelta(minutes=2))
    assert await query(database, "select deleted_at from intercom.conversations") == [{"deleted_at": None}]


async def test_a_record_that_was_gone_before_it_was_stored_is_kept_as_listed(database: Database) -> None:
    written = await store(database, gone=(Gone(conversation("1", 100, state="closed"), "not_found"),))
    assert written.buried == 1
    rows = await query(database, "select state, deleted_at is not null as gone from intercom.conversations")
    assert rows == [{"state": "closed", "gone": True}]


async def test_parts_that_vanish_from_a_whole_list_are_tombstoned(database: Database) -> None:
    await store(database, conversation("1", 100, parts=[{"id": "a"}, {"id": "b"}]))
    await store(database, conversation("1", 101, parts=[{"id": "b"}]), at=T0 + timedelta(minutes=1))
    rows = await query(database, "select id, deletion_reason from intercom.conversation_parts order by id")
    assert rows == [{"id": "a", "deletion_reason": "removed"}, {"id": "b", "deletion_reason": None}]


async def test_older_parts_of_a_truncated_conversation_are_kept(database: Database) -> None:
    await store(database, conversation("1", 100, parts=[{"id": str(n)} for n in range(499)]))
    newest = [{"id": str(n)} for n in range(100, 600)]
    record = conversation("1", 101, conversation_parts={"total_count": 600, "conversation_parts": newest})
    await store(database, record, at=T0 + timedelta(minutes=1))
    counted = await query(
        database, "select count(*) as n from intercom.conversation_parts where deleted_at is null"
    )
    assert counted == [{"n": 600}]
    assert await query(database, "select parts_truncated from intercom.conversations") == [
        {"parts_truncated": True}
    ]


async def test_a_list_cut_at_ten_deletes_nothing(database: Database) -> None:
    def contact(updated_at: int, tags: range, has_more: bool) -> bytes:
        data = [{"id": str(n)} for n in tags]
        return json.dumps(
            {
                "id": "c",
                "updated_at": updated_at,
                "tags": {"data": data, "total_count": 14, "has_more": has_more},
            }
        ).encode()

    await store(database, contact(1, range(14), False), stream=CONTACTS)
    await store(database, contact(2, range(10), True), stream=CONTACTS, at=T0 + timedelta(minutes=1))
    assert await query(
        database, "select count(*) as n from intercom.contact_tags where deleted_at is null"
    ) == [{"n": 14}]


def subscriber(updated_at: int, **lists: list[str] | None) -> bytes:
    """A contact with these subscription lists; one that is not named is absent."""
    held = {
        f"{name}_subscription_types": ids and {"data": [{"id": one} for one in ids]}
        for name, ids in lists.items()
    }
    return json.dumps({"id": "c", "updated_at": updated_at, **held}).encode()


async def test_two_lists_share_a_table_and_an_absent_one_says_nothing(database: Database) -> None:
    async def standing() -> list[tuple[str, str]]:
        rows = await query(
            database,
            "select subscription_type_id as id, consent_type from intercom.contact_subscriptions"
            " where deleted_at is null order by id",
        )
        return [(row["id"], row["consent_type"]) for row in rows]

    def later(minutes: int) -> datetime:
        return T0 + timedelta(minutes=minutes)

    await store(database, subscriber(1, opted_in=["1"], opted_out=["2", "3"]), stream=CONTACTS)
    assert await standing() == [("1", "opt_in"), ("2", "opt_out"), ("3", "opt_out")]
    await store(database, subscriber(2, opted_out=["2"]), stream=CONTACTS, at=later(1))
    assert await standing() == [("1", "opt_in"), ("2", "opt_out"), ("3", "opt_out")]
    await store(database, subscriber(3, opted_in=["2"], opted_out=None), stream=CONTACTS, at=later(2))
    assert await standing() == [("2", "opt_in")]


async def test_elements_without_an_id_are_told_apart_by_their_place(database: Database) -> None:
    def times(*seconds: int) -> dict[str, Any]:
        return {"assigned_team_first_response_time": [{"team_id": None, "response_time": s} for s in seconds]}

    await store(database, conversation("1", 100, statistics=times(60, 90)))
    both = times(60) | {"assigned_team_first_response_time_in_office_hours": []}
    await store(database, conversation("1", 101, statistics=both), at=T0 + timedelta(minutes=1))
    rows = await query(
        database,
        "select position, in_office_hours, response_time, deletion_reason"
        " from intercom.conversation_team_response_times order by position",
    )
    assert [tuple(row.values()) for row in rows] == [(1, False, 60, None), (2, False, 90, "removed")]


async def test_the_same_record_twice_in_a_page_is_stored_once_in_its_newest_version(
    database: Database,
) -> None:
    await store(database, conversation("1", 101, state="new"), conversation("1", 100, state="old"))
    assert await query(database, "select state from intercom.conversations") == [{"state": "new"}]


async def refuse_in_database(database: Database, column: str) -> None:
    """Makes PostgreSQL refuse what validation lets pass, as a limit of the server's would."""
    table, name = column.split(".")
    await database.connection.execute(
        f"alter table intercom.{table} add check ({name} is distinct from 'refuse me')".encode()
    )


async def test_one_poisoned_record_goes_to_quarantine_and_its_neighbours_land(database: Database) -> None:
    await refuse_in_database(database, "conversations.state")
    records = [conversation(str(n), n) for n in range(1, 40)]
    poisoned = conversation("bad", 5, state="refuse me")
    records.insert(17, poisoned)
    written = await store(database, *records)
    assert (written.inserted, written.rejected) == (39, 1)
    held = await query(database, "select stream, record_id, raw, reason from etl.quarantine")
    assert [(row["stream"], row["record_id"]) for row in held] == [("conversations", "bad")]
    assert held[0]["raw"] == poisoned.decode()
    assert "23514" in held[0]["reason"]


async def test_one_poisoned_part_goes_to_quarantine_and_its_conversation_lands(database: Database) -> None:
    await refuse_in_database(database, "conversation_parts.body")
    parts = [{"id": "a"}, {"id": "b", "body": "refuse me"}, {"id": "c"}]
    written = await store(database, conversation("1", 5, parts=parts), conversation("2", 6))
    assert (written.inserted, written.rejected) == (2, 1)
    held = await query(database, "select stream, record_id, parent_id from etl.quarantine")
    assert held == [{"stream": "conversation_parts", "record_id": "b", "parent_id": "1"}]
    assert await query(database, "select id from intercom.conversation_parts order by id") == [
        {"id": "a"},
        {"id": "c"},
    ]


@pytest.mark.parametrize("number", ["1e999999", "9" * 5000, "-1.5E+4096", "NaN", "-Infinity"])
async def test_numbers_that_nothing_can_hold_cost_neither_the_record_nor_its_digits(
    database: Database, number: str
) -> None:
    text = b'{"id":"7","updated_at":5,"x":' + number.encode() + b"}"
    written = await store(database, text)
    assert (written.inserted, written.rejected) == (1, 0)
    kept = None if number.endswith(("NaN", "Infinity")) else number
    assert await query(database, "select raw->>'x' as x from intercom.conversations") == [{"x": kept}]


async def test_a_reject_is_kept_once_and_resolved_by_a_later_good_version(database: Database) -> None:
    bad = b'{"id":"7","updated_at":5,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    await store(database, bad)
    await store(database, bad, at=T0 + timedelta(minutes=1))
    assert len(await query(database, "select 1 from etl.quarantine where resolved_at is null")) == 1
    loader = await Loader.create(database.connection, CONVERSATIONS)
    batch = to_batch(CONVERSATIONS, Page((conversation("7", 6),), T0 + timedelta(minutes=2)))
    async with database.transaction() as tx:
        await loader.write(tx, batch, workspace_id="w", run_id=2, now=T0)
    assert await query(database, "select 1 from etl.quarantine where resolved_at is null") == []


@given(
    versions=st.permutations(
        [(100, 0, "a"), (100, 1, "b"), (101, 2, "c"), (102, 3, "d"), (102, 4, "e"), (99, 5, "f")]
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_order_of_arrival_does_not_matter(
    database: Database, versions: list[tuple[int, int, str]]
) -> None:
    await database.connection.execute(b"truncate intercom.conversations, intercom.conversation_parts")
    for updated_at, minute, state in versions:
        await store(
            database,
            conversation("1", updated_at, state=state, parts=[{"id": state}]),
            at=T0 + timedelta(minutes=minute),
        )
    assert await query(database, "select state from intercom.conversations") == [{"state": "e"}]
    live = "select id from intercom.conversation_parts where deleted_at is null"
    assert await query(database, live) == [{"id": "e"}]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(extra=st.dictionaries(st.text(), json_values, max_size=6), body=st.text())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_record_is_either_stored_or_in_quarantine(
    database: Database, extra: dict[str, Any], body: str
) -> None:
    await database.connection.execute(b"truncate intercom.conversations, etl.quarantine cascade")
    record = {**extra, "id": "1", "updated_at": 5, "source": {"body": body}}
    text = json.dumps(record).encode()
    await store(database, text, conversation("2", 6))
    stored = await query(database, "select id, source_body from intercom.conversations order by id")
    held = await query(database, "select record_id from etl.quarantine")
    assert len(stored) + len(held) == 2
    assert stored[-1]["id"] == "2"
    if not held:
        expected = "".join("\ufffd" if c == "\0" or "\ud800" <= c <= "\udfff" else c for c in body)
        assert stored[0]["source_body"] == expected


async def test_a_writer_whose_lease_was_taken_over_cannot_write(
    database: Database, database_url: str
) -> None:
    async with open_database(database_url) as keeper, leased(keeper, "w", 1) as old:
        await database.connection.execute(
            b"update etl.lease set expires_at = now() - interval '1 second', epoch = epoch"
        )
        async with open_database(database_url) as other, leased(other, "w", 2) as new:
            assert new.epoch == old.epoch + 1
            with pytest.raises(LockHeldError):
                async with database.transaction() as tx:
                    await old.hold(tx)
            async with database.transaction() as tx:
                await new.hold(tx)


async def test_a_second_run_is_told_who_holds_the_lease(database_url: str) -> None:
    async with (
        open_database(database_url) as keeper,
        leased(keeper, "w", 41),
        open_database(database_url) as other,
    ):
        with pytest.raises(LockHeldError, match="run 41"):
            await leased(other, "w", 42).__aenter__()


async def test_a_holder_whose_connection_is_gone_is_replaced_at_once(
    database: Database, database_url: str
) -> None:
    async with open_database(database_url) as keeper:
        await database.connection.execute(b"select 1")
        lease = leased(keeper, "w", 1)
        await lease.__aenter__()
        await keeper.connection.close()
        async with open_database(database_url) as other, leased(other, "w", 2) as new:
            assert new.epoch == 2
        await lease.__aexit__(None, None, None)


async def test_a_bookmark_never_moves_back_and_obeys_no_older_epoch(database: Database) -> None:
    async def move(lease: Lease, hours: int) -> None:
        async with database.transaction() as tx:
            await bookmarks.advance(
                tx, lease, "contacts", run_id=1, reached=Reached(T0 + timedelta(hours=hours), T0)
            )

    await move(Lease("w", 5), 2)
    await move(Lease("w", 5), 1)
    with pytest.raises(LockHeldError):
        await move(Lease("w", 4), 9)
    held = await bookmarks.read_bookmarks(database, "w")
    assert held["contacts"].value == T0 + timedelta(hours=2)


async def test_an_interrupted_window_is_remembered_until_it_is_finished(database: Database) -> None:
    async with database.transaction() as tx:
        await bookmarks.remember(tx, Lease("w", 1), "contacts", run_id=1, resume_from=T0)
    assert (await bookmarks.read_bookmarks(database, "w"))["contacts"].resume_from == T0
    async with database.transaction() as tx:
        await bookmarks.advance(tx, Lease("w", 1), "contacts", run_id=1, reached=Reached(T0, T0))
    assert (await bookmarks.read_bookmarks(database, "w"))["contacts"].resume_from is None


async def test_rows_rejects_and_bookmark_are_undone_together(database: Database) -> None:
    loader = await Loader.create(database.connection, TAGS)
    batch = to_batch(TAGS, Page((b'{"id":"1"}', b"{}"), T0))

    async def half_done() -> None:
        async with database.transaction() as tx:
            await loader.write(tx, batch, workspace_id="w", run_id=1, now=T0)
            await bookmarks.advance(tx, Lease("w", 1), "tags", run_id=1, reached=Reached(None, T0))
            assert len(await fetch_rows(tx, "list_bookmarks", {"workspace_id": "w"})) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await half_done()
    for table in ("intercom.tags", "etl.quarantine", "etl.bookmark"):
        assert await query(database, f"select 1 from {table}") == []


async def test_a_connection_that_was_ended_before_the_first_batch_is_no_bug(
    database: Database, database_url: str
) -> None:
    table = (await Loader.create(database.connection, TAGS)).table
    async with open_database(database_url) as other:
        await other.connection.execute(
            b"select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
            b" and datname = current_database()"
        )
    with pytest.raises(DatabaseUnavailableError):
        await Seen.begin(database.connection, table)
    with pytest.raises(DatabaseUnavailableError):
        await Loader.create(database.connection, TAGS)


@pytest.mark.parametrize("identity", ['"a\\u0000b"', '"' + "x" * 3_800 + '"', '"' + "\U0001f600" * 900 + '"'])
async def test_an_id_that_no_index_can_hold_spoils_nothing_else(database: Database, identity: str) -> None:
    strange = (
        b'{"id":%s,"name":"strange","deep":' % identity.encode() + b"[" * 100_000 + b"]" * 100_000 + b"}"
    )
    for minutes in (0, 1):
        batch = to_batch(TAGS, Page((strange, b'{"id":"1"}'), T0 + timedelta(minutes=minutes)))
        loader = await Loader.create(database.connection, TAGS)
        async with database.transaction() as tx:
            await loader.write(tx, batch, workspace_id="w", run_id=1, now=T0)
    assert await query(database, "select id from intercom.tags") == [{"id": "1"}]
    assert len(await query(database, "select 1 from etl.quarantine")) == 1


async def test_a_part_that_is_nested_too_deep_to_be_parsed_does_not_take_its_conversation_along(
    database: Database,
) -> None:
    part = b'{"id":"p2","part_type":"comment","extra":' + b"[" * 1_000 + b"]" * 1_000 + b"}"
    record = (
        b'{"id":"5","updated_at":100,"state":"open","conversation_parts":{"total_count":2,"conversation_parts":'
        b'[{"id":"p1","body":"hello"},' + part + b"]}}"
    )
    await store(database, record)
    assert await query(database, "select state from intercom.conversations") == [{"state": "open"}]
    parts = await query(database, "select id, body, part_type from intercom.conversation_parts order by id")
    assert parts == [
        {"id": "p1", "body": "hello", "part_type": None},
        {"id": "p2", "body": None, "part_type": "comment"},
    ]


async def test_an_only_part_that_is_refused_does_not_cost_its_conversation(database: Database) -> None:
    # fits for itself, and not into one index entry with its parent; random, since entries are compressed
    letters = random.Random(1)
    too_long = "".join(chr(letters.randrange(0x20000, 0x2A6D0)) for _ in range(500))
    await store(database, conversation(too_long[:200], 100, parts=[{"id": too_long}]))
    assert await query(database, "select state from intercom.conversations") == [{"state": "open"}]
    assert await query(database, "select 1 from intercom.conversation_parts") == []
    held = await query(database, "select stream, record_id, parent_id from etl.quarantine")
    assert held == [{"stream": "conversation_parts", "record_id": too_long, "parent_id": too_long[:200]}]
