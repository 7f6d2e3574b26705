"""Audiences: groups of contacts that content is meant for, by rules."""

from typing import ClassVar

from intercom_etl.endpoint import Paged
from intercom_etl.record import Id, Record, Text, Time
from intercom_etl.stream import Confirm, Stream


class Audience(Record):
    left_in_raw: ClassVar = frozenset({"predicates", "role_predicates"})

    id: Id
    name: Text = None
    created_at: Time = None
    updated_at: Time = None


STREAM = Stream(
    name="audiences",
    title="Audiences",
    permission="Read and write AI content",
    model=Audience,
    endpoint=Paged("/audiences", page_size=50),
    confirm=Confirm("/audiences/{id}"),
)
