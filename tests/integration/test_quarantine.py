"""One entry a record, closed by what is newer, dropped for good, and tried again as old as it is."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intercom_etl.batch import Batch
from intercom_etl.errors import UsageError
from intercom_etl.load.write import Loader
from intercom_etl.page import Gone, Page, Unavailable
from intercom_etl.postgres.connection import Database
from intercom_etl.quarantine import Choice, Look, drop, list_entries, read_entry
from intercom_etl.quarantine_retry import Retries, retry
from intercom_etl.report import Written
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch

T0 = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CONVERSATIONS, NOTES = all_streams()["conversations"], all_streams()["contact_notes"]


def minutes(count: float) -> datetime:
    return T0 + timedelta(minutes=count)


def conversation(identity: str, updated_at: int, *, parts: list[Any] | None = None, **more: Any) -> bytes:
    held = {"total_count": len(parts or []), "conversation_parts": parts or []}
    return json.dumps({"id": identity, "updated_at": updated_at, "conversation_parts": held, **more}).encode()


async def write(database: Database, batch: Batch, stream: Any, run: int) -> Written:
    loader = await Loader.create(database.connection, stream)
    async with database.transaction() as tx:
        return await loader.write(tx, batch, workspace_id="w", run_id=run, now=T0)


async def store(
    database: Database,
    *records: bytes,
    at: float = 0,
    run: int = 901,
    stream: Any = CONVERSATIONS,
    **page: Any,
) -> Written:
    return await write(database, to_batch(stream, Page(tuple(records), minutes(at), **page)), stream, run)


async def fail(database: Database, *ids: str, at: float = 0, run: int = 901, reason: str = "500") -> Written:
    lost = tuple(Unavailable(i, json.dumps({"id": i, "updated_at": 5}).encode(), reason) for i in ids)
    return await store(database, at=at, run=run, unavailable=lost)


async def query(database: Database, text: str) -> list[dict[str, Any]]:
    return await (await database.connection.execute(text.encode())).fetchall()


async def entries(database: Database, *columns: str, also: str = "") -> list[tuple[Any, ...]]:
    chosen = ", ".join(columns)
    found = await query(database, f"select {chosen} from etl.quarantine {also} order by id")
    return [tuple(row.values()) for row in found]


async def refuse(database: Database, column: str) -> None:
    table, name = column.split(".")
    await query_nothing(
        database,
        f"alter table intercom.{table} add constraint no check ({name} is distinct from 'refuse me')",
    )


async def upgrade(database: Database, table: str) -> None:
    """What could not be stored can be from now on."""
    await query_nothing(database, f"alter table intercom.{table} drop constraint no")


async def query_nothing(database: Database, statement: str) -> None:
    await database.connection.execute(statement.encode())


async def try_again(url: str, *ids: int, **more: Any) -> Retries:
    return await retry(
        Choice(ids), database_url=url, clock=lambda: T0 + timedelta(days=9), **{"policy": None, **more}
    )


async def give_up(url: str, *ids: int) -> None:
    await drop(Choice(ids), database_url=url, clock=lambda: T0)


def bad(updated_at: int = 5, identity: str = "7") -> bytes:
    return conversation(identity, updated_at, state="refuse me")


async def test_a_record_has_one_entry_that_is_kept_current_whatever_it_is_refused_for(
    database: Database,
) -> None:
    await refuse(database, "conversations.state")
    await store(database, bad())
    await store(database, bad(6), at=1, run=902)
    await query_nothing(
        database, "update etl.quarantine set reason = 'said in other words by an older version'"
    )
    written = await store(database, bad(6), at=2, run=903)
    assert written.rejected == 1
    [(first, last, reason, raw, fetched)] = await entries(
        database, "first_run_id", "run_id", "reason", "raw", "fetched_at"
    )
    assert (first, last, fetched) == (901, 903, minutes(2))
    assert "23514" in reason
    assert '"refuse me"' in raw
    # an older reading, from a folder that is loaded late, takes nothing of that away
    await store(database, bad(), at=-60, run=904)
    assert await entries(database, "run_id", "fetched_at") == [(903, minutes(2))]


async def test_refused_texts_without_a_usable_id_are_told_apart_by_their_text(database: Database) -> None:
    nameless = [b'{"id":null,"n":1}', b'{"id":null,"n":2}', b"[]"]
    long_ids = [json.dumps({"id": "x" * 600 + str(n)}).encode() for n in range(2)]
    for run in (901, 902):
        assert (await store(database, *nameless, *long_ids, run=run)).rejected == 5
    assert await entries(database, "record_id is null", "run_id") == [(True, 902)] * 3 + [(False, 902)] * 2


async def test_an_older_reading_closes_no_entry_and_a_later_one_does(database: Database) -> None:
    await refuse(database, "conversations.state")
    await store(database, bad())
    await store(database, conversation("7", 4), at=-60, run=902)
    assert await entries(database, "resolution") == [(None,)]
    await store(database, conversation("7", 6), at=1, run=901)  # of the same run
    assert await entries(database, "resolution", "resolved_by") == [("stored", 901)]
    # a folder that is loaded once more opens nothing that was closed since
    assert (await store(database, bad(), run=903)).rejected == 0
    assert await entries(database, "resolution") == [("stored",)]
    assert (await store(database, bad(), at=5, run=904)).rejected == 1
    assert await entries(database, "resolution") == [("stored",), (None,)]


async def test_a_record_that_keeps_failing_has_one_entry_with_the_newest_reason(database: Database) -> None:
    await refuse(database, "conversations.state")
    await fail(database, "1")
    written = await fail(database, "1", at=5, run=902, reason="timeout")
    assert written.rejected == 1
    [(first, last, reason)] = await entries(database, "first_run_id", "run_id", "reason")
    assert (first, last) == (901, 902)
    assert reason.endswith("timeout")
    # a text that came and was refused is the better one to keep; one that fails later does not replace it
    await store(database, bad(6, "1"), at=6, run=903)
    await fail(database, "1", at=7, run=904)
    assert await entries(database, "pending", "resolution") == [
        (True, "replaced"),
        (False, None),
        (True, None),
    ]
    await store(database, gone=(Gone(b'{"id":"1"}', "not_found"),), at=8, run=905)
    assert await entries(database, "resolution", also="where id > 1") == [("gone",), ("gone",)]


async def test_what_was_dropped_stays_closed_until_its_text_or_its_reason_changes(
    database: Database, database_url: str
) -> None:
    await refuse(database, "conversations.state")
    await store(database, bad(), b'{"id":null}')
    await give_up(database_url, 1, 2)
    written = await store(database, bad(), b'{"id":null}', at=5, run=902)
    assert (written.rejected, written.dropped) == (0, 2)
    assert await entries(database, "resolution", "run_id") == [("dropped", 901)] * 2
    assert (await query(database, "select command, status, exit_code from etl.run")) == [
        {"command": "quarantine drop", "status": "ok", "exit_code": 0}
    ]
    assert (await store(database, bad(6), at=6)).rejected == 1
    await query_nothing(database, "update etl.quarantine set reason = 'another' where id = 1")
    assert (await store(database, b'{"id":null}', at=7)).rejected == 1
    # as it was dropped once, in place of what is open now
    assert (await store(database, bad(), at=8)).rejected == 0
    assert await entries(database, "resolution") == [("dropped",), ("dropped",), ("replaced",), (None,)]


async def test_a_dropped_pending_record_comes_back_when_it_changes(
    database: Database, database_url: str
) -> None:
    await fail(database, "1")
    await give_up(database_url, 1)
    assert (await fail(database, "1", at=5, reason="timeout")).rejected == 0
    again = Unavailable("1", b'{"id":"1"}', "asked for in a round")
    assert (await store(database, at=6, unavailable=(again,))).rejected == 0
    changed = Unavailable("1", b'{"id":"1","updated_at":6}', "500")
    assert (await store(database, at=7, unavailable=(changed,))).rejected == 1


async def test_a_dropped_list_comes_back_when_its_parent_was_written_since(
    database: Database, database_url: str
) -> None:
    contacts = all_streams()["contacts"]
    lost = Unavailable("c", b'{"id":"c"}', "500")
    await store(database, b'{"id":"c","updated_at":1}', stream=contacts)
    await store(database, stream=NOTES, unavailable=(lost,), at=1)
    await give_up(database_url, 1)
    assert (await store(database, stream=NOTES, unavailable=(lost,), at=2)).rejected == 0
    await store(database, b'{"id":"c","updated_at":2}', stream=contacts, at=3)
    assert (await store(database, stream=NOTES, unavailable=(lost,), at=4)).rejected == 1


async def test_a_retry_stores_what_was_refused_as_old_as_it_is(database: Database, database_url: str) -> None:
    await refuse(database, "conversations.state")
    for identity in ("new", "old", "gone", "bad"):
        await store(database, conversation(identity, 5, state="refuse me", parts=[{"id": f"{identity}1"}]))
    await upgrade(database, "conversations")
    await query_nothing(database, "update etl.quarantine set run_id = 1")
    # behind the back of the quarantine, as before entries were closed by what is newer
    await store(database, conversation("old", 6, state="open"), at=1)
    await store(database, gone=(Gone(b'{"id":"gone"}', "deleted"),), at=1)
    await query_nothing(database, "update etl.quarantine set resolved_at = null, resolution = null")
    await query_nothing(database, "update etl.quarantine set raw = '{}' where record_id = 'bad'")
    await fail(database, "waits")
    done = await try_again(database_url)
    assert [one.outcome for one in done.entries] == ["stored", "outdated", "gone", "refused", "pending"]
    assert done.exit_code == 3
    stored = (
        "select id, state, synced_at, deleted_at is not null as gone from intercom.conversations order by id"
    )
    assert [tuple(row.values()) for row in await query(database, stored)] == [
        ("gone", None, minutes(1), True),
        ("new", "refuse me", T0, False),
        ("old", "open", minutes(1), False),
    ]
    assert await query(database, "select id from intercom.conversation_parts") == [{"id": "new1"}]
    assert await entries(database, "resolution") == [
        ("stored",), ("outdated",), ("gone",), (None,), (None,)
    ]  # fmt: skip
    [(reason,)] = await entries(database, "reason", also="where record_id = 'bad'")
    assert "`id`" in reason
    [run] = await query(database, "select command, status, exit_code, streams from etl.run")
    assert (run["command"], run["status"], run["exit_code"]) == ("quarantine retry", "partial", 3)
    assert run["streams"]["conversations"]["quarantined"] == 2
    assert run["streams"]["conversations"]["inserted"] == 1
    again = await try_again(database_url)
    assert [one.outcome for one in again.entries] == ["refused", "pending"]
    assert len(await entries(database, "id")) == 5


async def test_a_refused_part_is_written_to_its_record_and_its_siblings_stay(
    database: Database, database_url: str
) -> None:
    await refuse(database, "conversation_parts.body")
    parts = [{"id": "a"}, {"id": "b", "body": "refuse me"}]
    for identity in ("1", "2", "3"):
        await store(database, conversation(identity, 5, parts=parts))
    await upgrade(database, "conversation_parts")
    await query_nothing(database, "delete from intercom.conversations where id = '2'")
    await store(database, gone=(Gone(b'{"id":"3"}', "deleted"),), at=1)
    await query_nothing(database, "update etl.quarantine set resolved_at = null, resolution = null")
    done = await try_again(database_url)
    assert [(one.parent_id, one.outcome) for one in done.entries] == [
        ("1", "stored"),
        ("2", "waiting"),
        ("3", "gone"),
    ]
    live = (
        "select id, synced_at from intercom.conversation_parts"
        " where conversation_id = '{}' and deleted_at is null"
    )
    assert await query(database, live.format("1") + " order by id") == [
        {"id": "a", "synced_at": T0},
        {"id": "b", "synced_at": T0},
    ]
    assert [row["id"] for row in await query(database, live.format("3"))] == ["a"]


async def test_a_part_that_its_record_has_lost_since_is_not_brought_back(
    database: Database, database_url: str
) -> None:
    await refuse(database, "conversation_parts.body")
    await store(database, conversation("1", 5, parts=[{"id": "b", "body": "refuse me"}, {"id": "a"}]))
    await upgrade(database, "conversation_parts")
    await store(database, conversation("1", 6, parts=[{"id": "a"}]), at=1, run=902)
    assert await entries(database, "resolution") == [("stored",)]
    await query_nothing(database, "update etl.quarantine set resolved_at = null, resolution = null")
    done = await try_again(database_url, 1)
    assert [one.outcome for one in done.entries] == ["outdated"]
    assert await query(database, "select id from intercom.conversation_parts") == [{"id": "a"}]


async def test_elements_of_lists_that_share_a_table_keep_their_place(
    database: Database, database_url: str
) -> None:
    await refuse(database, "conversation_recipients.email")
    same = {"email": "refuse me"}
    source = {"recipients": [{"email": "a"}, same], "reply_to": [same]}
    assert (await store(database, conversation("1", 5, source=source))).rejected == 2
    await upgrade(database, "conversation_recipients")
    done = await try_again(database_url)
    assert [one.outcome for one in done.entries] == ["stored", "stored"]
    found = await query(
        database, "select listed_in, position, email from intercom.conversation_recipients order by 1, 2"
    )
    assert [tuple(row.values()) for row in found] == [
        ("recipients", 1, "a"),
        ("recipients", 2, "refuse me"),
        ("reply_to", 1, "refuse me"),
    ]


async def test_a_record_of_a_list_needs_the_parent_and_says_nothing_of_the_list(
    database: Database, database_url: str
) -> None:
    contacts = all_streams()["contacts"]
    await refuse(database, "contact_notes.body")
    await store(database, b'{"id":"c","updated_at":1}', stream=contacts)
    note = b'{"id":"%s%d","body":"%s"}'
    for parent in ("c", "nobody"):
        whole = [note % (parent.encode(), 1, b"fine"), note % (parent.encode(), 2, b"refuse me")]
        await store(database, *whole, stream=NOTES, parents=(parent, parent), whole=(parent,), run=902)
    await upgrade(database, "contact_notes")
    done = await try_again(database_url)
    assert [(one.parent_id, one.outcome) for one in done.entries] == [("c", "stored"), ("nobody", "waiting")]
    assert "not stored" in str(done.entries[1].why)
    live = await query(
        database,
        "select id from intercom.contact_notes where contact_id = 'c' and deleted_at is null order by id",
    )
    assert len(live) == 2


async def test_a_conversation_that_was_deleted_before_it_could_be_stored_stays_away(
    database: Database, database_url: str
) -> None:
    await refuse(database, "conversations.state")
    await store(database, conversation("1", 5, state="refuse me"))
    await upgrade(database, "conversations")
    deleted = json.dumps({"id": "1", "deleted_at": int(minutes(3).timestamp())}).encode()
    await store(database, deleted, stream=all_streams()["deleted_conversations"], at=4)
    done = await try_again(database_url)
    assert [one.outcome for one in done.entries] == ["gone"]
    assert await query(database, "select 1 from intercom.conversations") == []


async def test_entries_are_listed_shown_and_chosen(database: Database, database_url: str) -> None:
    await refuse(database, "conversations.state")
    await store(database, bad(), b'{"id":null}')
    await fail(database, "2", run=902)
    await give_up(database_url, 1)
    found = await list_entries(database_url, Look())
    assert [entry["id"] for entry in found.entries] == [3, 2]
    assert (found.matching, found.open, found.pending) == (2, 2, 1)
    for look, ids in (
        (Look(closed=True), [3, 2, 1]),
        (Look(pending=True), [3]),
        (Look(run=902), [3]),
        (Look(stream="conversation_parts"), []),
        (Look(stream="conversations", limit=1), [3]),
        (Look(workspace="another"), []),
    ):
        assert [entry["id"] for entry in (await list_entries(database_url, look)).entries] == ids
    assert (await read_entry(database_url, 2))["raw"] == bad().decode()
    for ids, words in (
        ((99,), "no entry `99`"),
        ((2, 1), "`1` is closed already (dropped)"),
        ((2**70,), "no"),
    ):
        with pytest.raises(UsageError, match=words.replace("(", r"\(").replace(")", r"\)")):
            await give_up(database_url, *ids)
    assert await entries(database, "resolution") == [("dropped",), (None,), (None,)]
    await query_nothing(database, "update etl.quarantine set workspace_id = 'v' where id = 2")
    with pytest.raises(UsageError, match="several workspaces"):
        await drop(Choice(), database_url=database_url, clock=lambda: T0)


async def test_old_entries_become_one_a_record(empty_database_url: str) -> None:
    from intercom_etl.postgres.connection import open_database
    from intercom_etl.postgres.migrations import read_migrations

    async with open_database(empty_database_url) as database:
        for migration in read_migrations():
            if migration.name < "0084":
                await query_nothing(database, migration.sql.decode())
        await query_nothing(
            database,
            "insert into etl.quarantine (run_id, workspace_id, stream, record_id, raw, reason, created_at,"
            " resolved_at) values (1, 'w', 's', '1', 'a', 'r', now(), null),"
            " (2, 'w', 's', '1', 'a', 'q', now(), null),"
            " (2, 'w', 's', null, 'a', 'r', now(), null), (2, 'w', 's', null, 'b', 'r', now(), null),"
            " (1, 'w', 's', '2', 'a', 'r', now(), now())",
        )
        [migration] = [one for one in read_migrations() if one.name.startswith("0084")]
        await query_nothing(database, migration.sql.decode())
        assert await entries(database, "resolution", "first_run_id") == [
            ("replaced", 1),
            (None, 2),
            (None, 2),
            (None, 2),
            ("stored", 1),
        ]
