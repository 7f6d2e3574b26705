"""What hangs on a conversation besides its parts: side conversations, and pauses of those who handled it."""

from random import Random
from typing import Any

from intercom_etl.simulator import words
from intercom_etl.simulator.parts import NOBODY, author_of, make_part
from intercom_etl.simulator.stamps import iso
from intercom_etl.simulator.world import World

Record = dict[str, Any]


def count_side_conversations(rng: Random) -> int:
    """One conversation in twelve has some, one in two hundred more than a page."""
    roll = rng.random()
    if roll < 0.92:
        return 0
    return rng.randint(26, 30) if roll > 0.995 else rng.randint(1, 3)


def make_side_conversation(world: World, rng: Random, _conversation: str, place: int, stamp: int) -> Record:
    """An internal thread of one to three messages."""
    admin = rng.choice(world.admins) if world.admins else NOBODY
    count = rng.randint(1, 3)
    parts = [
        make_part(
            str(700_000_000_000 + place * 10 + turn), "comment", author_of(admin), stamp + turn * 60,
            words.body(rng), "open",
        )
        for turn in range(count)
    ]  # fmt: skip
    thread_id = str(600_000_000_000 + place)
    return {"side_conversation_id": thread_id, "conversation_parts": parts, "total_count": count}


def count_handling_events(rng: Random) -> int:
    """A fifth of the conversations were paused and resumed."""
    return rng.choice((0, 0, 0, 0, 1, 2, 4))


def make_handling_event(world: World, rng: Random, _conversation: str, place: int, stamp: int) -> Record:
    """Pauses and resumptions take turns; only a pause has a reason."""
    admin = rng.choice(world.admins) if world.admins else NOBODY
    teammate = {
        "type": "admin", "id": int(admin["id"]), "name": admin["name"], "email": admin["email"],
    }  # fmt: skip
    event: Record = {"teammate": teammate, "type": "resumed", "timestamp": iso(stamp)}
    if place % 2 == 0:
        event |= {"type": "paused", "reason": rng.choice(("Paused", None))}
    return event


def handling_event_key(event: Record) -> str:
    """Handling events have no id: when, who and what tell them apart."""
    return f"{event['timestamp']}/{event['teammate']['id']}/{event['type']}"
