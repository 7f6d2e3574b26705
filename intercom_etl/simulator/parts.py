"""The parts of a conversation, oldest first, and the statistics that follow from them."""

from dataclasses import dataclass
from random import Random
from typing import Any

from intercom_etl.simulator import words
from intercom_etl.simulator.world import World

Record = dict[str, Any]

BOT = {"type": "bot", "id": "990", "name": "Fin", "email": "operator+sim@intercom.io"}
NOBODY = {"type": "admin", "id": "0", "name": "Nobody", "email": "nobody@corp.example"}
# Weights of part types between the first and the last part.
MIX = (
    ("comment", 58), ("note", 10), ("assignment", 8), ("conversation_attribute_updated_by_admin", 6),
    ("quick_reply", 4), ("custom_action_started", 2), ("custom_action_finished", 2), ("assign_and_reopen", 2),
    ("snoozed", 2), ("open", 3), ("away_mode_assignment", 1), ("participant_added", 1),
    ("conversation_tags_updated", 1),
)  # fmt: skip
_TYPES = [name for name, _ in MIX]
_WEIGHTS = [weight for _, weight in MIX]
_EVENTS: dict[str, Record] = {
    "conversation_attribute_updated_by_admin": {
        "attribute": {"name": "Issue type"}, "value": {"name": "Billing", "previous": None},
    },
    "custom_action_started": {"action": {"name": "Jira Create Issue"}},
    "custom_action_finished": {"action": {"name": "Jira Create Issue", "result": "success"}},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cast:
    """Who speaks in a conversation."""

    contact: Record
    admin: Record
    team: Record | None


def author_of(record: Record, *, ai: bool = False) -> Record:
    """A person, team or bot as the author of a part."""
    return {
        "type": record["type"],
        "id": record["id"],
        "name": record["name"],
        "email": record.get("email") or "",
        "from_ai_agent": ai,
        "is_ai_answer": ai,
    }


def make_part(
    part_id: str, part_type: str, author: Record, stamp: int, body: str | None, state: str
) -> Record:
    """A plain part; every optional thing is null or empty."""
    return {
        "type": "conversation_part",
        "id": part_id,
        "part_type": part_type,
        "body": body,
        "created_at": stamp,
        "updated_at": stamp,
        "notified_at": stamp,
        "assigned_to": None,
        "author": author,
        "attachments": [],
        "external_id": None,
        "redacted": False,
        "email_message_metadata": None,
        "metadata": {},
        "state": state,
        "tags": [],
        "event_details": _EVENTS.get(part_type, {}),
        "app_package_code": "jira" if part_type.startswith("custom_action") else None,
    }


def make_attachment(rng: Random) -> Record:
    """A screenshot; its address is of the kind that expires."""
    return {
        "type": "upload",
        "name": "screenshot.png",
        "url": f"https://downloads.example.com/{rng.getrandbits(48):012x}/screenshot.png?expires=1",
        "content_type": "image/png",
        "filesize": rng.randint(2_000, 900_000),
        "width": 1280,
        "height": 800,
    }


def _times(rng: Random, count: int, start: int, end: int) -> list[int]:
    """`count` times in order; the last one is `end`, the conversation's own updated_at.

    Answers come within minutes or hours, as in real life, and sometimes after days.
    """
    if not count:
        return []
    gaps = (
        min(end - start, int(rng.lognormvariate(7.5, 1.6))) for _ in range(count - 1)
    )  # median half an hour
    return [*sorted(start + gap for gap in gaps), end]


def make_parts(
    world: World, rng: Random, cast: Cast, first_id: int, count: int, span: tuple[int, int], state: str
) -> list[Record]:
    """`count` parts within `span`, oldest first; the last one fits `state`."""
    times = _times(rng, count, *span)
    types = rng.choices(_TYPES, _WEIGHTS, k=count)
    if state == "closed" and count:
        types[-1] = "close"
    if state == "snoozed" and count:
        types[-1] = "snoozed"
    admin, contact, bot = author_of(cast.admin), author_of(cast.contact), author_of(BOT, ai=True)
    speakers = (contact, contact, admin, admin, bot)
    parts: list[Record] = []
    for place, (part_type, stamp) in enumerate(zip(types, times, strict=True)):
        speaks = part_type in ("comment", "note", "quick_reply")
        author = admin if not speaks or part_type == "note" else speakers[int(rng.random() * 5)]
        final = state if place == count - 1 else "open"
        part = make_part(
            str(first_id + place), part_type, author, stamp, words.body(rng) if speaks else None, final
        )
        _decorate(world, rng, part, cast)
        parts.append(part)
    return parts


def _decorate(world: World, rng: Random, part: Record, cast: Cast) -> None:
    roll = rng.random()
    part_type = part["part_type"]
    if part_type in ("assignment", "assign_and_reopen"):
        if cast.team is not None and roll < 0.3:
            part["assigned_to"] = {"type": "team", "id": cast.team["id"]}
            if roll < 0.05:
                part["author"] = author_of({**cast.team, "type": "team"})
        elif roll < 0.4:
            part["assigned_to"] = {"type": "nobody_admin", "id": None}
        else:
            part["assigned_to"] = {"type": "admin", "id": cast.admin["id"]}
    elif part_type == "comment":
        if roll < 0.06:
            part["attachments"] = [make_attachment(rng)]
        elif roll < 0.07:
            part["redacted"], part["body"] = True, None
        elif roll < 0.12 and world.tags:
            tag = rng.choice(world.tags)
            part["tags"] = [{"type": "tag", "id": tag["id"], "name": tag["name"]}]
        elif roll < 0.2:
            part["tags"] = None
        elif roll < 0.25:
            part["external_id"] = f"ext-{part['id']}"
