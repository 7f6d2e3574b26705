"""Contacts and what hangs on them; admins, teams, tags, segments."""

import base64
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from intercom_etl.simulator import catalogue
from intercom_etl.simulator.contacts import ContactState
from intercom_etl.simulator.desk import Desk, read_body, wants
from intercom_etl.simulator.finder import read_sort
from intercom_etl.simulator.keyset import cut
from intercom_etl.simulator.paging import cursor_pages, number_pages, read_count, slice_page
from intercom_etl.simulator.refusal import RefusalError, invalid, not_found
from intercom_etl.simulator.render import answer, list_answer
from intercom_etl.simulator.search import Dialect

Record = dict[str, Any]

SUBLIST_PAGE = 50


async def search_contacts(request: Request, desk: Desk) -> Response:
    """POST /contacts/search."""
    body = await read_body(request)
    pagination = body.get("pagination") or {}
    per_page = read_count(pagination.get("per_page"), "per_page", 50, 150)
    zone = desk.workspace.zone if desk.days_count(request) else None
    field, descending = read_sort(body)
    keys = desk.finder.find(Dialect("contacts", zone), desk.query(body), field)
    page = cut(keys, pagination.get("starting_after"), per_page, descending=descending)
    history = wants(request, "include_merge_history")
    items = [desk.renderer.contact(one, merge_history=history) for one in page.ids]
    pages = cursor_pages(page, len(keys), per_page)
    return list_answer("data", items, type="list", total_count=len(keys), pages=pages)


async def list_contacts(request: Request, desk: Desk) -> Response:
    """GET /contacts: youngest first, ten a page unless asked otherwise."""
    per_page = read_count(request.query_params.get("per_page"), "per_page", 10, 150)
    keys = desk.finder.find(Dialect("contacts"), None, "created_at")
    page = cut(keys, request.query_params.get("starting_after"), per_page, descending=True)
    history = wants(request, "include_merge_history")
    items = [desk.renderer.contact(one, merge_history=history) for one in page.ids]
    pages = cursor_pages(page, len(keys), per_page)
    return list_answer("data", items, type="list", total_count=len(keys), pages=pages)


def _contact(request: Request, desk: Desk) -> ContactState:
    contact_id = request.path_params["id"]
    workspace = desk.workspace
    if contact_id in workspace.merged_contacts:
        link = {"Link": f'</contacts/{desk.survivor(contact_id)}>; rel="canonical"'}
        message = "This contact has been merged. See the 'Link' header for the canonical contact."
        raise RefusalError(410, "contact_merged", message, link)
    if contact_id in workspace.archived_contacts and workspace.archived_contact_status == 200:
        return workspace.archived_contacts[contact_id]
    if contact_id not in workspace.contacts:
        raise not_found("User Not Found")
    return workspace.contacts.state(contact_id)


async def get_contact(request: Request, desk: Desk) -> Response:
    """GET /contacts/{id}."""
    state = _contact(request, desk)
    history = wants(request, "include_merge_history")
    return answer(desk.renderer.contact_state(state, merge_history=history))


async def contact_tags(request: Request, desk: Desk) -> Response:
    """GET /contacts/{id}/tags: all of them, with names."""
    return answer({"type": "list", "data": _contact(request, desk).tags})


async def contact_segments(request: Request, desk: Desk) -> Response:
    """GET /contacts/{id}/segments."""
    known = desk.workspace.segments
    return answer(
        {"type": "list", "data": [known[one] for one in _contact(request, desk).segments if one in known]}
    )


async def contact_subscriptions(request: Request, desk: Desk) -> Response:
    """GET /contacts/{id}/subscriptions: explicit preferences only."""
    state = _contact(request, desk)
    chosen = map(catalogue.subscription_id, sorted({*state.opted_in, *state.opted_out}))
    found = (desk.workspace.shown_one("subscription_types", one) for one in chosen)
    return answer({"type": "list", "data": [one for one in found if one is not None]})


async def contact_merge_history(request: Request, desk: Desk) -> Response:
    """GET /contacts/{id}/merge_history: latest first unless `order=asc`; leads have none."""
    state = _contact(request, desk)
    if state.fields["role"] != "user":
        raise not_found("Contact not found")
    asked = request.query_params
    per_page = read_count(asked.get("per_page"), "per_page", SUBLIST_PAGE, 150)
    history = state.merge_history if asked.get("order") == "asc" else state.merge_history[::-1]
    start = _read_cursor(asked.get("cursor"), history)
    page = [{**item, "type": "merge_history"} for item in history[start : start + per_page]]
    more = start + per_page < len(history)
    cursor = {"id": page[-1]["source_contact_id"]} if more else None
    following = base64.b64encode(json.dumps(cursor).encode()).decode() if cursor else None
    return answer({"type": "list", "data": page, "next_cursor": following, "has_more": more})


