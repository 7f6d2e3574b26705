"""The door of the API: token, version, rate window; and the headers that every answer carries."""

import uuid
from email.utils import formatdate
from math import ceil

from starlette.requests import Request
from starlette.responses import Response

from intercom_etl.simulator.desk import LATEST
from intercom_etl.simulator.rate_windows import Allowance
from intercom_etl.simulator.refusal import RefusalError, error_body
from intercom_etl.simulator.render import answer
from intercom_etl.simulator.workspace import Workspace

# `intercom_version` of the 2.16 specification, and what is documented beyond it.
VERSIONS = frozenset(
    ["1.0", "1.1", "1.2", "1.3", "1.4", *(f"2.{minor}" for minor in range(18)), "Preview", "Unstable"]
)


# Two clocks are read one after the other; without this the end of a window would be rounded up a second.
CLOCK_SLIP = 0.05


class Gate:
    """Checks each request and dresses each answer."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def check_token(self, request: Request) -> None:
        """401 without the right bearer token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token.strip() != self._workspace.token:
            raise RefusalError(401, "unauthorized", "Access Token Invalid")

    def check_version(self, request: Request, since: tuple[int, int] | None = None) -> None:
        """400 for a version that never was, and for one that did not have the path yet."""
        version = request.headers.get("intercom-version", LATEST)
        if version not in VERSIONS:
            raise RefusalError(400, "intercom_version_invalid", f"Intercom version '{version}' is not valid")
        # Preview and its like have everything.
        if since and version[0].isdigit() and tuple(map(int, version.split("."))) < since:
            message = "Requested resource is not available in current API version."
            raise RefusalError(400, "intercom_version_invalid", message)

    def take(self) -> Allowance:
        """Count this request in the rate window."""
        return self._workspace.rates.take()

    def rate_headers(self, allowance: Allowance) -> dict[str, str]:
        """Reset is in the workspace's own time, the same as the Date header."""
        return {
            "X-RateLimit-Limit": str(allowance.limit),
            "X-RateLimit-Remaining": str(allowance.remaining),
            "X-RateLimit-Reset": str(ceil(self._workspace.now() + allowance.wait - CLOCK_SLIP)),
        }

    def too_many(self, allowance: Allowance) -> RefusalError:
        """The answer past the limit."""
        return RefusalError(
            429, "rate_limit_exceeded", f"Exceeded rate limit of {allowance.limit} in 10_seconds"
        )

    def dress(self, response: Response, request_id: str) -> None:
        """Puts on the headers of every answer."""
        response.headers["X-Request-Id"] = request_id
        response.headers["Date"] = formatdate(self._workspace.now(), usegmt=True)
        response.headers["Intercom-Version"] = "2.16"


def new_request_id() -> str:
    """A value for X-Request-Id."""
    return str(uuid.uuid4())


def refusal_answer(refusal: RefusalError, request_id: str) -> Response:
    """The error body and status of a refusal."""
    return answer(error_body(refusal.code, refusal.message, request_id), refusal.status, refusal.headers)
