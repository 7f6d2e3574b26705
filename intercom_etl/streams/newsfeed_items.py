"""What is live on a newsfeed. The items themselves are in `news_items`, drafts too."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Paged, PerParent
from intercom_etl.record import OptionalId, Record, Text, Time
from intercom_etl.stream import Stream


class NewsfeedItem(Record):
    left_in_raw: ClassVar = frozenset(
        {
            "body",
            "cover_image_url",
            "deliver_silently",
            "labels",
            "name",
            "newsfeed_assignments",
            "reactions",
            "sender_id",
            "workspace_id",
        }
    )

    id: OptionalId = None
    newsfeed_id: OptionalId = None
    news_item_id: OptionalId = Field(default=None, validation_alias="id")
    title: Text = None
    state: Text = None
    created_at: Time = None
    updated_at: Time = None


STREAM = Stream(
    name="newsfeed_items",
    title="Live items of newsfeeds",
    permission="Read and list news items and newsfeeds",
    model=NewsfeedItem,
    endpoint=PerParent(
        parent="newsfeeds",
        each=Paged("/news/newsfeeds/{id}/items", page_size=20),
        parent_key="newsfeed_id",
        each_run=True,
    ),
    identity=("newsfeed_id", "news_item_id"),
    optional="one request or more a newsfeed",
)
