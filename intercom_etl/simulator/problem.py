"""Errors as the API words them."""

import uuid
from typing import Any


class Problem(Exception):
    """Ends a request with an error answer; `headers` come on top of the usual ones."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def error_body(code: str, message: str, request_id: str | None = None) -> dict[str, Any]:
    return {
        "type": "error.list",
        "request_id": request_id or str(uuid.uuid4()),
        "errors": [{"code": code, "message": message}],
    }


def invalid(message: str) -> Problem:
    return Problem(400, "parameter_invalid", message)


def not_found(message: str = "Resource Not Found", code: str = "not_found") -> Problem:
    return Problem(404, code, message)
