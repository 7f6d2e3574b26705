"""News items and the feeds that they appear on."""

from typing import Any

from intercom_etl.simulator import words
from intercom_etl.simulator.chance import generator
from intercom_etl.simulator.references import admin_number, stamps_of
from intercom_etl.simulator.world import World

Record = dict[str, Any]

FIRST_FEED = 53
NO_REACTIONS = [None, None, None, None]


def make_newsfeed(world: World, number: int) -> Record:
    """A feed."""
    born, changed = stamps_of(world, "newsfeed", number)
    return {
        "id": str(FIRST_FEED + number),
        "type": "newsfeed",
        "name": ("Visitor feed", "User feed", "Partner feed")[number % 3],
        "created_at": born,
        "updated_at": changed,
    }


def make_news_item(world: World, number: int) -> Record:
    """Live items are on one or two feeds; labels and reactions may hold null, as recorded answers do."""
    rng = generator(world.seed, "news item", number)
    born, changed = stamps_of(world, "news_item", number)
    live = rng.random() < 0.7
    feeds = rng.sample(range(world.size.newsfeeds), min(world.size.newsfeeds, rng.randint(1, 2)))
    return {
        "id": str(29 + number),
        "type": "news-item",
        "workspace_id": world.workspace_id,
        "title": f"We have news {number}",
        "body": words.body(rng),
        "sender_id": admin_number(world, number),
        "state": "live" if live else "draft",
        "newsfeed_assignments": [
            {"newsfeed_id": FIRST_FEED + feed, "published_at": changed} for feed in feeds if live
        ],
        "labels": rng.choice(([], ["Product", "Update"], ["New", None])),
        "cover_image_url": rng.choice((None, "https://static.example.com/cover.png")),
        "reactions": rng.choice((NO_REACTIONS, ["😆", "😅"], ["👍", None])),
        "deliver_silently": rng.random() < 0.5,
        "created_at": born,
        "updated_at": changed,
    }


def is_live_on(item: Record, newsfeed_id: str) -> bool:
    """Whether a feed shows this item."""
    feeds = {str(one["newsfeed_id"]) for one in item["newsfeed_assignments"]}
    return item["state"] == "live" and newsfeed_id in feeds
