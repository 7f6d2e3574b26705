"""Records as the official spec allows them, made at random; a seed gives the same one each time."""

import json
from pathlib import Path
from random import Random
from typing import Any

from official_spec import Schema, record_members, resolved

from intercom_etl.export import Export
from intercom_etl.stream import Stream

FIXTURES = Path(__file__).parents[1] / "fixtures" / "streams"
DEEPEST = 6
IDS = [str(number) for number in range(1, 9)]  # few, so that children of two parents share them
TEXTS = [
    "",
    "Ada",
    "<p>Hello — ça va?</p>",
    "ada@example.com",
    "日本語 😀",
    "line\nline",
    "  ",
    "0",
    "\\N\t\\.",
]


def sound_record(stream: Stream, random: Random, identity: str) -> dict[str, Any]:
    """One record with this id: as the spec declares it, or as the stream's fixture shows it."""
    fixture = json.loads((FIXTURES / f"{stream.name}.json").read_text())
    if isinstance(stream.endpoint, Export) or random.random() < 0.4:
        record = dict(random.choice(fixture))
    else:
        declared = record_members(stream).items()
        record = {name: a_value(schema, random) for name, schema in declared if random.random() < 0.9}
    if stream.identity == ("id",):
        record["id"] = identity
    if stream.replication_key is not None:
        record[stream.replication_key] = random.randrange(1_600_000_000, 1_700_000_000)
    return record


def a_value(schema: Schema, random: Random, depth: int = 0) -> Any:
    """Something that the schema allows."""
    schema = _chosen(resolved(schema), random)
    if "enum" in schema:
        return random.choice(schema["enum"])
    if schema.get("nullable") and random.random() < 0.1:
        return None
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "object":
        return _an_object(schema, random, depth)
    if kind == "array":
        count = 0 if depth >= DEEPEST else random.choice((0, 1, 1, 2, 3))
        return [a_value(schema.get("items", {}), random, depth + 1) for _ in range(count)]
    return _a_scalar(kind, schema, random)


def _chosen(schema: Schema, random: Random) -> Schema:
    """One of the alternatives; what is put together of several is put together."""
    while alternatives := schema.get("oneOf") or schema.get("anyOf"):
        schema = resolved(random.choice(alternatives))
    if "allOf" in schema:
        merged: dict[str, Any] = dict(schema.get("properties", {}))
        for one in schema["allOf"]:
            merged |= resolved(one).get("properties", {})
        return {"type": "object", "properties": merged}
    return schema


def _an_object(schema: Schema, random: Random, depth: int) -> dict[str, Any]:
    if depth >= DEEPEST:
        return {}
    made = {
        name: random.choice(IDS) if name == "id" else a_value(held, random, depth + 1)
        for name, held in schema.get("properties", {}).items()
        if random.random() < 0.9
    }
    if isinstance(further := schema.get("additionalProperties"), dict):
        made |= {name: a_value(further, random, depth + 1) for name in ("en", "own field", "de")}
    return made


def _a_scalar(kind: str, schema: Schema, random: Random) -> Any:
    match kind:
        case "integer":
            return random.choice((0, 1, -1, random.randrange(10**9, 2 * 10**9), 2**53 + 1))
        case "number":
            return random.choice((0.5, -0.0, 3, 1e15))
        case "boolean":
            return random.random() < 0.5
        case "null":
            return None
        case _:
            example = schema.get("example")
            return str(example) if example is not None and random.random() < 0.5 else random.choice(TEXTS)
