"""Activity logs of admins, data events of contacts, handling events and side conversations."""

from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from intercom_etl.simulator.activity_logs import EVENT_TYPES
from intercom_etl.simulator.data_events import LISTED_FOR, shown_event, summarize
from intercom_etl.simulator.desk import Desk, read_body, wants
from intercom_etl.simulator.lists import lies_within, read_bound, read_page
from intercom_etl.simulator.paging import number_pages, read_count, slice_page
from intercom_etl.simulator.refusal import RefusalError, invalid, not_found
from intercom_etl.simulator.render import answer, list_answer

Record = dict[str, Any]

LOGS_PAGE = 20
EVENTS_PAGE = 50


async def list_activity_logs(request: Request, desk: Desk) -> Response:
    """GET /admins/activity_logs: latest first, twenty a page whatever `per_page` says.

    The reference calls the bounds start and end date and does not say whether they belong to the
    range. They do not here, unless the workspace's `bounds_include_equal` is set.
    """
    asked = request.query_params
    number = read_count(asked.get("page"), "page", 1)
    found = _logs(desk, asked.get("created_at_after"), asked.get("created_at_before"))
    return _logs_answer(request, desk, found, number, LOGS_PAGE)


async def search_activity_logs(request: Request, desk: Desk) -> Response:
    """POST /admins/activity_logs/search: the same, with types and a page size; bounds as in the list."""
    body = await read_body(request)
    number = read_count(body.get("page"), "page", 1)
    per_page = read_count(body.get("per_page"), "per_page", LOGS_PAGE, 250)
    found = _logs(desk, body.get("created_at_after"), body.get("created_at_before"))
    if (types := body.get("event_types")) is not None:
        if not isinstance(types, list):
            raise invalid("event_types must be a list")
        found = [log for log in found if log["activity_type"] in types]
    return _logs_answer(request, desk, found, number, per_page)


def _logs(desk: Desk, after: object, before: object) -> list[Record]:
    start, end = read_bound(after, "created_at_after"), read_bound(before, "created_at_before")
    if start is None:
        raise RefusalError(400, "parameter_not_found", "created_at_after is a required parameter")
    equal = desk.workspace.bounds_include_equal
    return [
        log
        for log in desk.workspace.shown("activity_logs", "created_at")
        if lies_within(log["created_at"], start, end, include_equal=equal)
    ]


def _logs_answer(request: Request, desk: Desk, found: list[Record], number: int, per_page: int) -> Response:
    items = desk.renderer.records("activity_logs", slice_page(found, number, per_page))
    pages = number_pages(request, number, len(found), per_page)
    return list_answer("activity_logs", items, type="activity_log.list", pages=pages)


async def list_activity_log_event_types(_request: Request, _desk: Desk) -> Response:
    """GET /admins/activity_log_event_types."""
    return answer({"type": "activity_log_event_type.list", "event_types": EVENT_TYPES})


async def list_events(request: Request, desk: Desk) -> Response:
    """GET /events: those of one contact in the last ninety days, latest first; or counts of all of them."""
    asked = request.query_params
    if asked.get("type") != "user":
        raise invalid("type must be user")
    contact = _contact(request, desk)
    events = desk.workspace.children["events"].of(contact["id"])[::-1]
    if wants(request, "summary"):
        return answer(
            {
                "type": "event.summary",
                "email": contact["email"] or "",
                "intercom_user_id": contact["id"],
                "user_id": contact["external_id"] or "",
                "events": summarize(events),
            }
        )
    oldest = desk.workspace.stamp() - LISTED_FOR
    return _events_page(request, desk, contact, [one for one in events if one["created_at"] > oldest])


def _events_page(request: Request, desk: Desk, contact: Record, events: list[Record]) -> Response:
    asked = request.query_params
    per_page = read_count(asked.get("per_page"), "per_page", EVENTS_PAGE, 150)
    places = {f"{one['created_at']}-{one['id']}": place for place, one in enumerate(events)}
    if since := asked.get("since"):
        events = events[: places.get(since, 0)]
    start = places.get(asked.get("before", ""), -1) + 1
    page = events[start : start + per_page]
    pages: Record = {}
    if page and start == 0:
        pages["since"] = _events_url(request, since=f"{page[0]['created_at']}-{page[0]['id']}")
    if page and (start + per_page < len(events) or desk.workspace.events_always_name_next):
        pages["next"] = _events_url(request, before=f"{page[-1]['created_at']}-{page[-1]['id']}")
    elif desk.workspace.events_always_name_next:
        pages["next"] = str(request.url)
    shown = [msgspec.json.encode(shown_event(one, contact)) for one in page]
    return list_answer("events", shown, type="event.list", pages=pages)


def _events_url(request: Request, **place: str) -> str:
    kept = {name: value for name, value in request.query_params.items() if name not in ("before", "since")}
    return f"{request.url.scheme}://{request.url.netloc}{request.url.path}?{urlencode(kept | place)}"


def _contact(request: Request, desk: Desk) -> Record:
    asked, contacts = request.query_params, desk.workspace.contacts
    if (contact_id := asked.get("intercom_user_id")) is not None:
        if contact_id in contacts:
            return contacts.state(contact_id).fields
        raise not_found("User Not Found")
    for name, field in (("user_id", "external_id"), ("email", "email")):
        if (wanted := asked.get(name)) is not None:
            fields = (contacts.state(one).fields for one in contacts)
            found = next((one for one in fields if one[field] == wanted), None)
            if found is None:
                raise not_found("User Not Found")
            return found
    raise RefusalError(400, "parameter_not_found", "one of user_id, intercom_user_id or email is required")


def _conversation_id(request: Request, desk: Desk) -> str:
    conversation_id = request.path_params["id"]
    if conversation_id not in desk.workspace.conversations:
        raise not_found("Conversation not found", "conversation_not_found")
    return conversation_id


async def list_handling_events(request: Request, desk: Desk) -> Response:
    """GET /conversations/{id}/handling_events: oldest first, all at once."""
    events = desk.workspace.children["handling_events"].of(_conversation_id(request, desk))
    return answer({"handling_events": events})


async def list_side_conversations(request: Request, desk: Desk) -> Response:
    """GET /conversations/{id}/side_conversations; its `pages` have no `next`."""
    threads = desk.workspace.children["side_conversations"].of(_conversation_id(request, desk))
    number, per_page = read_page(request, 25, 50)
    pages = number_pages(request, number, len(threads), per_page)
    del pages["next"]
    return answer(
        {
            "type": "side_conversation.list",
            "side_conversations": slice_page(threads, number, per_page),
            "total_count": len(threads),
            "pages": pages,
        }
    )
