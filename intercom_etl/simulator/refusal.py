"""Errors as the API words them."""

import uuid
from typing import Any


class RefusalError(Exception):
    """Ends a request with an error answer; `headers` come on top of the usual ones."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def error_body(code: str, message: str, request_id: str | None = None) -> dict[str, Any]:
    """The JSON of an error answer with one error in it."""
    return {
        "type": "error.list",
        "request_id": request_id or str(uuid.uuid4()),
        "errors": [{"code": code, "message": message}],
    }


def invalid(message: str) -> RefusalError:
    """400 parameter_invalid."""
    return RefusalError(400, "parameter_invalid", message)


def not_found(message: str = "Resource Not Found", code: str = "not_found") -> RefusalError:
    """404; some endpoints have a code of their own."""
    return RefusalError(404, code, message)
