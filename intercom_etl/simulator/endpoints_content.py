"""Lists with rules of their own: calls, macros, connectors' results, custom objects, away reasons."""

from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from intercom_etl.simulator.calls import transcript_of, transcript_text
from intercom_etl.simulator.chance import HOUR
from intercom_etl.simulator.custom_objects import OBJECT_TYPES
from intercom_etl.simulator.data_connectors import ERRORS, listed_connector, listed_result
from intercom_etl.simulator.desk import Desk, read_body, wants
from intercom_etl.simulator.lists import (
    Single,
    as_it_is,
    cursor_answer,
    lies_within,
    read_bound,
    read_page,
)
from intercom_etl.simulator.paging import number_pages, slice_page
from intercom_etl.simulator.refusal import RefusalError, invalid, not_found
from intercom_etl.simulator.render import answer, list_answer
from intercom_etl.simulator.stamps import seconds

Record = dict[str, Any]

MOST_CONVERSATIONS = 20
get_call = Single("calls", "Not Found")
get_data_connector = Single("data_connectors", "Data connector not found", "data_connector_not_found")


async def list_away_status_reasons(_request: Request, desk: Desk) -> Response:
    """GET /away_status_reasons, deleted ones too; a bare array when the workspace says so."""
    reasons = desk.workspace.shown("away_status_reasons")
    return answer(reasons if desk.workspace.away_status_reasons_bare else {"type": "list", "data": reasons})


async def list_conversation_attributes(request: Request, desk: Desk) -> Response:
    """GET /conversations/attributes."""
    archived = wants(request, "include_archived")
    kind = "conversation_attributes"
    records = [one for one in desk.workspace.shown(kind) if archived or not one["archived"]]
    return list_answer("data", desk.renderer.records(kind, records), type="list")


async def search_calls(request: Request, desk: Desk) -> Response:
    """POST /calls/search: the calls of up to twenty conversations, with their transcripts."""
    wanted = (await read_body(request)).get("conversation_ids")
    if not isinstance(wanted, list) or not 0 < len(wanted) <= MOST_CONVERSATIONS:
        message = f"A list of up to {MOST_CONVERSATIONS} conversation IDs is required"
        raise RefusalError(400, "conversation_id_limit_exceeded", message)
    conversations = set(map(str, wanted))
    found: list[Record] = []
    for call in desk.workspace.shown("calls"):
        if call["conversation_id"] in conversations:
            lines = transcript_of(desk.workspace.world, call)
            found.append({**call, "transcript": lines, "transcript_status": "completed" if lines else None})
    return answer({"type": "list", "data": found})


async def get_call_transcript(request: Request, desk: Desk) -> Response:
    """GET /calls/{id}/transcript: a text file, if there is one."""
    lines = transcript_of(desk.workspace.world, get_call.find(request, desk))
    if not lines:
        raise not_found("Not Found")
    return PlainTextResponse(transcript_text(lines))


async def get_call_recording(request: Request, desk: Desk) -> Response:
    """GET /calls/{id}/recording: a redirection to where it can be had for a while."""
    call = get_call.find(request, desk)
    if call["recording_url"] is None:
        raise not_found("Recording Not Found")
    return RedirectResponse(f"https://recordings.example.com/{call['id']}.wav?expires=1", 302)


async def list_macros(request: Request, desk: Desk) -> Response:
    """GET /macros: last changed first, those that the token's teammate may see.

    Changed exactly at `updated_since` counts only when the workspace's `bounds_include_equal` is set.
    """
    since = read_bound(request.query_params.get("updated_since"), "updated_since")
    equal = desk.workspace.bounds_include_equal
    macros = [
        macro
        for macro in desk.workspace.shown("macros", "updated_at")
        if lies_within(seconds(macro["updated_at"]), since, None, include_equal=equal)
    ]
    return cursor_answer(request, desk, "macros", macros, (50, 150))


async def list_data_connectors(request: Request, desk: Desk) -> Response:
    """GET /data_connectors: last changed first."""
    connectors = desk.workspace.shown("data_connectors", "updated_at")
    return cursor_answer(request, desk, "data_connectors", connectors, (20, 50), listed_connector)