def _read_cursor(cursor: str | None, history: list[Record]) -> int:
    if not cursor:
        return 0
    try:
        last = json.loads(base64.b64decode(cursor, validate=True))["id"]
        return 1 + [item["source_contact_id"] for item in history].index(last)
    except (ValueError, KeyError, TypeError) as error:
        raise invalid("cursor is not valid") from error


async def contact_companies(request: Request, desk: Desk) -> Response:
    """GET /contacts/{id}/companies: whole companies."""
    return numbered(request, [desk.renderer.company(one) for one in _contact(request, desk).companies])


async def contact_notes(request: Request, desk: Desk) -> Response:
    """GET /contacts/{id}/notes."""
    return numbered(request, [json.dumps(note).encode() for note in _contact(request, desk).notes])


def numbered(request: Request, items: list[bytes]) -> Response:
    """A list by page number under `data`, fifty a page."""
    number = read_count(request.query_params.get("page"), "page", 1)
    per_page = read_count(request.query_params.get("per_page"), "per_page", SUBLIST_PAGE, 150)
    pages = number_pages(request, number, len(items), per_page)
    shown = slice_page(items, number, per_page)
    return list_answer("data", shown, type="list", total_count=len(items), pages=pages)


async def me(_request: Request, desk: Desk) -> Response:
    """GET /me: the admin of the token, and the workspace."""
    workspace = desk.workspace
    admin: Record = {**next(iter(workspace.admins.values()), {"type": "admin", "id": "0"})}
    admin["avatar"] = {"type": "avatar", "image_url": admin.get("avatar")}
    for key in ("away_status_reason_id", "team_priority_level", "role"):
        admin.pop(key, None)
    admin["email_verified"] = True
    admin["app"] = {
        "type": "app",
        "id_code": workspace.id_code,
        "name": f"Simulated workspace {workspace.world.seed}",
        "created_at": workspace.world.anchor - 3 * 365 * 86_400,
        "secure": False,
        "identity_verification": False,
        "timezone": workspace.timezone,
        "region": workspace.region,
    }
    return answer(admin)


async def list_admins(_request: Request, desk: Desk) -> Response:
    """GET /admins."""
    items = [desk.renderer.listed("admins", one) for one in desk.workspace.admins]
    return list_answer("admins", items, type="admin.list")


async def list_teams(_request: Request, desk: Desk) -> Response:
    """GET /teams."""
    items = [desk.renderer.listed("teams", one) for one in desk.workspace.teams]
    return list_answer("teams", items, type="team.list")


async def list_tags(_request: Request, desk: Desk) -> Response:
    """GET /tags."""
    return list_answer(
        "data", [desk.renderer.listed("tags", one) for one in desk.workspace.tags], type="list"
    )


async def list_segments(request: Request, desk: Desk) -> Response:
    """GET /segments."""
    counted = wants(request, "include_count")
    items = [
        desk.segment(one) if counted else desk.renderer.listed("segments", one)
        for one in desk.workspace.segments
    ]
    return list_answer("segments", items, type="segment.list")


async def get_admin(request: Request, desk: Desk) -> Response:
    """GET /admins/{id}."""
    return _single(request, desk, "admins", "Admin not found", "admin_not_found")


async def get_team(request: Request, desk: Desk) -> Response:
    """GET /teams/{id}."""
    return _single(request, desk, "teams", "Team not found", "team_not_found")


async def get_tag(request: Request, desk: Desk) -> Response:
    """GET /tags/{id}."""
    return _single(request, desk, "tags", "Resource Not Found", "not_found")


async def get_segment(request: Request, desk: Desk) -> Response:
    """GET /segments/{id}."""
    return _single(request, desk, "segments", "Resource Not Found", "not_found")


def _single(request: Request, desk: Desk, kind: str, message: str, code: str) -> Response:
    record_id = request.path_params["id"]
    if record_id not in getattr(desk.workspace, kind):
        raise not_found(message, code)
    return answer(desk.renderer.listed(kind, record_id))
