"""Input that nobody here wrote: every 2xx example of the official spec for our endpoints parses and loads."""

import json
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from intercom_etl.endpoint import Log, PerName, PerParent, Search, Together
from intercom_etl.export import Export
from intercom_etl.extract.config import Answer
from intercom_etl.extract.export_job import job_id, job_state
from intercom_etl.load.write import Loader
from intercom_etl.page import Page
from intercom_etl.postgres.connection import Database
from intercom_etl.stream import Stream
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch

SPEC = Path(__file__).parents[1] / "fixtures" / "openapi" / "api.intercom.io-2.16.yaml"
NOW = datetime(2026, 1, 2, tzinfo=UTC)

# the spec shows only empty lists of these
WITHOUT_EXAMPLES = {"data_events", "newsfeed_items"}
# other addresses of the same records
FURTHER: tuple[tuple[str, str, str, str | None], ...] = (
    ("contacts", "get", "/contacts", "data"),
    ("companies", "post", "/companies/list", "data"),
    ("companies", "get", "/companies", "data"),
    ("companies", "get", "/companies/{company_id}", None),
    ("conversations", "get", "/conversations", "conversations"),
    ("admins", "get", "/admins/{admin_id}", None),
    ("teams", "get", "/teams/{team_id}", None),
    ("tags", "get", "/tags/{tag_id}", None),
    ("segments", "get", "/segments/{segment_id}", None),
)


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
            named = [example["value"] for example in content.get("examples", {}).values()]
            bodies += named or [from_properties(content.get("schema", {}))]
    return bodies


def from_properties(schema: dict[str, Any]) -> Any:
    """The example that the properties of a schema give together, where the operation shows none."""
    if "$ref" in schema:
        return from_properties(spec()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]])
    if schema.get("type") == "array":
        return [from_properties(schema["items"])]
    if "properties" in schema:
        return {name: from_properties(value) for name, value in schema["properties"].items()}
    return schema.get("example", "1" if schema.get("type") == "string" else None)


def records(body: Any, key: str | None) -> list[dict[str, Any]]:
    if key is None:
        return [body]
    assert key in body, f"the list is not under `{key}`: {sorted(body)}"
    return body[key]


def operations() -> list[tuple[str, str, str, str | None]]:
    """Stream, method, path, and key of the list (None: the answer is the record), of every stream."""
    found: list[tuple[str, str, str, str | None]] = list(FURTHER)
    for stream in all_streams().values():
        endpoint = stream.endpoint
        if isinstance(endpoint, Export):  # its answers speak of a job, the records are in files
            continue
        each = endpoint.each if isinstance(endpoint, PerParent) else endpoint
        method = "post" if isinstance(each, Search | Log | Together) else "get"
        key = endpoint.each.key if isinstance(endpoint, PerParent | PerName) else endpoint.key
        found.append((stream.name, method, endpoint.path, key))
        singles = {stream.detail, stream.confirm.address if stream.confirm else None, endpoint.path + "/{id}"}
        found += [(stream.name, "get", path, None) for path in singles if path and is_single(path)]
    return sorted(set(found), key=str)


def is_single(path: str) -> bool:
    return any(
        nameless(known) == nameless(path) and "get" in spec()["paths"][known] for known in spec()["paths"]
    )


@pytest.mark.parametrize("operation", operations(), ids=lambda value: " ".join(map(str, value)))
async def test_every_example_is_stored_whole(
    database: Database, operation: tuple[str, str, str, str | None]
) -> None:
    name, method, path, key = operation
    stream: Stream = all_streams()[name]
    bodies = examples(method, path)
    assert bodies, "the spec gives no example"
    for body in bodies:
        sent = records(body, key)
        texts = tuple(json.dumps(record).encode() for record in sent)
        parents = ("1",) * len(texts) if stream.parent_key else ()
        batch = to_batch(stream, Page(texts, NOW, parents=parents))
        assert batch.rejects == []
        assert not batch.cleaned
        if key is not None or path == stream.detail:  # others are never asked for, and may hold more
            assert not batch.unknown
        await database.connection.execute(f"truncate intercom.{stream.name}".encode())
        loader = await Loader.create(database.connection, stream)
        async with database.transaction() as tx:
            written = await loader.write(tx, batch, workspace_id="w", run_id=1, now=NOW)
        assert written.rejected == 0
        cursor = await database.connection.execute(f"select raw from intercom.{stream.name}".encode())
        stored = [row["raw"] for row in await cursor.fetchall()]
        assert sorted(map(canonical, stored)) == sorted({canonical(record) for record in sent})


def canonical(record: Any) -> str:
    return json.dumps(record, sort_keys=True)


def job_examples() -> list[tuple[str, Any]]:
    """Every example of a job of the streams that are exported: where it stands, and the body."""
    exports = [s.endpoint for s in all_streams().values() if isinstance(s.endpoint, Export)]
    asked = {("post", export.path) for export in exports} | {("get", export.status) for export in exports}
    asked |= {("post", export.cancel) for export in exports if export.cancel}
    return [(f"{method} {path}", body) for method, path in sorted(asked) for body in examples(method, path)]


@pytest.mark.parametrize("example", job_examples(), ids=lambda value: value[0])
def test_every_example_of_a_job_is_understood(example: tuple[str, Any]) -> None:
    _, body = example
    text = {name: json.dumps(value).encode() for name, value in body.items()}
    answer = Answer(text, NOW, 200, None, json.dumps(body).encode())
    assert job_id(answer) == body["job_identifier"]
    expected = {"pending": "waiting", "complete": "done", "failed": "failed", "canceled": "failed"}
    assert job_state(answer) == expected[body["status"]]


def test_every_status_of_a_job_that_ends_it_is_known() -> None:
    statuses = spec()["components"]["schemas"]["data_export"]["properties"]["status"]["enum"]
    waiting = {status for status in statuses if job_state(job_with(status)) == "waiting"}
    assert waiting == {"pending", "in_progress"}


def job_with(status: str) -> Answer:
    return Answer({"status": json.dumps(status).encode()}, NOW, 200, None, b"")


def test_every_documented_column_of_an_export_has_a_column_here() -> None:
    documented = spec()["components"]["schemas"]["data_export_csv"]["properties"]
    assert documented.keys() <= all_streams()["content_export_rows"].model.model_fields.keys()


def test_most_streams_have_examples_with_records_in_the_spec() -> None:
    held = {
        name
        for name, method, path, key in operations()
        if any(records(b, key) for b in examples(method, path))
    }
    listed = {name for name, stream in all_streams().items() if not isinstance(stream.endpoint, Export)}
    assert listed - held <= WITHOUT_EXAMPLES
