"""Which contacts are in which segment. Entering one does not touch the contact: see the rounds."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Listing, PerParent
from intercom_etl.record import Id, Record, Text
from intercom_etl.stream import Stream


class ContactSegment(Record):
    left_in_raw: ClassVar = frozenset({"count", "created_at", "updated_at"})

    id: Text = None
    contact_id: Text = None
    segment_id: Id = Field(validation_alias="id")
    name: Text = None
    person_type: Text = None


STREAM = Stream(
    name="contact_segments",
    title="Segments of contacts",
    permission="Read and list users and companies",
    model=ContactSegment,
    endpoint=PerParent("contacts", Listing("/contacts/{id}/segments"), "contact_id"),
    identity=("contact_id", "segment_id"),
    optional="one request a contact at first, then one for each that changed",
)
