"""Which fields can be searched, of which type, and where their values stand in a record."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from intercom_etl.simulator.refusal import RefusalError

Record = dict[str, Any]
FieldType = Literal["string", "integer", "boolean", "date", "words"]


@dataclass(frozen=True, slots=True)
class Field:
    """`read` gives one value or a list of them (a list fits when one of its values does)."""

    type: FieldType
    read: Callable[[Record], Any]


def dotted(path: str) -> Callable[[Record], Any]:
    """A reader of the value at a dotted path; None where there is nothing."""
    keys = path.split(".")

    def read(record: Record) -> Any:
        value: Any = record
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return value

    return read


def _plain(field_type: FieldType, names: str) -> dict[str, Field]:
    return {name: Field(field_type, dotted(name)) for name in names.split()}


def _ids(*keys: str) -> Callable[[Record], list[str]]:
    """Ids of the items in the lists at these dotted paths."""

    def read(record: Record) -> list[str]:
        lists = (dotted(key)(record) or () for key in keys)
        return [item["id"] for items in lists for item in items]

    return read


_CONTACTS = (
    _plain(
        "string",
        "id role name owner_id email email_domain phone external_id language_override browser"
        " browser_language os location.country location.region location.city ios_app_version ios_device"
        " ios_os_version ios_app_name ios_sdk_version android_app_version android_device"
        " android_app_name android_sdk_version",
    )
    | _plain(
        "date",
        "created_at signed_up_at updated_at last_seen_at last_contacted_at last_replied_at"
        " last_email_opened_at last_email_clicked_at ios_last_seen_at android_last_seen_at",
    )
    | _plain("boolean", "unsubscribed_from_emails marked_email_as_spam has_hard_bounced")
    | {
        "avatar": Field("string", dotted("avatar.image_url")),
        "formatted_phone": Field("string", dotted("phone")),
        "tag_id": Field("string", _ids("tags.data")),
        "segment_id": Field("string", dotted("_segments")),
    }
)
_CONVERSATIONS = (
    _plain(
        "string",
        "id source.type source.id source.delivered_as source.subject source.author.id source.author.type"
        " source.author.name source.author.email source.url state priority statistics.last_closed_by_id"
        " conversation_rating.remark ai_agent.resolution_state ai_agent.last_answer_type"
        " ai_agent.rating_remark ai_agent.source_type ai_agent.source_title",
    )
    | _plain(
        "date",
        "created_at updated_at waiting_since snoozed_until statistics.first_contact_reply_at"
        " statistics.first_assignment_at statistics.first_admin_reply_at statistics.first_close_at"
        " statistics.last_assignment_at statistics.last_assignment_admin_reply_at"
        " statistics.last_contact_reply_at statistics.last_admin_reply_at statistics.last_close_at",
    )
    | _plain(
        "integer",
        "admin_assignee_id team_assignee_id statistics.time_to_assignment statistics.time_to_admin_reply"
        " statistics.time_to_first_close statistics.time_to_last_close statistics.median_time_to_reply"
        " statistics.count_reopens statistics.count_assignments statistics.count_conversation_parts"
        " ai_agent.rating",
    )
    | _plain("boolean", "open read ai_agent_participated")
    | {
        "source.body": Field("words", dotted("source.body")),
        "channel_initiated": Field("string", dotted("channel.initial")),
        "contact_ids": Field("string", _ids("contacts.contacts")),
        "teammate_ids": Field("string", _ids("teammates.admins", "teammates.teammates")),
        "tag_ids": Field("string", _ids("tags.tags")),
        "conversation_rating.score": Field("integer", dotted("conversation_rating.rating")),
        "conversation_rating.requested_at": Field("date", dotted("conversation_rating.created_at")),
        "conversation_rating.replied_at": Field("date", dotted("conversation_rating.updated_at")),
        "conversation_rating.contact_id": Field("string", dotted("conversation_rating.contact.id")),
    }
)
_CATEGORY_TERMS = {"Customer": "request", "Back-office": "task", "Tracker": "tracker"}
_TICKETS = (
    _plain("string", "id")
    | _plain("date", "created_at updated_at snoozed_until")
    | _plain("boolean", "open")
    | {
        "title": Field("string", dotted("ticket_attributes._default_title_")),
        "description": Field("string", dotted("ticket_attributes._default_description_")),
        "category": Field("string", lambda ticket: _CATEGORY_TERMS[ticket["category"]]),
        "ticket_type_id": Field("string", dotted("ticket_type.id")),
        "contact_ids": Field("string", _ids("contacts.contacts")),
        "admin_assignee_id": Field("string", lambda ticket: str(ticket["admin_assignee_id"])),
        "team_assignee_id": Field("string", lambda ticket: str(ticket["team_assignee_id"])),
        "state": Field("string", dotted("ticket_state.category")),
    }
)
FIELDS = {"contacts": _CONTACTS, "conversations": _CONVERSATIONS, "tickets": _TICKETS}


def find_field(kind: str, name: object) -> Field:
    """The field of this name; custom attributes count as text. Unknown ones are a 400."""
    if isinstance(name, str):
        if found := FIELDS[kind].get(name):
            return found
        if kind == "contacts" and name.startswith("custom_attributes."):
            return Field("string", dotted(name))
        if kind == "tickets" and name.startswith("ticket_attribute."):
            return Field("string", lambda _: None)
    raise RefusalError(400, "invalid_field", f"Invalid field: {name}")
