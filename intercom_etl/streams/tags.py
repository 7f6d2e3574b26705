"""Tags, as a list of names; which objects carry them is in the link tables of those objects."""

from intercom_etl.endpoint import Listing
from intercom_etl.record import Id, OptionalId, Record, Text, Time, at
from intercom_etl.stream import Stream


class Tag(Record):
    id: Id
    name: Text = None
    applied_at: Time = None
    applied_by_type: Text = at("applied_by", "type")
    applied_by_id: OptionalId = at("applied_by", "id")


STREAM = Stream(
    name="tags",
    title="Tags",
    permission="Read tags",
    model=Tag,
    endpoint=Listing("/tags"),
)
