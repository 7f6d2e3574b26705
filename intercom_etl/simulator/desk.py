"""What every endpoint has at hand, and the small readings of a request that they share."""

import json
from typing import Any

import msgspec
from starlette.requests import Request

from intercom_etl.simulator.finder import Finder
from intercom_etl.simulator.people import segment_numbers
from intercom_etl.simulator.refusal import RefusalError, invalid
from intercom_etl.simulator.render import Renderer
from intercom_etl.simulator.workspace import Workspace

Record = dict[str, Any]

MERGE_HOPS = 3
LATEST = "2.16"
# Day-granular contact search ended with 2.17 (its changelog); Preview is ahead of that.
EXACT_VERSIONS = ("2.17", "Preview", "Unstable")


class Desk:
    """One a workspace: its finder and its renderer."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.finder = Finder(workspace)
        self.renderer = Renderer(workspace)

    def days_count(self, request: Request) -> bool:
        """Whether the version asked for compares contacts' dates by day."""
        return request.headers.get("intercom-version", LATEST) not in EXACT_VERSIONS

    def query(self, body: Record) -> object:
        """The `query` of a search; a 400 when there is none."""
        if body.get("query") is None:
            raise RefusalError(400, "parameter_not_found", "query not specified")
        return body["query"]

    def survivor(self, contact_id: str) -> str:
        """Follows merges of merges, at most three hops, as the API says it does."""
        merged = self.workspace.merged_contacts
        for _ in range(MERGE_HOPS):
            contact_id = merged.get(contact_id, contact_id)
        return contact_id

    def segment(self, segment_id: str) -> bytes:
        """A segment with the number of contacts in it."""
        place = list(self.workspace.segments).index(segment_id)
        contacts, known = self.workspace.contacts, len(self.workspace.world.segments)
        made = self.workspace.world.size.contacts
        members = (contacts.number[one] for one in contacts)
        count = sum(place in segment_numbers(member, known) for member in members if member < made)
        return msgspec.json.encode({**self.workspace.segments[segment_id], "count": count})


async def read_body(request: Request) -> Record:
    """The JSON object in a request's body; none at all counts as an empty one."""
    raw = await request.body()
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise RefusalError(400, "bad_request", "the body is not valid JSON") from error
    if not isinstance(body, dict):
        raise invalid("the body must be an object")
    return body


def wants(request: Request, flag: str) -> bool:
    """Whether a query parameter is `true`."""
    return request.query_params.get(flag) == "true"
