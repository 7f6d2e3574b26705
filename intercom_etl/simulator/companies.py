"""Companies: made from their number. The API leaves out what is empty, and so does this."""

from random import Random
from typing import Any

from intercom_etl.simulator import words
from intercom_etl.simulator.chance import DAY, generator
from intercom_etl.simulator.people import segment_numbers
from intercom_etl.simulator.world import World

Record = dict[str, Any]

EMBEDDED = 10


def make_company(world: World, number: int) -> Record:
    """The company of this number as it was when the workspace began."""
    company_id, created_at, updated_at = world.companies[number]
    rng = generator(world.seed, "company", number)
    company = blank_company(company_id, world.workspace_id, created_at, f"remote-{number}")
    company |= {
        "name": f"{rng.choice(words.COMPANY_HEADS)} {rng.choice(words.COMPANY_TAILS)}",
        "updated_at": updated_at,
        "monthly_spend": rng.choice((0, 0, 49, 590, 12_000)),
        "session_count": int(rng.random() ** 3 * 900),
        "custom_attributes": _custom(rng),
        "tags": {"type": "tag.list", "tags": _tags(world, rng)},
        "segments": {
            "type": "segment.list",
            "segments": [world.segments[n] for n in segment_numbers(number, len(world.segments)) if n % 2],
        },
    }
    if rng.random() < 0.6:
        plan = rng.randint(1, 3)
        company["plan"] = {"type": "plan", "id": str(plan), "name": ("Free", "Pro", "Enterprise")[plan - 1]}
    if rng.random() < 0.5:
        company["size"] = rng.randint(1, 9000)
        company["website"] = f"https://company{number}.example.com"
    if rng.random() < 0.5:
        company["industry"] = rng.choice(words.INDUSTRIES)
    if rng.random() < 0.8:
        company["last_request_at"] = rng.randint(created_at, updated_at)
    return company


def blank_company(company_id: str, app_id: str, stamp: int, remote_id: str, **given: object) -> Record:
    """A company made through the API right now."""
    company: Record = {
        "type": "company",
        "company_id": remote_id,
        "id": company_id,
        "app_id": app_id,
        "name": f"Company {remote_id}",
        "remote_created_at": stamp - 30 * DAY,
        "created_at": stamp,
        "updated_at": stamp,
        "monthly_spend": 0,
        "session_count": 0,
        "user_count": 0,
        "tags": {"type": "tag.list", "tags": []},
        "segments": {"type": "segment.list", "segments": []},
        "notes": note_sublist(company_id, []),
        "plan": {},
        "custom_attributes": {},
    }
    return company | given


def note_sublist(company_id: str, note_ids: list[str], cap: int | None = EMBEDDED) -> Record:
    """The notes of a company as recorded live answers embed them, cut like those of contacts."""
    shown = note_ids[:cap]
    return {
        "type": "note.list",
        "data": [{"type": "note", "id": one, "url": f"/notes/{one}"} for one in shown],
        "url": f"/companies/{company_id}/notes",
        "total_count": len(note_ids),
        "has_more": len(shown) < len(note_ids),
    }


def _custom(rng: Random) -> Record:
    return {"region": rng.choice(("emea", "apac", "amer"))} if rng.random() < 0.5 else {}


def _tags(world: World, rng: Random) -> list[Record]:
    return rng.sample(world.tags, min(len(world.tags), rng.choice((0, 0, 1, 2, 3))))
