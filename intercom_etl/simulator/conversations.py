"""Conversations: how one is made from its number, and the two ways the API shows it."""

from dataclasses import dataclass
from random import Random
from typing import Any

from intercom_etl.simulator import words
from intercom_etl.simulator.chance import generator, pick_count
from intercom_etl.simulator.companies import make_company
from intercom_etl.simulator.contacts import contact_fields
from intercom_etl.simulator.conversation_depth import deepen
from intercom_etl.simulator.conversation_statistics import measure
from intercom_etl.simulator.parts import BOT, NOBODY, Cast, author_of, make_parts
from intercom_etl.simulator.world import World

Record = dict[str, Any]

PARTS_SHOWN = 500
PART_IDS = 100_000  # ids set aside for the parts of one conversation
STRANGER = {"type": "user", "id": "5f0000000000000000000000", "name": None, "email": ""}
SOURCES = (
    ("conversation", "customer_initiated"),
    ("email", "customer_initiated"),
    ("conversation", "automated"),
    ("whatsapp", "customer_initiated"),
    ("conversation", "admin_initiated"),
)


@dataclass(slots=True)
class ConversationState:
    """A conversation without its parts, and all of its parts, oldest first."""

    fields: Record
    parts: list[Record]


def cast_for(world: World, rng: Random) -> tuple[Cast, int | None]:
    """Who takes part, and the number of the contact among them."""
    admin = rng.choice(world.admins) if world.admins else NOBODY
    team = rng.choice(world.teams) if world.teams else None
    if not world.contacts:
        return Cast(STRANGER, admin, team), None
    number = rng.randrange(len(world.contacts))
    contact = contact_fields(world, number)
    speaker = {**contact, "type": contact["role"]}
    return Cast(speaker, admin, team), number


def make_conversation(world: World, number: int) -> ConversationState:
    """The conversation of this number as it was when the workspace began."""
    _, created_at, updated_at = world.conversations[number]
    rng = generator(world.seed, "conversation", number)
    cast, contact_number = cast_for(world, rng)
    state = (
        rng.choice(("open", "closed", "closed", "closed", "snoozed")) if updated_at > created_at else "open"
    )
    parts = make_parts(
        world, rng, cast, 1_000_000_000 + number * PART_IDS, _part_count(world, rng, number),
        (created_at, updated_at), state,
    )  # fmt: skip
    fields = _fields(world, rng, cast, state, world.conversations[number], parts)
    _embellish(world, rng, fields, cast, contact_number)
    deepen(world, rng, fields, parts)
    return ConversationState(fields, parts)


