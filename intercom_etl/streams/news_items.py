"""News items, drafts too, with the newsfeeds that they are assigned to and their labels."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Paged
from intercom_etl.record import Flag, Id, OptionalId, Record, Text, Time
from intercom_etl.stream import Children, Confirm, Stream


class NewsItem(Record):
    left_in_raw: ClassVar = frozenset({"name", "reactions", "workspace_id"})

    id: Id
    title: Text = None
    body: Text = None
    state: Text = None
    sender_id: OptionalId = None
    cover_image_url: Text = None
    deliver_silently: Flag = None
    created_at: Time = None
    updated_at: Time = None


class NewsItemNewsfeed(Record):
    newsfeed_id: Id
    published_at: Time = None


class NewsItemLabel(Record):
    label: Id = Field(validation_alias="id")


STREAM = Stream(
    name="news_items",
    title="News items",
    permission="Read and list news items and newsfeeds",
    model=NewsItem,
    endpoint=Paged("/news/news_items", page_size=10),
    confirm=Confirm("/news/news_items/{id}"),
    children=(
        Children(
            table="news_item_newsfeeds",
            model=NewsItemNewsfeed,
            paths=(("newsfeed_assignments",),),
            parent_key="news_item_id",
            key="newsfeed_id",
        ),
        Children(
            table="news_item_labels",
            model=NewsItemLabel,
            paths=(("labels",),),
            parent_key="news_item_id",
            key="label",
        ),
    ),
)
