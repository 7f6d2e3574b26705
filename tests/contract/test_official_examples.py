"""Input that nobody here wrote: every 2xx example of the official spec for our endpoints parses and loads."""

import json
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from intercom_etl.load.write import Loader
from intercom_etl.page import Page
from intercom_etl.postgres.connection import Database
from intercom_etl.stream import Stream
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch

SPEC = Path(__file__).parents[1] / "fixtures" / "openapi" / "api.intercom.io-2.16.yaml"
NOW = datetime(2026, 1, 2, tzinfo=UTC)

# operation -> stream, and the key of the list (None: the answer is the record)
OPERATIONS: dict[tuple[str, str], tuple[str, str | None]] = {
    ("post", "/contacts/search"): ("contacts", "data"),
    ("get", "/contacts"): ("contacts", "data"),
    ("get", "/contacts/{contact_id}"): ("contacts", None),
    ("get", "/companies/scroll"): ("companies", "data"),
    ("post", "/companies/list"): ("companies", "data"),
    ("get", "/companies"): ("companies", "data"),
    ("get", "/companies/{company_id}"): ("companies", None),
    ("post", "/conversations/search"): ("conversations", "conversations"),
    ("get", "/conversations"): ("conversations", "conversations"),
    ("get", "/conversations/{conversation_id}"): ("conversations", None),
    ("post", "/tickets/search"): ("tickets", "tickets"),
    ("get", "/tickets/{ticket_id}"): ("tickets", None),
    ("get", "/admins"): ("admins", "admins"),
    ("get", "/admins/{admin_id}"): ("admins", None),
    ("get", "/teams"): ("teams", "teams"),
    ("get", "/teams/{team_id}"): ("teams", None),
    ("get", "/tags"): ("tags", "data"),
    ("get", "/tags/{tag_id}"): ("tags", None),
    ("get", "/segments"): ("segments", "segments"),
    ("get", "/segments/{segment_id}"): ("segments", None),
}


@cache
def spec() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(SPEC.read_bytes(), Loader=loader)


def nameless(path: str) -> str:
    return re.sub(r"{\w+}", "{}", path)


def examples(method: str, path: str) -> list[Any]:
    """Bodies of all 2xx examples of an operation; the name of the path's parameter does not matter."""
    paths = spec()["paths"]
    found = next(p for p in paths if nameless(p) == nameless(path) and method in paths[p])
    bodies: list[Any] = []
    for status, response in paths[found][method]["responses"].items():
        if str(status).startswith("2"):
            content = response.get("content", {}).get("application/json", {})
            bodies += [example["value"] for example in content.get("examples", {}).values()]
    return bodies


def records(body: Any, key: str | None) -> list[dict[str, Any]]:
    if key is None:
        return [body]
    assert key in body, f"the list is not under `{key}`: {sorted(body)}"
    return body[key]


@pytest.mark.parametrize(
    ("operation", "target"), OPERATIONS.items(), ids=lambda value: " ".join(map(str, value))
)
async def test_every_example_is_stored_whole(
    database: Database, operation: tuple[str, str], target: tuple[str, str | None]
) -> None:
    stream: Stream = all_streams()[target[0]]
    bodies = examples(*operation)
    assert bodies, "the spec gives no example"
    for body in bodies:
        sent = {str(record["id"]): record for record in records(body, target[1])}
        page = Page(tuple(json.dumps(record).encode() for record in sent.values()), NOW)
        batch = to_batch(stream, page)
        assert batch.rejects == []
        assert not batch.cleaned
        await database.connection.execute(f"truncate intercom.{stream.name}".encode())
        loader = await Loader.create(database.connection, stream)
        async with database.transaction() as tx:
            written = await loader.write(tx, batch, workspace_id="w", run_id=1, now=NOW)
        assert written.rejected == 0
        cursor = await database.connection.execute(f"select id, raw from intercom.{stream.name}".encode())
        assert {row["id"]: row["raw"] for row in await cursor.fetchall()} == sent


def test_the_spec_has_examples_with_records_for_every_stream() -> None:
    held = {
        stream
        for (method, path), (stream, key) in OPERATIONS.items()
        if any(records(body, key) for body in examples(method, path))
    }
    assert held == set(all_streams())
