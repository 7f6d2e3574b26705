"""Side conversations: what teammates discuss with others beside a conversation, with all parts."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Paged, PerParent
from intercom_etl.record import Flag, Id, Int, OptionalId, Record, Text, Time, at
from intercom_etl.stream import Children, Stream


class SideConversation(Record):
    id: Id = Field(validation_alias="side_conversation_id")
    conversation_id: Text = None
    parts_total_count: Int = Field(default=None, validation_alias="total_count")


class SideConversationPart(Record):
    left_in_raw: ClassVar = frozenset(
        {"attachments", "email_message_metadata", "event_details", "metadata", "tags"}
    )

    id: Id
    part_type: Text = None
    body: Text = None
    created_at: Time = None
    updated_at: Time = None
    notified_at: Time = None
    state: Text = None
    redacted: Flag = None
    external_id: Text = None
    app_package_code: Text = None
    author_type: Text = at("author", "type")
    author_id: OptionalId = at("author", "id")
    author_name: Text = at("author", "name")
    author_email: Text = at("author", "email")
    author_from_ai_agent: Flag = at("author", "from_ai_agent")
    author_is_ai_answer: Flag = at("author", "is_ai_answer")
    assigned_to_type: Text = at("assigned_to", "type")
    assigned_to_id: OptionalId = at("assigned_to", "id")


STREAM = Stream(
    name="side_conversations",
    title="Side conversations",
    permission="Read conversations",
    model=SideConversation,
    endpoint=PerParent(
        "conversations",
        Paged("/conversations/{id}/side_conversations", key="side_conversations", page_size=50),
        "conversation_id",
    ),
    optional="one request a conversation at first, then one for each that changed",
    children=(
        Children(
            table="side_conversation_parts",
            model=SideConversationPart,
            paths=(("conversation_parts",),),
            parent_key="side_conversation_id",
        ),
    ),
)