async def list_execution_results(request: Request, desk: Desk) -> Response:
    """GET /data_connectors/{id}/execution_results: of the last hour, unless other bounds are given.

    Results exactly at a bound count only when the workspace's `bounds_include_equal` is set.
    """
    connector = get_data_connector.find(request, desk)
    asked, workspace = request.query_params, desk.workspace
    now = workspace.stamp()
    start, end = read_bound(asked.get("start_ts"), "start_ts"), read_bound(asked.get("end_ts"), "end_ts")
    start = now - HOUR if start is None else start
    error, success = asked.get("error_type"), asked.get("success")
    if error is not None and error not in ERRORS:
        raise invalid(f"Invalid error_type. Must be one of: {', '.join(ERRORS)}")
    if success not in (None, "true", "false"):
        raise invalid("Invalid success. Must be one of: true, false")
    results = [
        result
        for result in workspace.shown("execution_results", "created_at")
        if result["data_connector_id"] == connector["id"]
        and lies_within(
            seconds(result["created_at"]), start, end, include_equal=workspace.bounds_include_equal
        )
        and error in (None, result["error_type"])
        and success in (None, str(result["success"]).lower())
    ]
    show = as_it_is if wants(request, "include_bodies") else listed_result
    return cursor_answer(request, desk, "execution_results", results, (10, 30), show, "created_at")


async def list_custom_objects(request: Request, desk: Desk) -> Response:
    """GET /custom_object_instances/{type}: all of the type, those of a contact or conversation, or one."""
    kind, wanted = "custom_object_instances", request.path_params["type"]
    workspace, asked = desk.workspace, request.query_params
    held = workspace.records[kind]
    if wanted not in OBJECT_TYPES and all(one["type"] != wanted for one in held.values()):
        raise not_found(f"Custom object type `{wanted}` not found")
    found = [one for one in workspace.shown(kind, "updated_at") if one["type"] == wanted]
    if (external_id := asked.get("external_id")) is not None:
        return _only(desk, [one for one in found if one["external_id"] == external_id])
    if (contact := asked.get("references_contact_id")) is not None:
        found = [one for one in found if held[one["id"]].get("_contact_id") == contact]
    if (conversation := asked.get("references_conversation_id")) is not None:
        linked = _linked_instances(desk, conversation)
        found = [one for one in found if one["id"] in linked]
    number, per_page = read_page(request, 20, 150)
    items = desk.renderer.records(kind, slice_page(found, number, per_page))
    pages = number_pages(request, number, len(found), per_page)
    return list_answer("data", items, type="list", total_count=len(found), pages=pages)


def _linked_instances(desk: Desk, conversation_id: str) -> set[str]:
    """Ids of the instances in the attributes of a conversation."""
    conversations = desk.workspace.conversations
    if conversation_id not in conversations:
        return set()
    values = conversations.state(conversation_id).fields["custom_attributes"].values()
    lists = (value["instances"] for value in values if isinstance(value, dict))
    return {instance["id"] for instances in lists for instance in instances}


async def get_custom_object(request: Request, desk: Desk) -> Response:
    """GET /custom_object_instances/{type}/{id}: by its id, or by the customer's own."""
    asked = request.path_params
    return _only(
        desk,
        [
            one
            for one in desk.workspace.shown("custom_object_instances")
            if one["type"] == asked["type"] and asked["id"] in (one["id"], one["external_id"])
        ],
    )


def _only(desk: Desk, found: list[Record]) -> Response:
    if not found:
        raise not_found("Custom object instance not found")
    return answer(desk.renderer.record("custom_object_instances", found[0]["id"], found[0]))


async def get_execution_result(request: Request, desk: Desk) -> Response:
    """GET /data_connectors/{id}/execution_results/{result_id}: with bodies."""
    connector = get_data_connector.find(request, desk)
    result = desk.workspace.shown_one("execution_results", request.path_params["result_id"])
    if result is None or result["data_connector_id"] != connector["id"]:
        raise not_found("Execution result not found", "execution_result_not_found")
    return answer(desk.renderer.record("execution_results", result["id"], result))
