"""What Intercom's own OpenAPI document declares of the records of a stream."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from intercom_etl.endpoint import Log, PerName, PerParent, Search, Together
from intercom_etl.export import Export
from intercom_etl.stream import Stream

SPEC = Path(__file__).parent / "fixtures" / "openapi" / "api.intercom.io-2.16.yaml"
Schema = dict[str, Any]

# the operation names the schema of its summary, also for the list
DECLARED_ELSEWHERE = {"data_events": "data_event"}


@cache
def spec() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(SPEC.read_bytes(), Loader=loader)


def resolved(schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = spec()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema


def properties(schema: Schema) -> dict[str, Schema]:
    schema = resolved(schema)
    found = dict(schema.get("properties", {}))
    for one in [*schema.get("allOf", ()), *schema.get("anyOf", ()), *schema.get("oneOf", ())]:
        found |= properties(one)
    return found


def answer(method: str, path: str) -> Schema | None:
    """The schema of what the operation answers; the name of the path's parameter does not matter."""

    def shape(text: str) -> list[str]:
        return ["{}" if part.startswith("{") else part for part in text.split("/")]

    for known, operations in spec()["paths"].items():
        if shape(known) == shape(path) and method in operations:
            return operations[method]["responses"]["200"]["content"]["application/json"]["schema"]
    return None


def elements(listing: Schema, key: str) -> Schema:
    """The schema of a list's elements; where the spec has it under another name, of its only list."""
    found = {name: resolved(held) for name, held in properties(listing).items()}
    lists = {name: held["items"] for name, held in found.items() if held.get("type") == "array"}
    if not lists and resolved(listing).get("type") == "array":
        return resolved(listing)["items"]
    return lists[key] if key in lists else next(iter(lists.values()))


def record_members(stream: Stream) -> dict[str, Schema]:
    endpoint = stream.endpoint
    if stream.name in DECLARED_ELSEWHERE:
        return properties(spec()["components"]["schemas"][DECLARED_ELSEWHERE[stream.name]])
    each = endpoint.each if isinstance(endpoint, PerParent | PerName) else endpoint
    listing = answer("post" if isinstance(each, Search | Log | Together) else "get", endpoint.path)
    assert listing is not None, endpoint.path
    assert not isinstance(each, Export), "what an export holds is not declared: `is_open`"
    key = each.key
    declared = properties(elements(listing, key))
    if stream.detail is not None and (whole := answer("get", stream.detail)):
        declared |= properties(whole)
    return declared