def _part_count(world: World, rng: Random, number: int) -> int:
    wanted = world.size.long_conversations
    step = max(1, world.size.conversations // wanted) if wanted else 0
    if step and number % step == 0 and number < wanted * step:
        return rng.randint(501, 760)
    if rng.random() < 0.05:
        return 0
    return 1 + int(rng.random() * 2 * world.size.parts) if world.size.parts else 0


def _source(rng: Random, number_id: str, cast: Cast, redacted: bool) -> Record:
    kind, delivered = rng.choice(SOURCES)
    author = author_of(cast.admin if delivered == "admin_initiated" else cast.contact)
    if delivered == "automated":
        author = author_of(BOT)
    author = {key: author[key] for key in ("type", "id", "name", "email")}
    return {
        "type": kind,
        "id": str(int(number_id) + 4_000_000_000),
        "delivered_as": delivered,
        "recipients": None,
        "reply_to": None,
        "subject": f"<p>{rng.choice(words.TITLES)}</p>" if kind == "email" else "",
        "body": "" if redacted else words.body(rng),
        "author": author | ({"email": None} if not author["email"] else {}),
        "attachments": [],
        "url": "https://app.example.com/" if kind == "conversation" else None,
        "redacted": redacted,
    }


def _fields(
    world: World, rng: Random, cast: Cast, state: str, entry: tuple[str, int, int], parts: list[Record]
) -> Record:
    conversation_id, created_at, updated_at = entry
    answer = next((p for p in parts if p["body"] and p["author"]["type"] in ("user", "lead")), None)
    assigned = rng.random() < 0.8
    source = _source(rng, conversation_id, cast, rng.random() < 0.01)
    return {
        "type": "conversation",
        "id": conversation_id,
        "title": rng.choice(words.TITLES) if rng.random() < 0.4 else None,
        "created_at": created_at,
        "updated_at": updated_at,
        "waiting_since": updated_at if state == "open" and rng.random() < 0.5 else None,
        "snoozed_until": updated_at + 86_400 * rng.randint(1, 30) if state == "snoozed" else None,
        "source": source,
        "contacts": {"type": "contact.list", "contacts": [contact_reference(cast.contact)]},
        "first_contact_reply": None
        if answer is None
        else {"created_at": answer["created_at"], "type": source["type"], "url": None},
        "admin_assignee_id": int(cast.admin["id"]) if assigned else 0,
        "team_assignee_id": int(cast.team["id"]) if cast.team and rng.random() < 0.5 else 0,
        "open": state != "closed",
        "state": state,
        "read": rng.random() < 0.6,
        "priority": rng.choices(("none", "low", "medium", "high", "urgent"), (80, 5, 5, 7, 3))[0],
        "tags": {"type": "tag.list", "tags": []},
        "sla_applied": None,
        "statistics": measure(created_at, parts, world.team_names) if parts or rng.random() < 0.5 else None,
        "conversation_rating": None,
        "teammates": None,
        "custom_attributes": {},
        "topics": {},
        "ticket": None,
        "linked_objects": {"type": "list", "data": [], "total_count": 0, "has_more": False},
        "ai_agent_participated": False,
        "ai_agent": None,
        "sales_agent_participated": False,
        "sales_agent": None,
        "channel": {"initial": source["type"], "current": source["type"]},
        "external_references": [],
        "company": None,
    }


def contact_reference(contact: Record) -> Record:
    """A contact as conversations and tickets name it."""
    return {"type": "contact", "id": contact["id"], "external_id": contact.get("external_id")}


def _embellish(world: World, rng: Random, fields: Record, cast: Cast, contact_number: int | None) -> None:
    created_at, updated_at = fields["created_at"], fields["updated_at"]
    wanted = pick_count(rng, 2, min(18, len(world.tags)), 0.02)
    fields["tags"]["tags"] = [
        {**tag, "applied_at": rng.randint(created_at, updated_at), "applied_by": _by(cast)}
        for tag in rng.sample(world.tags, wanted)
    ]
    if rng.random() < 0.7:
        # The schema says `teammates`; recorded live answers say `admins`.
        key = "admins" if rng.random() < 0.8 else "teammates"
        fields["teammates"] = {"type": "admin.list", key: [_by(cast)]}
    if rng.random() < 0.2:
        fields["sla_applied"] = {
            "type": "conversation_sla_summary", "sla_name": "First reply 4 h",
            "sla_status": rng.choice(("hit", "missed", "cancelled", "active")),
        }  # fmt: skip
    if rng.random() < 0.15:
        fields["conversation_rating"] = {
            "rating": rng.randint(1, 5), "remark": rng.choice(("", "Great help!", "Too slow \\N")),
            "created_at": updated_at, "updated_at": updated_at,
            "contact": contact_reference(cast.contact), "teammate": _by(cast),
        }  # fmt: skip
    if rng.random() < 0.4:
        fields["custom_attributes"] = {
            "Issue type": rng.choice(("Billing", "Bug")),
            "Priority": rng.randint(1, 9),
        }
    if rng.random() < 0.25:
        fields["ai_agent_participated"] = True
        fields["ai_agent"] = _ai_agent(rng, created_at, updated_at)
    if contact_number is not None and (companies := world.company_numbers.get(contact_number)):
        if rng.random() < 0.3:
            fields["company"] = make_company(world, companies[0])
        if rng.random() < 0.05 and len(world.contacts) > 1:
            other = contact_fields(world, (contact_number + 1) % len(world.contacts))
            fields["contacts"]["contacts"].append(contact_reference(other))


def _by(cast: Cast) -> Record:
    return {"type": "admin", "id": cast.admin["id"]}


def _ai_agent(rng: Random, created_at: int, updated_at: int) -> Record:
    article = {
        "content_type": "article",
        "url": "https://help.example.com/1",
        "title": "How to log in",
        "locale": "en",
    }
    sources = [article] if rng.random() < 0.5 else []
    return {
        "source_type": "workflow",
        "source_title": "Fin first",
        "last_answer_type": rng.choice(("ai_answer", None)),
        "resolution_state": rng.choice(("assumed_resolution", "confirmed_resolution", "escalated", None)),
        "rating": rng.choice((None, None, 3, 5)),
        "rating_remark": None,
        "created_at": created_at,
        "updated_at": updated_at,
        "content_sources": {
            "type": "content_source.list", "total_count": len(sources), "content_sources": sources,
        },
    }  # fmt: skip


def view_conversation(state: ConversationState, *, cap: int | None = PARTS_SHOWN) -> Record:
    """The answer to GET by id: the newest `cap` parts, and the count of all of them."""
    shown = state.parts if cap is None else state.parts[-cap:]
    return {
        **state.fields,
        "conversation_parts": {
            "type": "conversation_part.list", "conversation_parts": shown, "total_count": len(state.parts),
        },
    }  # fmt: skip
