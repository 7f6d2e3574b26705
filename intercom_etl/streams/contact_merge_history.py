"""Which contacts were merged into which; leads have no such history."""

from intercom_etl.endpoint import Cursor, PerParent
from intercom_etl.record import Id, Record, Text, Time
from intercom_etl.stream import Stream


class ContactMerge(Record):
    id: Text = None
    contact_id: Text = None
    source_contact_id: Id
    source_contact_role: Text = None
    merged_at: Time = None


STREAM = Stream(
    name="contact_merge_history",
    title="Merges of contacts",
    permission="Read and list users and companies",
    model=ContactMerge,
    endpoint=PerParent(
        "contacts",
        Cursor("/contacts/{id}/merge_history", style="flat"),
        "contact_id",
        whole=False,
        where=("role",),
        nothing="lead",
    ),
    identity=("contact_id", "source_contact_id"),
    optional="one request a user at first, then one for each that changed",
)
