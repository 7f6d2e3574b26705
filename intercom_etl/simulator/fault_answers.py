"""Plays the faults: what is sent instead of, or of, the right answer."""

import asyncio
import gzip
import json
from collections.abc import Callable
from math import ceil
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from intercom_etl.simulator.faults import Fault
from intercom_etl.simulator.gate import new_request_id
from intercom_etl.simulator.refusal import error_body
from intercom_etl.simulator.render import answer

HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
CODES = {
    "401": ("unauthorized", "Access Token Invalid"),
    "403": ("api_plan_restricted", "Active subscription needed."),
    "408": ("request_timeout", "Request timed out"),
    "429": ("rate_limit_exceeded", "Exceeded rate limit of 83 in 10_seconds"),
    "500": ("server_error", "Server error"),
    "503": ("service_unavailable", "Service temporarily unavailable"),
}


def status_answer(fault: Fault, now: Callable[[], float]) -> Response:
    """The answer of a status fault. Gateways (502, 504) speak HTML."""
    status = int(fault.kind)
    if fault.kind not in CODES:
        return Response(HTML.replace("502", fault.kind), status, media_type="text/html")
    code, message = CODES[fault.kind]
    response = answer(error_body(code, message, new_request_id()), status)
    if status == 429:
        response.headers["X-RateLimit-Limit"] = "83"
        response.headers["X-RateLimit-Remaining"] = "0"
        if fault.reset is not None:
            relative = fault.reset[:1] in ("+", "-") and fault.reset[1:].isdigit()
            reset = str(ceil(now() + int(fault.reset))) if relative else fault.reset
            response.headers["X-RateLimit-Reset"] = reset
        if fault.retry_after is not None:
            response.headers["Retry-After"] = fault.retry_after
    return response


async def right_answer(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """What the application would have sent, uncompressed, as one piece."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    start: Message = {}
    pieces: list[bytes] = []

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            pieces.append(message.get("body", b""))

    await app({**scope, "headers": headers}, receive, collect)
    return start, b"".join(pieces)


def spoil_body(fault: Fault, body: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """A body that arrives complete, but is not what it should be; and headers to replace."""
    match fault.kind:
        case "empty":
            return b"", {}
        case "truncated":
            return body[: len(body) // 2], {}
        case "html":
            return HTML.encode(), {b"content-type": b"text/html"}
        case "edit":
            edited: Any = fault.apply(json.loads(body))
            return json.dumps(edited).encode(), {}
        case _:
            return gzip.compress(b" " * fault.size, 1), {b"content-encoding": b"gzip"}


async def send_spoiled(fault: Fault, start: Message, body: bytes, send: Send) -> None:
    """Plays a fault of BODY_KINDS."""
    spoiled, replaced = spoil_body(fault, body)
    replaced[b"content-length"] = str(len(spoiled)).encode()
    headers = [(name, value) for name, value in start["headers"] if name not in replaced]
    await send({**start, "headers": [*headers, *replaced.items()]})
    await send({"type": "http.response.body", "body": spoiled})


async def send_half(start: Message, body: bytes, send: Send) -> None:
    """Announces the whole length and sends half of it."""
    await send(start)
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    # Lets the half get onto the wire before the connection ends.
    await asyncio.sleep(0.02)


async def send_trickling(seconds: float, start: Message, body: bytes, send: Send) -> None:
    """A byte per `seconds`: each read succeeds, the whole never does."""
    await send(start)
    for place in range(len(body)):
        await send({"type": "http.response.body", "body": body[place : place + 1], "more_body": True})
        await asyncio.sleep(seconds)
    await send({"type": "http.response.body", "body": b""})


async def until_disconnected(receive: Receive) -> None:
    """Waits until the client gives up, or the server shuts down (which cancels this)."""
    while (await receive())["type"] != "http.disconnect":
        continue
