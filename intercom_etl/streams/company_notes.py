"""Notes on companies; no list has them all."""

from typing import ClassVar

from intercom_etl.endpoint import Paged, PerParent
from intercom_etl.record import Id, OptionalId, Record, Text, Time, at
from intercom_etl.stream import Stream


class CompanyNote(Record):
    left_in_raw: ClassVar = frozenset({"company", "contact"})

    id: Id
    company_id: Text = None
    body: Text = None
    author_id: OptionalId = at("author", "id")
    author_name: Text = at("author", "name")
    author_email: Text = at("author", "email")
    created_at: Time = None


STREAM = Stream(
    name="company_notes",
    title="Notes on companies",
    permission="Read and list users and companies",
    model=CompanyNote,
    endpoint=PerParent(
        "companies", Paged("/companies/{id}/notes"), "company_id", where=("notes", "total_count")
    ),
    optional="one request for each company that may have notes, then one for each of these that changed",
)
