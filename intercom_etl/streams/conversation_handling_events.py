"""When teammates paused and resumed the handling of conversations."""

from pydantic import AliasPath, Field

from intercom_etl.endpoint import Listing, PerParent
from intercom_etl.record import Record, Text, Time, at
from intercom_etl.stream import Stream


class ConversationHandlingEvent(Record):
    id: Text = None
    conversation_id: Text = None
    event_type: Text = Field(default=None, validation_alias="type")
    occurred_at: Time = Field(default=None, validation_alias="timestamp")
    reason: Text = None
    teammate_type: Text = at("teammate", "type")
    # part of the key, which cannot be null
    teammate_id: str = Field(default="", validation_alias=AliasPath("teammate", "id"))
    teammate_name: Text = at("teammate", "name")
    teammate_email: Text = at("teammate", "email")


STREAM = Stream(
    name="conversation_handling_events",
    title="Handling of conversations paused and resumed",
    permission="Read conversations",
    model=ConversationHandlingEvent,
    endpoint=PerParent(
        "conversations",
        Listing("/conversations/{id}/handling_events", key="handling_events"),
        "conversation_id",
    ),
    identity=("conversation_id", "occurred_at", "event_type", "teammate_id"),
    optional="one request a conversation at first, then one for each that changed",
)
