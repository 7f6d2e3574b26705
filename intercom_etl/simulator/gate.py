"""The door of the API: token, version, rate window; and the headers that every answer carries."""

import uuid
from email.utils import formatdate
from math import ceil

from starlette.requests import Request
from starlette.responses import Response

from intercom_etl.simulator.problem import Problem, error_body
from intercom_etl.simulator.rate_windows import Allowance
from intercom_etl.simulator.render import answer
from intercom_etl.simulator.workspace import Workspace

# `intercom_version` of the 2.16 specification, and what is documented beyond it.
VERSIONS = frozenset(
    ["1.0", "1.1", "1.2", "1.3", "1.4", *(f"2.{minor}" for minor in range(18)), "Preview", "Unstable"]
)


# Two clocks are read one after the other; without this the end of a window would be rounded up a second.
CLOCK_SLIP = 0.05


class Gate:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def check_token(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token.strip() != self._workspace.token:
            raise Problem(401, "unauthorized", "Access Token Invalid")

    def check_version(self, request: Request) -> None:
        version = request.headers.get("intercom-version")
        if version is not None and version not in VERSIONS:
            raise Problem(400, "intercom_version_invalid", f"Intercom version '{version}' is not valid")

    def take(self) -> Allowance:
        return self._workspace.rates.take()

    def rate_headers(self, allowance: Allowance) -> dict[str, str]:
        """Reset is in the workspace's own time, the same as the Date header."""
        return {
            "X-RateLimit-Limit": str(allowance.limit),
            "X-RateLimit-Remaining": str(allowance.remaining),
            "X-RateLimit-Reset": str(ceil(self._workspace.now() + allowance.wait - CLOCK_SLIP)),
        }

    def too_many(self, allowance: Allowance) -> Problem:
        return Problem(429, "rate_limit_exceeded", f"Exceeded rate limit of {allowance.limit} in 10_seconds")

    def dress(self, response: Response, request_id: str) -> None:
        response.headers["X-Request-Id"] = request_id
        response.headers["Date"] = formatdate(self._workspace.now(), usegmt=True)
        response.headers["Intercom-Version"] = "2.16"


def new_request_id() -> str:
    return str(uuid.uuid4())


def problem_answer(problem: Problem, request_id: str) -> Response:
    return answer(error_body(problem.code, problem.message, request_id), problem.status, problem.headers)
