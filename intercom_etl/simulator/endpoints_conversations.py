"""Conversations, deleted conversations, tickets, and the workspace's own settings."""

import html
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from intercom_etl.simulator.desk import Desk, read_body, wants
from intercom_etl.simulator.finder import read_sort
from intercom_etl.simulator.keyset import cut
from intercom_etl.simulator.paging import cursor_pages, number_pages, read_count, slice_page
from intercom_etl.simulator.refusal import RefusalError, not_found
from intercom_etl.simulator.render import answer, list_answer
from intercom_etl.simulator.search import Dialect

Record = dict[str, Any]


async def search_conversations(request: Request, desk: Desk) -> Response:
    """POST /conversations/search."""
    show = partial(
        desk.renderer.listed_conversation,
        monitors=wants(request, "include_monitors"),
        with_scorecards=wants(request, "include_scorecards"),
    )
    return await _search(request, desk, "conversations", "conversation.list", show)


async def search_tickets(request: Request, desk: Desk) -> Response:
    """POST /tickets/search."""
    return await _search(request, desk, "tickets", "ticket.list", desk.renderer.ticket)


async def _search(
    request: Request, desk: Desk, kind: str, list_type: str, show: Callable[[str], bytes]
) -> Response:
    body = await read_body(request)
    pagination = body.get("pagination") or {}
    per_page = read_count(pagination.get("per_page"), "per_page", 20, 150)
    field, descending = read_sort(body)
    dialect = Dialect(kind, include_equal=desk.workspace.comparisons_include_equal)
    keys = desk.finder.find(dialect, desk.query(body), field)
    page = cut(keys, pagination.get("starting_after"), per_page, descending=descending)
    pages = cursor_pages(page, len(keys), per_page)
    return list_answer(kind, map(show, page.ids), type=list_type, total_count=len(keys), pages=pages)


async def list_conversations(request: Request, desk: Desk) -> Response:
    """GET /conversations: most recently updated first."""
    per_page = read_count(request.query_params.get("per_page"), "per_page", 20, 150)
    keys = desk.finder.find(Dialect("conversations"), None, "updated_at")
    page = cut(keys, request.query_params.get("starting_after"), per_page, descending=True)
    items = map(desk.renderer.listed_conversation, page.ids)
    pages = cursor_pages(page, len(keys), per_page)
    return list_answer("conversations", items, type="conversation.list", total_count=len(keys), pages=pages)


async def get_conversation(request: Request, desk: Desk) -> Response:
    """GET /conversations/{id}."""
    conversation_id = request.path_params["id"]
    if conversation_id not in desk.workspace.conversations:
        raise not_found()
    raw = desk.renderer.conversation(conversation_id)
    if request.query_params.get("display_as") == "plaintext":
        return answer(_plaintext(msgspec.json.decode(raw)))
    return answer(raw)


def _plaintext(conversation: Record) -> Record:
    messages = [conversation["source"], *conversation["conversation_parts"]["conversation_parts"]]
    for message in messages:
        for key in ("body", "subject"):
            if message.get(key):
                message[key] = html.unescape(re.sub(r"<[^>]+>", "", message[key])).strip()
    return conversation


async def deleted_conversations(request: Request, desk: Desk) -> Response:
    """GET /conversations/deleted: latest first, unless `order=asc`."""
    number = read_count(request.query_params.get("page"), "page", 1)
    per_page = read_count(request.query_params.get("per_page"), "per_page", 20, 60)
    gone = desk.workspace.deleted_conversations
    ordered = list(gone) if request.query_params.get("order") == "asc" else gone[::-1]
    items = map(msgspec.json.encode, slice_page(ordered, number, per_page))
    pages = number_pages(request, number, len(gone), per_page)
    return list_answer("conversations", items, type="conversations.list", total_count=len(gone), pages=pages)


async def get_ticket(request: Request, desk: Desk) -> Response:
    """GET /tickets/{id}."""
    ticket_id = request.path_params["id"]
    if ticket_id not in desk.workspace.tickets:
        raise not_found("Ticket not found", "ticket_not_found")
    return answer(desk.renderer.ticket(ticket_id))


async def list_ticket_types(_request: Request, desk: Desk) -> Response:
    """GET /ticket_types."""
    return answer({"type": "list", "data": desk.workspace.ticket_types})


async def list_ticket_states(_request: Request, desk: Desk) -> Response:
    """GET /ticket_states."""
    return answer({"type": "list", "data": desk.workspace.ticket_states})


async def list_data_attributes(request: Request, desk: Desk) -> Response:
    """GET /data_attributes."""
    model = request.query_params.get("model")
    if model == "conversation":
        message = "model=conversation is no longer supported. Use GET /conversations/attributes instead"
        raise RefusalError(422, "parameter_invalid", message)
    archived = wants(request, "include_archived")
    shown = [
        attribute
        for attribute in desk.workspace.data_attributes
        if model in (None, attribute["model"]) and (archived or not attribute["archived"])
    ]
    return answer({"type": "list", "data": shown})
