"""Tickets. The search gives them whole, with up to 500 parts each; there is no plain list."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Search
from intercom_etl.record import Flag, Id, Int, Joined, OptionalId, Record, Text, Time, at
from intercom_etl.stream import Children, Confirm, Stream


class Ticket(Record):
    undeclared: ClassVar = frozenset({"channel"})
    made_here: ClassVar = frozenset({"parts_truncated"})

    id: Id
    ticket_id: Text = None
    category: Text = None
    title: Text = at("ticket_attributes", "_default_title_")
    description: Text = at("ticket_attributes", "_default_description_")
    ticket_type_id: OptionalId = at("ticket_type", "id")
    ticket_type_name: Text = at("ticket_type", "name")
    ticket_state_id: OptionalId = at("ticket_state", "id")
    ticket_state_category: Text = at("ticket_state", "category")
    ticket_state_internal_label: Text = at("ticket_state", "internal_label")
    ticket_state_external_label: Text = at("ticket_state", "external_label")
    previous_ticket_state_id: OptionalId = None
    admin_assignee_id: OptionalId = None
    team_assignee_id: OptionalId = None
    created_at: Time = None
    updated_at: Time = None
    snoozed_until: Time = None
    open: Flag = None
    is_shared: Flag = None
    channel: Text = None
    parts_total_count: Int = at("ticket_parts", "total_count")
    parts_truncated: bool = False  # set from the length of the list


class TicketPart(Record):
    left_in_raw: ClassVar = frozenset({"attachments"})

    id: Id
    part_type: Text = None
    body: Text = None
    created_at: Time = None
    updated_at: Time = None
    ticket_state: Text = None
    previous_ticket_state: Text = None
    redacted: Flag = None
    external_id: Text = None
    app_package_code: Text = None
    author_type: Text = at("author", "type")
    author_id: OptionalId = at("author", "id")
    author_name: Text = at("author", "name")
    author_email: Text = at("author", "email")
    assigned_to_type: Text = at("assigned_to", "type")
    assigned_to_id: OptionalId = at("assigned_to", "id")
    updated_attribute_id: OptionalId = at("updated_attribute_data", "attribute", "id")
    updated_attribute_label: Text = at("updated_attribute_data", "attribute", "label")
    updated_attribute_value_id: Joined = at("updated_attribute_data", "value", "id")
    updated_attribute_value: Joined = at("updated_attribute_data", "value", "label")


class TicketContact(Record):
    contact_id: Id = Field(validation_alias="id")
    external_id: Text = None


class TicketLinkedObject(Record):
    object_id: Id = Field(validation_alias="id")
    object_type: Text = Field(default=None, validation_alias="type")
    category: Text = None


STREAM = Stream(
    name="tickets",
    title="Tickets with all their parts",
    permission="Read tickets",
    model=Ticket,
    endpoint=Search("/tickets/search", key="tickets"),
    replication_key="updated_at",
    confirm=Confirm("/tickets/{id}"),
    children=(
        Children(
            table="ticket_parts",
            model=TicketPart,
            paths=(("ticket_parts", "ticket_parts"),),
            parent_key="ticket_id",
            cap=500,
            truncated_flag="parts_truncated",
        ),
        Children(
            table="ticket_contacts",
            model=TicketContact,
            paths=(("contacts", "contacts"),),
            parent_key="ticket_id",
            key="contact_id",
        ),
        Children(
            table="ticket_linked_objects",
            model=TicketLinkedObject,
            paths=(("linked_objects", "data"),),
            parent_key="ticket_id",
            key="object_id",
        ),
    ),
)
