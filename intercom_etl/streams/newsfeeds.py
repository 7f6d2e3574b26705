"""Newsfeeds; what is live on them is in `newsfeed_items`."""

from typing import ClassVar

from intercom_etl.endpoint import Paged
from intercom_etl.record import Id, Record, Text, Time
from intercom_etl.stream import Confirm, Stream


class Newsfeed(Record):
    left_in_raw: ClassVar = frozenset(
        {
            "body",
            "cover_image_url",
            "deliver_silently",
            "labels",
            "newsfeed_assignments",
            "reactions",
            "sender_id",
            "state",
            "title",
            "workspace_id",
        }
    )

    id: Id
    name: Text = None
    created_at: Time = None
    updated_at: Time = None


STREAM = Stream(
    name="newsfeeds",
    title="Newsfeeds",
    permission="Read and list news items and newsfeeds",
    model=Newsfeed,
    endpoint=Paged("/news/newsfeeds", page_size=10),
    confirm=Confirm("/news/newsfeeds/{id}"),
)
