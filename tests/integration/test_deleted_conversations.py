"""Conversations that Intercom says were deleted are marked, and nothing else is."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from intercom_etl.load.write import Loader
from intercom_etl.page import Gone, Page
from intercom_etl.postgres.connection import Database
from intercom_etl.report import Written
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch

T0 = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DELETED_AT = 1_767_000_000
MARKS = "select id, deletion_reason, extract(epoch from deleted_at)::bigint as at from intercom.conversations"


async def store(
    database: Database,
    name: str,
    *records: dict[str, Any],
    at: datetime = T0,
    workspace: str = "w",
    **page: Any,
) -> Written:
    stream = all_streams()[name]
    loader = await Loader.create(database.connection, stream)
    batch = to_batch(stream, Page(tuple(json.dumps(record).encode() for record in records), at, **page))
    async with database.transaction() as tx:
        return await loader.write(tx, batch, workspace_id=workspace, run_id=1, now=at)


async def marks(database: Database) -> dict[str, tuple[str | None, int | None]]:
    rows = await (await database.connection.execute(MARKS.encode())).fetchall()
    return {row["id"]: (row["deletion_reason"], row["at"]) for row in rows}


async def test_those_that_are_named_are_marked_with_the_time_of_the_api(database: Database) -> None:
    await store(database, "conversations", *({"id": str(n), "updated_at": 5} for n in range(4)))
    written = await store(
        database,
        "deleted_conversations",
        {"type": "conversation", "id": "1", "metrics_retained": True, "deleted_at": DELETED_AT},
        {"type": "conversation", "id": "77", "metrics_retained": False, "deleted_at": DELETED_AT},
        at=T0 + timedelta(minutes=1),
    )
    assert (written.inserted, written.buried) == (2, 1)
    assert await marks(database) == {
        "0": (None, None),
        "1": ("deleted", DELETED_AT),
        "2": (None, None),
        "3": (None, None),
    }


async def test_a_guess_becomes_knowledge_and_other_reasons_stay(database: Database) -> None:
    reasons = ("not_found", "absent", "deleted", "merged")
    gone = tuple(Gone(json.dumps({"id": reason, "updated_at": 5}).encode(), reason) for reason in reasons)
    await store(database, "conversations", gone=gone)
    named = [{"id": reason, "deleted_at": DELETED_AT} for reason in reasons]
    written = await store(database, "deleted_conversations", *named, at=T0 + timedelta(minutes=1))
    assert written.buried == 3
    at_reading = int(T0.timestamp())
    assert await marks(database) == {
        "not_found": ("deleted", DELETED_AT),
        "absent": ("deleted", DELETED_AT),
        "deleted": ("deleted", DELETED_AT),
        "merged": ("merged", at_reading),
    }


async def test_naming_them_again_changes_nothing(database: Database) -> None:
    await store(database, "conversations", {"id": "1", "updated_at": 5})
    for minute in (1, 2):
        written = await store(
            database,
            "deleted_conversations",
            {"id": "1", "deleted_at": DELETED_AT},
            at=T0 + timedelta(minutes=minute),
        )
    assert (written.inserted, written.updated, written.unchanged, written.buried) == (0, 0, 1, 0)


async def test_one_without_a_time_is_gone_since_it_was_read(database: Database) -> None:
    await store(database, "conversations", {"id": "1", "updated_at": 5})
    at = T0 + timedelta(minutes=1)
    await store(database, "deleted_conversations", {"id": "1", "deleted_at": None}, at=at)
    assert await marks(database) == {"1": ("deleted", int(at.timestamp()))}


async def test_another_workspace_is_not_touched(database: Database) -> None:
    await store(database, "conversations", {"id": "1", "updated_at": 5}, workspace="other")
    await store(database, "deleted_conversations", {"id": "1", "deleted_at": DELETED_AT})
    assert await marks(database) == {"1": (None, None)}


async def test_what_was_read_before_the_deletion_does_not_bring_it_back(database: Database) -> None:
    await store(database, "conversations", {"id": "1", "updated_at": 5})
    deleted_at = int(T0.timestamp()) + 60
    await store(
        database, "deleted_conversations", {"id": "1", "deleted_at": deleted_at}, at=T0 + timedelta(minutes=5)
    )
    await store(database, "conversations", {"id": "1", "updated_at": 6}, at=T0 + timedelta(seconds=30))
    assert await marks(database) == {"1": ("deleted", deleted_at)}
