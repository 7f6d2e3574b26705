"""Definitions of the attributes of contacts and companies. Standard ones have no id of their own."""

from pydantic import AliasChoices, Field

from intercom_etl.endpoint import Listing
from intercom_etl.record import Flag, Id, OptionalId, Record, Text, Time
from intercom_etl.stream import Children, Stream


class DataAttribute(Record):
    id: Text = None  # made of `model` and `full_name`
    attribute_id: OptionalId = Field(default=None, validation_alias="id")
    model: Id
    full_name: Id
    name: Text = None
    label: Text = None
    description: Text = None
    data_type: Text = None
    custom: Flag = None
    archived: Flag = None
    api_writable: Flag = None
    messenger_writable: Flag = None
    ui_writable: Flag = None
    admin_id: OptionalId = None
    created_at: Time = None
    updated_at: Time = None


class DataAttributeOption(Record):
    # answers have bare values, requests objects with a `value`
    value: str = Field(validation_alias=AliasChoices("value", "id"), max_length=512)


STREAM = Stream(
    name="data_attributes",
    title="Attributes of contacts and companies",
    permission="Read and list users and companies",
    model=DataAttribute,
    # whether a request without `model` answers with both is nowhere promised
    endpoint=Listing(
        "/data_attributes",
        params=(("include_archived", "true"),),
        each=((("model", "contact"),), (("model", "company"),)),
    ),
    identity=("model", "full_name"),
    children=(
        Children(
            table="data_attribute_options",
            model=DataAttributeOption,
            paths=(("options",),),
            parent_key="data_attribute_id",
            key="value",
        ),
    ),
)
