"""What only some conversations have: mail headers, attachments, linked objects, answers of Fin, attributes.

It draws after everything else about a conversation, so that what was there before stays as it was.
"""

from random import Random
from typing import Any
from uuid import UUID

from intercom_etl.simulator.chance import DAY
from intercom_etl.simulator.custom_objects import make_custom_object, shown_instance
from intercom_etl.simulator.parts import make_attachment
from intercom_etl.simulator.references import conversation_id
from intercom_etl.simulator.stamps import iso
from intercom_etl.simulator.world import World

Record = dict[str, Any]

CATEGORIES = ("Customer", "Back-office", "Tracker")
TOPICS = ("Billing", "Login", "Exports")
CONTENT = ("article", "external_content", "content_snippet", "file", "workflow_connector_action")
# Other ways for an attribute to change than by an admin, each with what its part tells.
UPDATES: tuple[tuple[str, Record], ...] = (
    (
        "conversation_attribute_updated_by_workflow",
        {"workflow": {"name": "Triage"}, "attribute": {"name": "Issue type"}, "value": {"name": "Bug"}},
    ),
    (
        "conversation_attribute_updated_by_user",
        {"attribute": {"name": "Order number"}, "value": {"name": "ORDER-1", "previous": "ORDER-0"}},
    ),
    (
        "operator_workflow_event",
        {"workflow": {"name": "Triage"}, "event": {"type": "branch", "result": "matched"}},
    ),
)


def deepen(world: World, rng: Random, fields: Record, parts: list[Record]) -> None:
    """Completes a conversation and its parts in place."""
    if fields["source"]["type"] == "email":
        _add_mail(rng, fields["source"], parts)
    if rng.random() < 0.1:
        fields["source"]["attachments"] = [make_attachment(rng) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.1:
        fields["channel"]["current"] = "email"
    for part in parts:
        _deepen_part(rng, part)
    if rng.random() < 0.3:
        fields["custom_attributes"] |= _attributes(world, rng, fields["created_at"])
    if rng.random() < 0.12:
        fields["linked_objects"] = _linked(world, rng, fields["id"])
    if rng.random() < 0.15:
        topics = [{"type": "topic", "id": str(40 + n), "name": TOPICS[n]} for n in range(rng.randint(1, 3))]
        fields["topics"] = {"type": "topic.list", "topics": topics, "total_count": len(topics)}
    if rng.random() < 0.05:
        fields["external_references"] = [{"type": "jira", "id": f"PROJ-{rng.randint(1, 900)}"}]
    if fields["ai_agent"] is not None:
        _deepen_answers(rng, fields["ai_agent"])
    if rng.random() < 0.05:
        fields["sales_agent_participated"] = True
        fields["sales_agent"] = {
            "outcome": rng.choice(("qualified", "disqualified", "spam", None)),
            "routing_outcome": rng.choice(("meeting_booked", None)),
            "collected_data": rng.choice(({"team_size": "50"}, None)),
        }


def _headers(sender: Record) -> list[Record]:
    return [
        {"type": "from", "email_address": sender["email"] or "nobody@example.com", "name": sender["name"]},
        {"type": "to", "email_address": "support@corp.example", "name": "Support"},
        {"type": "cc", "email_address": "boss@example.com", "name": None},
    ]


def _message_id(rng: Random) -> str:
    return f"<{rng.getrandbits(64):016x}@mail.example.com>"


def _add_mail(rng: Random, source: Record, parts: list[Record]) -> None:
    sender = source["author"]
    source["recipients"] = [
        {"type": "to", "email": "support@corp.example", "drop_reason": None},
        {"type": "cc", "email": "boss@example.com", "drop_reason": rng.choice((None, "bounced"))},
    ]
    source["reply_to"] = [{"email": sender["email"] or "nobody@example.com", "name": sender["name"]}]
    source["email_message_metadata"] = {
        "message_id": rng.choice((_message_id(rng), None)),
        "subject": source["subject"],
        "email_address_headers": _headers(sender),
        "history": "<p>On Monday, Support wrote:</p>" if rng.random() < 0.3 else "",
    }
    for part in parts:
        if part["part_type"] == "comment":
            part["email_message_metadata"] = {
                "subject": f"Re: {source['subject']}",
                "email_address_headers": _headers(part["author"]),
                "message_id": _message_id(rng),
            }


def _deepen_part(rng: Random, part: Record) -> None:
    match part["part_type"]:
        case "quick_reply":
            replies = [
                {"text": text, "uuid": str(UUID(int=rng.getrandbits(128), version=4))}
                for text in ("Yes", "No")
            ]
            part["metadata"] = {"quick_reply_options": replies, "quick_reply_uuid": replies[0]["uuid"]}
        case "conversation_attribute_updated_by_admin" if rng.random() < 0.5:
            part["part_type"], part["event_details"] = rng.choice(UPDATES)
        case "custom_action_finished" if rng.random() < 0.3:
            part["event_details"] = {"action": {"name": "Jira Create Issue", "result": "failed"}}
        case "comment" if part["attachments"] and rng.random() < 0.3:
            part["attachments"] = [*part["attachments"], make_attachment(rng)]
        case _:
            pass


def _attributes(world: World, rng: Random, created_at: int) -> Record:
    custom: Record = {"Order number": f"ORDER-{rng.randint(1, 99_999)}"}
    if rng.random() < 0.5:
        custom["Promised by"] = iso(created_at + rng.randint(1, 20) * DAY)
    if rng.random() < 0.3:
        custom |= {"Refund": round(rng.random() * 90, 2), "Escalated": rng.random() < 0.5}
    orders = [number for number in range(world.size.custom_object_instances) if number % 3 != 2]
    if orders and rng.random() < 0.5:
        chosen = rng.sample(orders, min(len(orders), 2))
        instances = [shown_instance(make_custom_object(world, number)) for number in chosen]
        custom["Orders"] = {"type": "order.list", "instances": instances}
    return custom


def _linked(world: World, rng: Random, own_id: str) -> Record:
    linked: list[Record] = []
    if world.tickets:
        ticket = rng.choice(world.tickets)[0]
        linked.append({"type": "ticket", "id": ticket, "category": rng.choice(CATEGORIES)})
    other = conversation_id(world, rng.randrange(1_000_000))
    if other is not None and other != own_id and rng.random() < 0.5:
        linked.append({"type": "conversation", "id": other, "category": None})
    return {"type": "list", "data": linked, "total_count": len(linked), "has_more": False}


def _deepen_answers(rng: Random, agent: Record) -> None:
    sources = [
        {
            "content_type": kind,
            "url": f"https://help.example.com/{kind}",
            "title": f"How to log in, {kind}",
            "locale": "en",
        }
        for kind in rng.sample(CONTENT, rng.randint(0, 4))
    ]
    held = agent["content_sources"]
    held["content_sources"] += sources
    held["total_count"] = len(held["content_sources"])
    if agent["rating"] is not None and rng.random() < 0.5:
        agent["rating_remark"] = "Quick and right"
    if rng.random() < 0.2:
        agent["resolution_state"] = rng.choice(("negative_feedback", "procedure_handoff"))
        agent["last_answer_type"] = "custom_answer"
