"""Notes on companies."""

from random import Random
from typing import Any

from intercom_etl.simulator import words
from intercom_etl.simulator.chance import pick_count
from intercom_etl.simulator.parts import NOBODY
from intercom_etl.simulator.world import World

Record = dict[str, Any]


def count_company_notes(rng: Random) -> int:
    """Most companies have none, some more than the ten that are embedded."""
    return 0 if rng.random() < 0.6 else pick_count(rng, 3, 60, 0.1)


def make_company_note(world: World, rng: Random, company_id: str, place: int, stamp: int) -> Record:
    """A note by an admin."""
    return {
        "type": "note",
        "id": str(2_000_000_000 + place),
        "created_at": stamp,
        "company": {"type": "company", "id": company_id},
        "author": rng.choice(world.admins) if world.admins else NOBODY,
        "body": words.body(rng),
    }
