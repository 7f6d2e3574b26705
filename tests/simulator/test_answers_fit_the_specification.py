"""The official OpenAPI document judges every answer of the simulator.

It is vendored under tests/fixtures/openapi with its licence. Where live answers are known to differ
from it, LENIENCIES says so, and why.
"""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from jsonschema import Draft202012Validator
from simulator.documented_requests import requests

from intercom_etl.simulator.faults import STATUS_KINDS, Fault, Faults
from intercom_etl.simulator.routes import ENDPOINTS

DOCUMENT = Path(__file__).parents[1] / "fixtures" / "openapi" / "api.intercom.io-2.16.yaml"

# (endpoint, place in the answer, reason); both are regular expressions for the whole of it.
LENIENCIES = (
    (
        r"(POST /conversations/search|GET /conversations(/\{id\})?)",
        r"(conversations/\d+/)?statistics/(time_to_|median_|first_|last_).*",
        "a thing that never happened has no time: recorded live answers give null there",
    ),
    (
        r"POST /companies/list|GET /companies(/\{id\}/(contacts|notes))?|GET /contacts/\{id\}/notes",
        r"pages/next",
        "lists by page number give a URL, as `pages_link` of the same document has it for other lists",
    ),
    (
        r"GET /(articles|internal_articles|calls|news/.*|help_center/.*)|\w+ /admins/activity_logs(/search)?",
        r"pages/next",
        "as above",
    ),
    (
        r"GET /companies",
        r"type",
        "with name or company_id the answer is the company itself, as the operation's text says",
    ),
    (
        r"(GET|POST) /admins/activity_logs(/search)?",
        r"activity_logs/\d+/metadata(/(before|after))?",
        "the document's own examples have text before and after; an entry without metadata has null",
    ),
    (
        r"(GET /macros|GET /macros/\{id\})",
        r"(data/\d+/)?body(_text)?",
        "the document's own example of a large list has null there",
    ),
    (
        r"GET /custom_object_instances/\{id\}(/\{id\})?",
        r"(data/\d+/)?custom_attributes/(total_amount|warranty)",
        "the document's own examples have numbers there: attributes keep their type",
    ),
    (
        r"(POST /conversations/search|GET /conversations(/\{id\})?)",
        r"(conversations/\d+/)?custom_attributes/(Refund|Escalated|Orders)",
        "the document's own examples have decimals and booleans there, also within instances",
    ),
    (
        r"(GET /calls(/\{id\})?|POST /calls/search)",
        r"(data/\d+/)?answered_at",
        "a call that nobody took was never answered",
    ),
    (
        r"GET /custom_object_instances/\{id\}",
        r"type",
        "with external_id the answer is the instance itself, as the operation's text says",
    ),
)
# Answers with 302 where a record has what was asked for.
REDIRECTION = ("GET", "/calls/{id}/recording")
# Keys that live answers are known to carry though the document does not declare them.
UNDECLARED = {
    "contact": {
        "opted_in_subscription_types", "opted_out_subscription_types", "utm_campaign", "utm_content",
        "utm_medium", "utm_source", "utm_term", "referrer", "enabled_push_messaging",
    },
    "conversation": {"topics", "ticket"},
    "ticket_type": {"is_internal"},
}  # fmt: skip


