"""Ticket types: the fields that a ticket of the type has, and the states that it can be in."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Listing
from intercom_etl.record import Flag, Id, Int, Record, Text, Time
from intercom_etl.stream import Children, Stream


class TicketType(Record):
    left_in_raw: ClassVar = frozenset({"workspace_id"})
    undeclared: ClassVar = frozenset({"is_internal"})

    id: Id
    category: Text = None
    name: Text = None
    description: Text = None
    icon: Text = None
    is_internal: Flag = None
    archived: Flag = None
    created_at: Time = None
    updated_at: Time = None


class TicketTypeAttribute(Record):
    left_in_raw: ClassVar = frozenset({"input_options", "ticket_type_id", "workspace_id"})

    id: Id
    name: Text = None
    description: Text = None
    data_type: Text = None
    sort_order: Int = Field(default=None, validation_alias="order")
    is_default: Flag = Field(default=None, validation_alias="default")
    required_to_create: Flag = None
    required_to_create_for_contacts: Flag = None
    visible_on_create: Flag = None
    visible_to_contacts: Flag = None
    archived: Flag = None
    created_at: Time = None
    updated_at: Time = None


class TicketTypeState(Record):
    ticket_state_id: Id = Field(validation_alias="id")
    category: Text = None
    internal_label: Text = None
    external_label: Text = None


STREAM = Stream(
    name="ticket_types",
    title="Ticket types with their attributes and states",
    permission="Read tickets",
    model=TicketType,
    endpoint=Listing("/ticket_types"),
    children=(
        Children(
            table="ticket_type_attributes",
            model=TicketTypeAttribute,
            # the spec's schema has the second, its examples have the first
            paths=(("ticket_type_attributes", "data"), ("ticket_type_attributes", "ticket_type_attributes")),
            parent_key="ticket_type_id",
        ),
        Children(
            table="ticket_type_states",
            model=TicketTypeState,
            paths=(("ticket_states", "data"),),
            parent_key="ticket_type_id",
            key="ticket_state_id",
        ),
    ),
)
