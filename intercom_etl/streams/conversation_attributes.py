"""Definitions of the attributes of conversations, which have a list of their own since API 2.16."""

from typing import ClassVar

from intercom_etl.endpoint import Listing
from intercom_etl.record import Flag, Id, OptionalId, Record, Text, Time, at
from intercom_etl.stream import Children, Stream


class ConversationAttribute(Record):
    left_in_raw: ClassVar = frozenset({"visible_to_team_ids"})

    id: Id
    name: Text = None
    description: Text = None
    data_type: Text = None
    required: Flag = None
    archived: Flag = None
    multiline: Flag = None
    reference_type: Text = at("reference", "type")
    reference_object_type_id: OptionalId = at("reference", "object_type_id")
    admin_id: OptionalId = None
    created_at: Time = None
    updated_at: Time = None


class ConversationAttributeOption(Record):
    id: Id
    label: Text = None
    archived: Flag = None


STREAM = Stream(
    name="conversation_attributes",
    title="Attributes of conversations",
    permission="Read conversations",
    model=ConversationAttribute,
    endpoint=Listing("/conversations/attributes", params=(("include_archived", "true"),)),
    children=(
        Children(
            table="conversation_attribute_options",
            model=ConversationAttributeOption,
            paths=(("options",),),
            parent_key="conversation_attribute_id",
        ),
    ),
)
