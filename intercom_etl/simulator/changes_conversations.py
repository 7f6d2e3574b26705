"""What may happen to conversations and tickets while somebody copies them."""

from copy import deepcopy
from typing import Any

from intercom_etl.simulator import words
from intercom_etl.simulator.chance import generator
from intercom_etl.simulator.conversation_statistics import measure
from intercom_etl.simulator.conversations import STRANGER, ConversationState, contact_reference
from intercom_etl.simulator.parts import author_of, make_part
from intercom_etl.simulator.store import Store
from intercom_etl.simulator.tickets import make_ticket_part

Record = dict[str, Any]


class ConversationChanges(Store):
    """Each method is one event in the workspace, stamped by the workspace's clock."""

    def _edit_conversation(self, conversation_id: str) -> ConversationState:
        return deepcopy(self.conversations.state(conversation_id))

    def _store_conversation(self, state: ConversationState, *, touch: bool = True) -> None:
        fields = state.fields
        if touch:
            fields["updated_at"] = self.stamp()
        fields["statistics"] = measure(fields["created_at"], state.parts, self.world.team_names)
        self.conversations.put(fields["id"], state, fields["updated_at"])

    def _append(self, state: ConversationState, part_type: str, author: Record, body: str | None) -> str:
        part_id = str(900_000_000_000 + self.issue_number())
        state.parts.append(make_part(part_id, part_type, author, self.stamp(), body, state.fields["state"]))
        return part_id

    def _speaker(self, role: str, state: ConversationState) -> Record:
        if role == "admin" and self.admins:
            return author_of(next(iter(self.admins.values())))
        contacts = state.fields["contacts"]["contacts"]
        contact_id = contacts[0]["id"] if contacts else STRANGER["id"]
        return author_of({"type": "user", "id": contact_id, "name": None, "email": ""})

    def add_conversation(self, contact_id: str | None = None, body: str | None = None) -> str:
        """A new conversation without parts, opened by a contact (or by a stranger)."""
        with self.lock:
            number = self.issue_number()
            conversation_id = str(215_490_000_000_000 + number)
            stamp = self.stamp()
            contact = self.contacts.state(contact_id).fields if contact_id else STRANGER
            author = author_of({**contact, "type": contact.get("role", "user")})
            text = body or words.body(generator(self.world.seed, "new", number))
            fields = _blank_conversation(conversation_id, stamp, author, text)
            if contact_id:
                fields["contacts"]["contacts"] = [contact_reference(contact)]
            state = ConversationState(fields, [])
            self.conversations.put(conversation_id, state, stamp, stamp)
            return conversation_id

    def reply(self, conversation_id: str, body: str | None = None, author: str = "user") -> str:
        """A new comment; the conversation opens again. Returns the part's id."""
        with self.lock:
            state = self._edit_conversation(conversation_id)
            state.fields |= {"state": "open", "open": True, "snoozed_until": None}
            text = body or words.body(generator(self.world.seed, "reply", self.issue_number()))
            part_id = self._append(state, "comment", self._speaker(author, state), text)
            self._store_conversation(state)
            return part_id

    def update_conversation(self, conversation_id: str, **fields: object) -> None:
        """Change fields; updated_at becomes now unless given."""
        with self.lock:
            state = self._edit_conversation(conversation_id)
            state.fields |= fields
            self._store_conversation(state, touch="updated_at" not in fields)

    def close_conversation(self, conversation_id: str) -> str:
        """An admin closes it. Returns the id of the part that says so."""
        with self.lock:
            state = self._edit_conversation(conversation_id)
            state.fields |= {"state": "closed", "open": False, "waiting_since": None, "snoozed_until": None}
            part_id = self._append(state, "close", self._speaker("admin", state), None)
            self._store_conversation(state)
            return part_id

    def tag_conversation(self, conversation_id: str, tag_id: str) -> None:
        """Put a tag on it, now."""
        with self.lock:
            state = self._edit_conversation(conversation_id)
            by = {"type": "admin", "id": next(iter(self.admins))} if self.admins else None
            tag = {**self.tags[tag_id], "applied_at": self.stamp(), "applied_by": by}
            state.fields["tags"]["tags"].append(tag)
            self._store_conversation(state)

    def redact_part(self, conversation_id: str, part_id: str, *, touch: bool = False) -> None:
        """The body goes. A new updated_at of the conversation is not promised by the API, hence not given."""
        with self.lock:
            state = self._edit_conversation(conversation_id)
            part = next(part for part in state.parts if part["id"] == part_id)
            part |= {"redacted": True, "body": None, "attachments": [], "updated_at": self.stamp()}
            self._store_conversation(state, touch=touch)

    def delete_conversation(self, conversation_id: str, *, retain_metrics: bool = True) -> None:
        """It leaves everything but GET /conversations/deleted."""
        with self.lock:
            self.conversations.remove(conversation_id)
            self.deleted_conversations.append(
                {
                    "type": "conversation",
                    "id": conversation_id,
                    "metrics_retained": retain_metrics,
                    "deleted_at": self.stamp(),
                }
            )

    def reply_to_ticket(self, ticket_id: str, body: str = "<p>Any news?</p>") -> str:
        """A new comment of a user. Returns the part's id."""
        with self.lock:
            ticket = self.tickets.state(ticket_id)
            stamp = self.stamp()
            part_id = str(950_000_000_000 + self.issue_number())
            part = make_ticket_part(part_id, "comment", author_of(STRANGER), stamp)
            part["body"] = body
            parts = [*ticket["ticket_parts"]["ticket_parts"], part]
            listed = {**ticket["ticket_parts"], "ticket_parts": parts, "total_count": len(parts)}
            self.tickets.put(ticket_id, {**ticket, "ticket_parts": listed, "updated_at": stamp}, stamp)
            return part_id

    def update_ticket(self, ticket_id: str, **fields: object) -> None:
        """Change fields; updated_at becomes now unless given."""
        with self.lock:
            ticket = {**self.tickets.state(ticket_id), "updated_at": self.stamp(), **fields}
            self.tickets.put(ticket_id, ticket, ticket["updated_at"])

    def delete_ticket(self, ticket_id: str) -> None:
        """Without a trace: the API lists no deleted tickets."""
        with self.lock:
            self.tickets.remove(ticket_id)


