"""Segments. Their members are not listed by the API, only counted by it on request."""

from intercom_etl.endpoint import Listing
from intercom_etl.record import Id, Int, Record, Text, Time
from intercom_etl.stream import Stream


class Segment(Record):
    id: Id
    name: Text = None
    person_type: Text = None
    created_at: Time = None
    updated_at: Time = None
    count: Int = None


STREAM = Stream(
    name="segments",
    title="Segments",
    permission="Read and list users and companies",
    model=Segment,
    endpoint=Listing("/segments", key="segments", params=(("include_count", "true"),)),
)
