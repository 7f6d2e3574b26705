"""Help centers and the languages that they are available in."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Listing
from intercom_etl.record import Flag, Id, Record, Text, Time
from intercom_etl.stream import Children, Stream


class HelpCenter(Record):
    left_in_raw: ClassVar = frozenset({"workspace_id"})

    id: Id
    identifier: Text = None
    display_name: Text = None
    url: Text = None
    custom_domain: Text = None
    website_turned_on: Flag = None
    is_default: Flag = Field(default=None, validation_alias="default")
    created_at: Time = None
    updated_at: Time = None


class HelpCenterLocale(Record):
    locale: Id = Field(validation_alias="id")


STREAM = Stream(
    name="help_centers",
    title="Help centers",
    permission="Read and list articles",
    model=HelpCenter,
    endpoint=Listing("/help_center/help_centers"),
    children=(
        Children(
            table="help_center_locales",
            model=HelpCenterLocale,
            paths=(("locales",),),
            parent_key="help_center_id",
            key="locale",
        ),
    ),
)
