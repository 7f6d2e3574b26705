"""Ticket states, archived ones too, and which ticket types use them."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Listing
from intercom_etl.record import Flag, Id, Record, Text
from intercom_etl.stream import Children, Stream


class TicketState(Record):
    id: Id
    category: Text = None
    internal_label: Text = None
    external_label: Text = None
    archived: Flag = None


class TicketStateType(Record):
    left_in_raw: ClassVar = frozenset(
        {
            "created_at",
            "description",
            "icon",
            "is_internal",
            "ticket_states",
            "ticket_type_attributes",
            "updated_at",
            "workspace_id",
        }
    )
    undeclared: ClassVar = frozenset({"is_internal"})

    ticket_type_id: Id = Field(validation_alias="id")
    name: Text = None
    category: Text = None
    archived: Flag = None


STREAM = Stream(
    name="ticket_states",
    title="Ticket states",
    permission="Read tickets",
    model=TicketState,
    endpoint=Listing("/ticket_states"),
    children=(
        Children(
            table="ticket_state_types",
            model=TicketStateType,
            paths=(("ticket_types", "data"),),
            parent_key="ticket_state_id",
            key="ticket_type_id",
        ),
    ),
)
