"""Paths that a token, a plan or a version may not read, and lists whose store cannot be read."""

from typing import Any

import msgspec
from starlette.responses import Response

from intercom_etl.simulator.refusal import RefusalError
from intercom_etl.simulator.schedule import fits

CODES = {
    400: ("intercom_version_invalid", "Requested resource is not available in current API version."),
    401: ("unauthorized", "Access Token Invalid"),
    402: ("payment_required", "Your plan does not include this resource"),
    403: ("api_plan_restricted", "Active subscription needed."),
}


class Withdrawals:
    """Rules by pattern, such as `/calls*` or `GET /articles/*`."""

    def __init__(self) -> None:
        self._forbidden: dict[str, tuple[int, str, str]] = {}
        self._emptied: set[str] = set()

    def forbid(self, pattern: str, status: int, code: str | None) -> None:
        """See `Workspace.forbid`."""
        usual_code, message = CODES.get(status, ("forbidden", "Not allowed"))
        self._forbidden[pattern] = (status, code or usual_code, message)

    def empty(self, pattern: str) -> None:
        """See `Workspace.empty`."""
        self._emptied.add(pattern)

    def restore(self, pattern: str) -> None:
        """See `Workspace.restore`."""
        self._forbidden.pop(pattern, None)
        self._emptied.discard(pattern)

    def check(self, method: str, path: str) -> None:
        """The refusal of a path that is forbidden."""
        for pattern, (status, code, message) in self._forbidden.items():
            if fits(pattern, method, path):
                raise RefusalError(status, code, message)

    def apply(self, method: str, path: str, response: Response) -> None:
        """Takes the records out of the answer when its store is broken."""
        if response.status_code == 200 and any(fits(one, method, path) for one in self._emptied):
            content = msgspec.json.decode(response.body)
            if _is_list(content):
                response.body = msgspec.json.encode(_emptied(content))
                response.headers["content-length"] = str(len(response.body))


def _is_list(content: Any) -> bool:
    """Whether an answer is a list of records, by what all of them have, and single records have not."""
    if isinstance(content, list):
        return True
    kind = str(content.get("type", "handling_events.list" if "handling_events" in content else ""))
    return kind.endswith("list") or isinstance(content.get("data"), list)


def _emptied(content: Any) -> Any:
    """The same list without records: 200, as if there were none."""
    if isinstance(content, list):
        return []
    without: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, list):
            without[name] = []
        elif name in ("total_count", "total_pages"):
            without[name] = 0
        elif name == "pages" and isinstance(value, dict):
            without[name] = value | {"next": None} | ({"total_pages": 0} if "total_pages" in value else {})
        else:
            without[name] = value
    for name, nothing in (("has_more", False), ("next_cursor", None)):
        if name in without:
            without[name] = nothing
    return without
