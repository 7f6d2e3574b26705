"""Bytes of records and of lists of them. Planted records are served as the bytes they are."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from intercom_etl.simulator.contacts import ContactState, view_contact
from intercom_etl.simulator.conversations import view_conversation
from intercom_etl.simulator.quality_reviews import monitor_evaluations, scorecards
from intercom_etl.simulator.tickets import view_ticket
from intercom_etl.simulator.workspace import Workspace

Record = dict[str, Any]

JSON = "application/json; charset=utf-8"


def answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; bytes are taken for JSON already."""
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return Response(body, status, headers, JSON)


def list_answer(key: str, items: Iterable[bytes], **around: object) -> Response:
    """`{"type": ..., key: [items], ...}` with items that are JSON already."""
    fields = [msgspec.json.encode(name) + b":" + msgspec.json.encode(value) for name, value in around.items()]
    fields.insert(1, msgspec.json.encode(key) + b":[" + b",".join(items) + b"]")
    return answer(b"{" + b",".join(fields) + b"}")


class Renderer:
    """Shows records of a workspace the way each endpoint does."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def _bytes(self, kind: str, record_id: str, view: Record) -> bytes:
        return self._workspace.planted.get((kind, record_id)) or msgspec.json.encode(view)

    def contact(self, contact_id: str, *, merge_history: bool = False) -> bytes:
        """The contact with its sub-lists cut at ten."""
        return self.contact_state(self._workspace.contacts.state(contact_id), merge_history=merge_history)

    def contact_state(self, state: ContactState, *, merge_history: bool = False) -> bytes:
        """The same for one that is in no list any more: an archived one."""
        view = view_contact(state, merge_history=merge_history)
        return self._bytes("contacts", state.fields["id"], view)

    def company(self, company_id: str) -> bytes:
        """The company."""
        return self._bytes("companies", company_id, self._workspace.company(company_id))

    def listed_conversation(
        self, conversation_id: str, *, monitors: bool = False, with_scorecards: bool = False
    ) -> bytes:
        """The conversation as lists and searches show it: without parts, with reviews when asked."""
        fields = self._workspace.conversations.state(conversation_id).fields
        reviewed = (self._workspace.world.seed, conversation_id, fields["updated_at"])
        if monitors:
            fields = {**fields, "monitor_evaluations": monitor_evaluations(*reviewed)}
        if with_scorecards:
            fields = {**fields, "scorecards": scorecards(*reviewed)}
        return self._bytes("conversations", conversation_id, fields)

    def conversation(self, conversation_id: str) -> bytes:
        """The conversation with its 500 newest parts."""
        state = self._workspace.conversations.state(conversation_id)
        return self._bytes("conversations", conversation_id, view_conversation(state))

    def ticket(self, ticket_id: str) -> bytes:
        """The ticket with its 500 newest parts."""
        return self._bytes("tickets", ticket_id, view_ticket(self._workspace.tickets.state(ticket_id)))

    def record(self, kind: str, record_id: str, view: Record) -> bytes:
        """A record of a small kind in this view."""
        return self._bytes(kind, record_id, view)

    def records(self, kind: str, views: Iterable[Record]) -> list[bytes]:
        """Records of a small kind in these views."""
        return [self._bytes(kind, str(view["id"]), view) for view in views]

    def listed(self, kind: str, record_id: str) -> bytes:
        """A record of one of the collections that are held as plain mappings."""
        return self._bytes(kind, record_id, getattr(self._workspace, kind)[record_id])