def to_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable`; JSON schema says that null is one of the types."""
    if isinstance(node, list):
        return [to_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {key: to_json_schema(value) for key, value in node.items() if key not in ("nullable", "example")}
    if node.get("nullable") is not True:
        return schema
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    if "type" in schema:
        return schema | {"type": [schema["type"], "null"]}
    return {"anyOf": [{"type": "null"}, schema]}


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(DOCUMENT.read_text(), Loader=loader)


@pytest.fixture(scope="session")
def components(document: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": to_json_schema(document["components"]["schemas"])}


@pytest.fixture(scope="session")
def used() -> set[int]:
    """Places in LENIENCIES of those that an answer needed."""
    return set()


@pytest.fixture(scope="session")
def judge(document: dict[str, Any], components: dict[str, Any], used: set[int]) -> Any:
    """complaints(endpoint, answer): what the document has against it."""
    operations = {
        (method.upper(), re.sub(r"\{\w+\}", "{id}", path)): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    error = {"$ref": "#/components/schemas/error"}

    def schema_of(method: str, path: str, answer: httpx.Response) -> Any:
        """None when the document promises no JSON."""
        status = str(answer.status_code)
        responses = operations[method, path]["responses"] if (method, path) in operations else {}
        if status in responses and "$ref" not in responses[status]:
            content = responses[status].get("content", {})
            media = answer.headers.get("content-type", "").partition(";")[0]
            assert not content or media in content, f"{method} {path} answers {media}"
            return to_json_schema(content[media]["schema"]) if media == "application/json" else None
        assert answer.status_code >= 400, f"{method} {path} has no documented {status}"
        return error

    def complaints(method: str, path: str, answer: httpx.Response) -> list[str]:
        path = re.sub(r"\{\w+\}", "{id}", path)
        schema = schema_of(method, path, answer)
        if schema is None:
            return []
        content = answer.json()
        if content.get("type") == "event.list":
            # The operation names the summary's schema for both answers; the list has one of its own.
            schema = {"$ref": "#/components/schemas/data_event_list"}
        schema = {**schema, "components": components}
        found: list[str] = []
        for problem in Draft202012Validator(schema).iter_errors(content):
            place = "/".join(map(str, problem.absolute_path))
            lenient = [
                number
                for number, (endpoint, where, _) in enumerate(LENIENCIES)
                if re.fullmatch(endpoint, f"{method} {path}") and re.fullmatch(where, place)
            ]
            used.update(lenient)
            if not lenient:
                found.append(f"{method} {path} {answer.status_code} at {place}: {problem.message[:300]}")
        return found

    return complaints


def test_every_answer_of_every_endpoint_fits_the_official_schema(
    serve: Any, judge: Any, used: set[int]
) -> None:
    served = serve(eventful_workspace())
    complaints: list[str] = []
    answered: set[tuple[str, str]] = set()
    missed: set[str] = set()
    for method, path, asked, options in requests(served.workspace.truth):
        answer = served.client.request(method, asked, **options)
        if answer.is_success:
            answered.add((method, path))
        complaints += judge(method, path, answer)
        if answer.status_code == 404:
            missed.add(path)
    assert complaints == []
    assert used == set(range(len(LENIENCIES)))
    assert answered == {(method, path) for method, path, _ in ENDPOINTS} - {REDIRECTION}
    assert missed >= {path for _, path, _ in ENDPOINTS if "{" in path}


def eventful_workspace() -> Any:
    from intercom_etl.simulator.workspace import Size, Workspace

    workspace = Workspace(seed=5, size=Size(long_conversations=2), now=lambda: 1_795_448_000)
    conversations, contacts = list(workspace.conversations), list(workspace.contacts)
    for one in conversations[-3:]:
        workspace.delete_conversation(one)
    workspace.merge_contacts(contacts[-1], contacts[0])
    workspace.add_conversation(contacts[1])
    workspace.reply(conversations[0])
    workspace.close_conversation(conversations[1])
    workspace.redact_part(conversations[0], workspace.reply(conversations[0]))
    workspace.add_contact()
    workspace.add_company()
    workspace.reply_to_ticket(next(iter(workspace.tickets)))
    return workspace


@pytest.mark.parametrize(
    ("method", "path", "asked", "headers", "status"),
    [
        ("GET", "/contacts", "/contacts", {"Authorization": "Bearer wrong"}, 401),
        ("GET", "/me", "/me", {"Authorization": ""}, 401),
        ("GET", "/me", "/me", {"Intercom-Version": "3.1"}, 400),
        ("GET", "/nowhere", "/nowhere", {}, 404),
        ("DELETE", "/me", "/me", {}, 405),
    ],
)
def test_refusals_fit_the_official_error_schema(
    quiet: Any, judge: Any, method: str, path: str, asked: str, headers: dict[str, str], status: int
) -> None:
    answer = quiet.client.request(method, asked, headers=headers)
    assert answer.status_code == status
    assert judge(method, path, answer) == []


def test_injected_errors_with_a_json_body_fit_the_official_error_schema(serve: Any, judge: Any) -> None:
    served = serve()
    for kind in STATUS_KINDS:
        served.server.faults = Faults(Fault(kind))
        answer = served.get("/conversations")
        assert answer.status_code == int(kind)
        if answer.headers["content-type"].startswith("application/json"):
            assert judge("GET", "/conversations", answer) == []


def test_a_merged_contact_fits_the_official_error_schema(serve: Any, judge: Any) -> None:
    served = serve()
    source, target, *_ = served.workspace.contacts
    served.workspace.merge_contacts(source, target)
    answer = served.get(f"/contacts/{source}")
    assert answer.status_code == 410
    assert judge("GET", "/contacts/{id}", answer) == []


def properties_of(document: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    """Names of all properties that a schema, or one that it is made of, declares."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    names = set(schema.get("properties", ()))
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ())):
        names |= properties_of(document, part)
    return names


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        ("contacts", "contact"),
        ("companies", "company"),
        ("conversations", "conversation"),
        ("tickets", "ticket"),
        ("admins", "admin"),
        ("teams", "team"),
        ("tags", "tag"),
        ("segments", "segment"),
        ("data_attributes", "data_attribute"),
        ("ticket_types", "ticket_type"),
        ("ticket_states", "ticket_state_detailed"),
        ("activity_logs", "activity_log"),
        ("articles", "article"),
        ("audiences", "audience"),
        ("away_status_reasons", "away_status_reason"),
        ("brands", "brand"),
        ("calls", "call"),
        ("collections", "collection"),
        ("company_notes", "note"),
        ("content_import_sources", "content_import_source"),
        ("content_snippets", "content_snippet"),
        ("conversation_attributes", "conversation_attribute"),
        ("custom_object_instances", "custom_object_instance"),
        ("data_connectors", "data_connector_detail"),
        ("emails", "email_setting"),
        ("events", "data_event"),
        ("execution_results", "data_connector_execution_result"),
        ("external_pages", "external_page"),
        ("handling_events", "handling_event"),
        ("help_centers", "help_center"),
        ("internal_articles", "internal_article"),
        ("macros", "macro"),
        ("news_items", "news_item"),
        ("newsfeeds", "newsfeed"),
        ("office_hours_exceptions", "office_hours_exception"),
        ("office_hours_schedules", "office_hours_schedule"),
        ("redirects", "help_center_redirect"),
        ("side_conversations", "side_conversation_summary"),
        ("subscription_types", "subscription_type"),
    ],
)
def test_records_carry_no_key_that_neither_the_document_nor_live_answers_know(
    quiet: Any, document: dict[str, Any], kind: str, schema: str
) -> None:
    declared = properties_of(document, {"$ref": f"#/components/schemas/{schema}"})
    seen = {key for record in quiet.workspace.truth(kind).values() for key in record}
    assert seen - declared <= UNDECLARED.get(schema, set())


def test_the_judge_does_object_to_wrong_answers(quiet: Any, judge: Any) -> None:
    right = quiet.get("/admins").json()
    right["admins"][0]["id"] = 1
    assert judge("GET", "/admins", httpx.Response(200, json=right)) != []
    assert judge("GET", "/admins", httpx.Response(404, json={"errors": []})) != []