def _blank_conversation(conversation_id: str, stamp: int, author: Record, body: str) -> Record:
    nothing = (
        "title", "waiting_since", "snoozed_until", "first_contact_reply", "sla_applied", "statistics",
        "conversation_rating", "teammates", "ticket", "ai_agent", "sales_agent", "company",
    )  # fmt: skip
    opener = {key: author[key] for key in ("type", "id", "name")} | {"email": author["email"] or None}
    return {
        **dict.fromkeys(nothing),
        "type": "conversation",
        "id": conversation_id,
        "created_at": stamp,
        "updated_at": stamp,
        "source": {
            "type": "conversation", "id": conversation_id, "delivered_as": "customer_initiated",
            "recipients": None, "reply_to": None, "subject": "", "body": body, "author": opener,
            "attachments": [], "url": None, "redacted": False,
        },
        "contacts": {"type": "contact.list", "contacts": []},
        "admin_assignee_id": 0,
        "team_assignee_id": 0,
        "open": True,
        "state": "open",
        "read": False,
        "priority": "none",
        "tags": {"type": "tag.list", "tags": []},
        "custom_attributes": {},
        "topics": {},
        "linked_objects": {"type": "list", "data": [], "total_count": 0, "has_more": False},
        "ai_agent_participated": False,
        "sales_agent_participated": False,
        "channel": {"initial": "conversation", "current": "conversation"},
        "external_references": [],
    }  # fmt: skip
