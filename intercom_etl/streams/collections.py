"""Collections of the help center, in which articles and other collections are."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Paged
from intercom_etl.record import Id, Int, OptionalId, Record, Text, Time
from intercom_etl.stream import Children, Confirm, Stream


class Collection(Record):
    left_in_raw: ClassVar = frozenset({"workspace_id"})

    id: Id
    name: Text = None
    description: Text = None
    parent_id: OptionalId = None
    help_center_id: OptionalId = None
    url: Text = None
    icon: Text = None
    sort_order: Int = Field(default=None, validation_alias="order")
    default_locale: Text = None
    created_at: Time = None
    updated_at: Time = None


class CollectionTranslation(Record):
    locale: Id
    name: Text = None
    description: Text = None


STREAM = Stream(
    name="collections",
    title="Collections of the help center",
    permission="Read and list articles",
    model=Collection,
    endpoint=Paged("/help_center/collections", page_size=20),
    confirm=Confirm("/help_center/collections/{id}"),
    children=(
        Children(
            table="collection_translations",
            model=CollectionTranslation,
            paths=(("translated_content",),),
            parent_key="collection_id",
            key="locale",
            keyed_by="locale",
        ),
    ),
)
