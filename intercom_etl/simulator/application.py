"""The ASGI application: which path is answered by which endpoint, behind the gate."""

from collections.abc import Awaitable, Callable
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from intercom_etl.simulator import endpoints_companies as companies
from intercom_etl.simulator import endpoints_conversations as conversations
from intercom_etl.simulator import endpoints_people as people
from intercom_etl.simulator.desk import Desk
from intercom_etl.simulator.gate import Gate, new_request_id, refusal_answer
from intercom_etl.simulator.refusal import RefusalError
from intercom_etl.simulator.workspace import Workspace

Endpoint = Callable[[Request, Desk], Awaitable[Response]]

ENDPOINTS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/me", people.me),
    ("POST", "/contacts/search", people.search_contacts),
    ("GET", "/contacts", people.list_contacts),
    ("GET", "/contacts/{id}", people.get_contact),
    ("GET", "/contacts/{id}/tags", people.contact_tags),
    ("GET", "/contacts/{id}/companies", people.contact_companies),
    ("GET", "/contacts/{id}/segments", people.contact_segments),
    ("GET", "/contacts/{id}/notes", people.contact_notes),
    ("GET", "/contacts/{id}/subscriptions", people.contact_subscriptions),
    ("GET", "/companies/scroll", companies.scroll_companies),
    ("POST", "/companies/list", companies.list_companies),
    ("GET", "/companies", companies.filter_companies),
    ("GET", "/companies/{id}", companies.get_company),
    ("GET", "/companies/{id}/contacts", companies.company_contacts),
    ("GET", "/companies/{id}/segments", companies.company_segments),
    ("POST", "/conversations/search", conversations.search_conversations),
    ("GET", "/conversations", conversations.list_conversations),
    ("GET", "/conversations/deleted", conversations.deleted_conversations),
    ("GET", "/conversations/{id}", conversations.get_conversation),
    ("POST", "/tickets/search", conversations.search_tickets),
    ("GET", "/tickets/{id}", conversations.get_ticket),
    ("GET", "/admins", people.list_admins),
    ("GET", "/admins/{id}", people.get_admin),
    ("GET", "/teams", people.list_teams),
    ("GET", "/teams/{id}", people.get_team),
    ("GET", "/tags", people.list_tags),
    ("GET", "/tags/{id}", people.get_tag),
    ("GET", "/segments", people.list_segments),
    ("GET", "/segments/{id}", people.get_segment),
    ("GET", "/data_attributes", conversations.list_data_attributes),
    ("GET", "/ticket_types", conversations.list_ticket_types),
    ("GET", "/ticket_states", conversations.list_ticket_states),
)


def make_application(workspace: Workspace) -> Starlette:
    """The API of this workspace, without faults."""
    desk, gate = Desk(workspace), Gate(workspace)
    routes = [
        Route(path, _guarded(endpoint, desk, gate), methods=[method]) for method, path, endpoint in ENDPOINTS
    ]

    async def stray(request: Request, exception: Exception) -> Response:
        """No such path, or not with this method; who asks without a token is told that first."""
        return await _guarded(_refusal(cast("HTTPException", exception)), desk, gate)(request)

    return Starlette(
        routes=routes,
        exception_handlers={HTTPException: stray},
        middleware=[Middleware(GZipMiddleware, minimum_size=500, compresslevel=1)],
    )


def _refusal(exception: HTTPException) -> Endpoint:
    async def refuse(request: Request, _desk: Desk) -> Response:
        if exception.status_code == 405:
            allowed = dict(exception.headers or {})
            raise RefusalError(405, "method_not_allowed", f"{request.method} is not allowed here", allowed)
        raise RefusalError(exception.status_code, "not_found", "The requested resource was not found")

    return refuse


def _guarded(endpoint: Endpoint, desk: Desk, gate: Gate) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        request_id = new_request_id()
        rate: dict[str, str] = {}
        try:
            # Read before the lock is taken: the body of a slow client must not hold up the workspace.
            await request.body()
            gate.check_token(request)
            allowance = gate.take()
            rate = gate.rate_headers(allowance)
            if not allowance.allowed:
                raise gate.too_many(allowance)
            gate.check_version(request)
            with desk.workspace.lock:
                response = await endpoint(request, desk)
        except RefusalError as refusal:
            response = refusal_answer(refusal, request_id)
        response.headers.update(rate)
        gate.dress(response, request_id)
        return response

    return guarded
