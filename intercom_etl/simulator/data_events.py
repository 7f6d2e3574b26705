"""Data events: what contacts did in the customer's own product, and their counts."""

from collections.abc import Iterable
from random import Random
from typing import Any
from uuid import UUID

from intercom_etl.simulator.chance import DAY
from intercom_etl.simulator.stamps import iso
from intercom_etl.simulator.world import World

Record = dict[str, Any]

NAMES = ("placed-order", "invited-friend", "exported-report", "upgraded-plan")
LISTED_FOR = 90 * DAY


def count_events(rng: Random) -> int:
    """Most contacts have a few, some none, one in thirty more than a page."""
    roll = rng.random()
    if roll < 0.3:
        return 0
    return rng.randint(60, 140) if roll > 0.97 else rng.randint(1, 12)


def make_event(_world: World, rng: Random, contact_id: str, _place: int, stamp: int) -> Record:
    """One event; who it is about is completed when it is shown."""
    name = rng.choice(NAMES)
    return {
        "type": "event",
        "event_name": name,
        "created_at": stamp,
        "id": str(UUID(int=rng.getrandbits(128), version=4)),
        "intercom_user_id": contact_id,
        "metadata": {"order_number": f"{rng.randint(1000, 9999)}"} if name == "placed-order" else {},
    }


def shown_event(event: Record, contact: Record) -> Record:
    """The event with the other names of its contact."""
    return {**event, "user_id": contact["external_id"] or "", "email": contact["email"] or ""}


def summarize(events: Iterable[Record]) -> list[Record]:
    """First, last and number of each event, also of those that are too old to be listed."""
    summary: dict[str, Record] = {}
    for event in events:
        name, moment = event["event_name"], iso(event["created_at"], milliseconds=True)
        item = summary.setdefault(
            name, {"name": name, "first": moment, "last": moment, "count": 0, "description": f"{name} event"}
        )
        item["first"], item["last"] = min(item["first"], moment), max(item["last"], moment)
        item["count"] += 1
    return list(summary.values())
