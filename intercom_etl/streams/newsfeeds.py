"""Newsfeeds; what is live on them is in `newsfeed_items`."""

from intercom_etl.record import Id, Record, Text, Time
from intercom_etl.stream import Confirm, Paged, Stream


class Newsfeed(Record):
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
