"""Data events: what contacts did in the customer's own product. Listed for 90 days, and kept here."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Linked, PerParent
from intercom_etl.record import Record, Text, Time
from intercom_etl.stream import Stream


class DataEvent(Record):
    left_in_raw: ClassVar = frozenset({"intercom_user_id", "metadata"})

    id: Text = None
    contact_id: Text = None
    event_name: Text = None
    created_at: Time = None
    # the reference calls it the person's id and shows one of the event: so it alone is no key
    event_id: str = Field(default="", validation_alias="id")
    user_id: Text = None
    email: Text = None


STREAM = Stream(
    name="data_events",
    title="Data events",
    permission="Read events",
    model=DataEvent,
    endpoint=PerParent(
        "contacts",
        Linked(
            "/events",
            key="events",
            params=(("type", "user"), ("intercom_user_id", "{id}"), ("per_page", "50")),
        ),
        "contact_id",
        whole=False,
    ),
    identity=("contact_id", "created_at", "event_name", "event_id"),
    optional="one request a contact at first, then one for each that changed, or more for many events",
)
