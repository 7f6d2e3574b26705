"""Instances of custom objects. The API does not tell which types there are: a setting names them."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Paged, PerName
from intercom_etl.record import Id, Record, Text, Time
from intercom_etl.stream import Stream


class CustomObjectInstance(Record):
    left_in_raw: ClassVar = frozenset({"custom_attributes"})

    id: Text = None
    object_type: Text = None
    record_id: Id = Field(validation_alias="id")
    external_id: Text = None
    external_created_at: Time = None
    external_updated_at: Time = None
    created_at: Time = None
    updated_at: Time = None


STREAM = Stream(
    name="custom_object_instances",
    title="Instances of custom objects",
    permission="Read and write custom object instances",
    model=CustomObjectInstance,
    endpoint=PerName(
        "INTERCOM_ETL_CUSTOM_OBJECTS", Paged("/custom_object_instances/{id}", page_size=150), "object_type"
    ),
    identity=("object_type", "record_id"),
)
