"""Brands; the default one has the id of the workspace."""

from intercom_etl.endpoint import Listing
from intercom_etl.record import Flag, Id, OptionalId, Record, Text, Time
from intercom_etl.stream import Stream


class Brand(Record):
    id: Id
    name: Text = None
    is_default: Flag = None
    help_center_id: OptionalId = None
    default_address_settings_id: OptionalId = None
    created_at: Time = None
    updated_at: Time = None


STREAM = Stream(
    name="brands",
    title="Brands",
    permission="Read admins",
    model=Brand,
    endpoint=Listing("/brands"),
)
