"""Notes on contacts; no list has them all."""

from typing import ClassVar

from intercom_etl.endpoint import Paged, PerParent
from intercom_etl.record import Id, OptionalId, Record, Text, Time, at
from intercom_etl.stream import Stream


class ContactNote(Record):
    left_in_raw: ClassVar = frozenset({"company", "contact"})

    id: Id
    contact_id: Text = None
    body: Text = None
    author_id: OptionalId = at("author", "id")
    author_name: Text = at("author", "name")
    author_email: Text = at("author", "email")
    created_at: Time = None


STREAM = Stream(
    name="contact_notes",
    title="Notes on contacts",
    permission="Read and list users and companies",
    model=ContactNote,
    endpoint=PerParent(
        "contacts", Paged("/contacts/{id}/notes"), "contact_id", where=("notes", "total_count")
    ),
    optional="one request for each contact that has notes, then one for each of these that changed",
)
