"""The ASGI application: the endpoints, behind the gate."""

from collections.abc import Awaitable, Callable
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from intercom_etl.simulator.desk import Desk
from intercom_etl.simulator.gate import Gate, new_request_id, refusal_answer
from intercom_etl.simulator.refusal import RefusalError
from intercom_etl.simulator.routes import ENDPOINTS, Endpoint, first_version
from intercom_etl.simulator.workspace import Workspace


def make_application(workspace: Workspace) -> Starlette:
    """The API of this workspace, without faults."""
    desk, gate = Desk(workspace), Gate(workspace)
    routes = [
        Route(path, _guarded(endpoint, desk, gate, first_version(path)), methods=[method])
        for method, path, endpoint in ENDPOINTS
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


def _guarded(
    endpoint: Endpoint, desk: Desk, gate: Gate, since: tuple[int, int] | None = None
) -> Callable[[Request], Awaitable[Response]]:
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
            gate.check_version(request, since)
            withdrawals = desk.workspace.withdrawals
            withdrawals.check(request.method, request.url.path)
            with desk.workspace.lock:
                response = await endpoint(request, desk)
            withdrawals.apply(request.method, request.url.path, response)
        except RefusalError as refusal:
            response = refusal_answer(refusal, request_id)
        response.headers.update(rate)
        gate.dress(response, request_id)
        return response

    return guarded
