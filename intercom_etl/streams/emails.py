"""Addresses that the workspace sends from."""

from intercom_etl.endpoint import Listing
from intercom_etl.record import Flag, Id, OptionalId, Record, Text, Time
from intercom_etl.stream import Stream


class Email(Record):
    id: Id
    email: Text = None
    domain: Text = None
    verified: Flag = None
    brand_id: OptionalId = None
    forwarding_enabled: Flag = None
    forwarded_email_last_received_at: Time = None
    created_at: Time = None
    updated_at: Time = None


STREAM = Stream(
    name="emails",
    title="Sender addresses",
    permission="Read admins",
    model=Email,
    endpoint=Listing("/emails"),
)
