"""Tickets: made from their number, parts inline (the API gives the 500 newest)."""

from random import Random
from typing import Any

from intercom_etl.simulator import words
from intercom_etl.simulator.catalogue import STATES, make_ticket_types, ticket_state
from intercom_etl.simulator.chance import generator
from intercom_etl.simulator.conversations import PARTS_SHOWN, cast_for, contact_reference
from intercom_etl.simulator.parts import Cast, author_of, make_attachment
from intercom_etl.simulator.references import conversation_id
from intercom_etl.simulator.world import World

Record = dict[str, Any]


def make_ticket(world: World, number: int) -> Record:
    """The whole ticket, with every part."""
    ticket_id, created_at, updated_at = world.tickets[number]
    rng = generator(world.seed, "ticket", number)
    cast, _ = cast_for(world, rng)
    kind = rng.choice(make_ticket_types(world.workspace_id, world.anchor))
    state = rng.randrange(len(STATES))
    ticket: Record = {
        "type": "ticket",
        "id": ticket_id,
        "ticket_id": str(number + 1),
        "category": kind["category"],
        "ticket_attributes": {
            "_default_title_": rng.choice(words.TITLES),
            "_default_description_": words.body(rng) if rng.random() < 0.7 else None,
            "Severity": rng.choice(("low", "high")),
        },
        "ticket_state": ticket_state(state),
        "ticket_type": kind,
        "contacts": {"type": "contact.list", "contacts": [contact_reference(cast.contact)]},
        "admin_assignee_id": int(cast.admin["id"]) if rng.random() < 0.7 else 0,
        "team_assignee_id": int(cast.team["id"]) if cast.team and rng.random() < 0.4 else 0,
        "created_at": created_at,
        "updated_at": updated_at,
        "open": STATES[state][1] != "resolved",
        "linked_objects": {"type": "list", "data": [], "total_count": 0, "has_more": False},
        "is_shared": rng.random() < 0.5,
        "ticket_parts": _parts(rng, cast, number, (created_at, updated_at), state),
    }
    if rng.random() < 0.1:
        ticket["snoozed_until"] = updated_at + 86_400
    _deepen(world, rng, ticket)
    return ticket


def _deepen(world: World, rng: Random, ticket: Record) -> None:
    """What only some tickets have. Drawn last, so that what was there before stays as it was."""
    ticket["previous_ticket_state_id"] = rng.choice((None, STATES[0][0]))
    if rng.random() < 0.2:
        ticket["ticket_attributes"] |= {"Screenshot": make_attachment(rng), "Cost": 12.5, "Urgent": True}
    other = conversation_id(world, rng.randrange(1_000_000))
    if other is not None and rng.random() < 0.2:
        linked = [{"type": "conversation", "id": other, "category": None}]
        ticket["linked_objects"] = {"type": "list", "data": linked, "total_count": 1, "has_more": False}
    for part in ticket["ticket_parts"]["ticket_parts"]:
        roll = rng.random()
        if part["part_type"] != "comment":
            continue
        if roll < 0.1:
            part["attachments"] = [make_attachment(rng)]
        elif roll < 0.2 and world.admins:
            admin = rng.choice(world.admins)["id"]
            part |= {"part_type": "assignment", "body": None, "assigned_to": {"type": "admin", "id": admin}}
        elif roll < 0.3:
            label = {"type": "attribute", "id": "1002", "label": "Severity"}
            value = {"type": "value", "id": rng.choice(("high", None)), "label": "high"}
            part |= {
                "part_type": "ticket_attribute_updated_by_admin",
                "body": None,
                "updated_attribute_data": {"attribute": label, "value": value},
            }
        elif roll < 0.35:
            part |= {"external_id": f"ext-{part['id']}", "app_package_code": "jira"}


def _parts(rng: Random, cast: Cast, number: int, span: tuple[int, int], state: int) -> Record:
    count = 1 + int(rng.random() * 6)
    created_at, updated_at = span
    times = [*sorted(rng.randint(created_at, updated_at) for _ in range(count - 1)), updated_at]
    parts: list[Record] = []
    for place, stamp in enumerate(times):
        admin = rng.random() < 0.6
        part = make_ticket_part(
            str(9_000_000 + number * 1000 + place),
            "comment" if place else "ticket_state_updated_by_admin",
            author_of(cast.admin if admin else {**cast.contact, "type": "user"}),
            stamp,
        )
        part["ticket_state"] = STATES[state][1] if place == count - 1 else "submitted"
        part["previous_ticket_state"] = "submitted"
        if place:
            part["body"] = words.body(rng)
        parts.append(part)
    return {"type": "ticket_part.list", "ticket_parts": parts, "total_count": count}


def make_ticket_part(part_id: str, part_type: str, author: Record, stamp: int) -> Record:
    """A plain part without a body."""
    return {
        "type": "ticket_part",
        "id": part_id,
        "part_type": part_type,
        "ticket_state": "submitted",
        "previous_ticket_state": "submitted",
        "created_at": stamp,
        "updated_at": stamp,
        "author": {key: author[key] for key in ("type", "id", "name", "email")},
        "attachments": [],
        "redacted": False,
    }


def view_ticket(ticket: Record, *, cap: int | None = PARTS_SHOWN) -> Record:
    """The ticket with its newest `cap` parts, and the count of all of them."""
    parts = ticket["ticket_parts"]
    if cap is None or len(parts["ticket_parts"]) <= cap:
        return ticket
    return {**ticket, "ticket_parts": {**parts, "ticket_parts": parts["ticket_parts"][-cap:]}}
