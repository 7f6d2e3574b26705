"""Contacts: how one is made from its number, and how the API shows it (sub-lists cut at ten)."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from intercom_etl.simulator import words
from intercom_etl.simulator.catalogue import subscription_id
from intercom_etl.simulator.chance import DAY, generator, pick_count
from intercom_etl.simulator.people import segment_numbers
from intercom_etl.simulator.world import World

Record = dict[str, Any]

EMBEDDED = 10


@dataclass(slots=True)
class ContactState:
    """Everything about a contact; `tags` are whole tag records, `opted_in` numbers of subscription types."""

    fields: Record
    tags: list[Record] = field(default_factory=list)
    notes: list[Record] = field(default_factory=list)
    companies: list[str] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    opted_in: list[int] = field(default_factory=list)
    opted_out: list[int] = field(default_factory=list)
    merge_history: list[Record] = field(default_factory=list)
    social_profiles: list[Record] = field(default_factory=list)


def make_contact(world: World, number: int) -> ContactState:
    """The contact of this number as it was when the workspace began."""
    contact_id, created_at, updated_at = world.contacts[number]
    rng = generator(world.seed, "contact", number)
    state = ContactState(
        fields=_fields(world, rng, number, contact_id, created_at, updated_at),
        tags=_tags(world, rng, created_at, updated_at),
        notes=_notes(world, rng, number, contact_id, created_at, updated_at),
        companies=[world.companies[company][0] for company in world.company_numbers.get(number, ())],
        segments=[world.segments[n]["id"] for n in segment_numbers(number, len(world.segments))],
        opted_in=[2] if rng.random() < 0.15 else [],
        opted_out=_opted_out(rng),
    )
    _deepen(rng, state)
    return state


def _deepen(rng: Random, state: ContactState) -> None:
    """What only some contacts have. Drawn last, so that what was there before stays as it was."""
    fields = state.fields
    seen = fields["last_seen_at"] or fields["updated_at"]
    if rng.random() < 0.1:
        url = f"https://social.example.com/{fields['id']}"
        state.social_profiles = [{"type": "social_profile", "name": "Twitter", "url": url}]
    if rng.random() < 0.15:
        device = rng.choice(("ios", "android"))
        fields |= {
            f"{device}_app_name": "Shop", f"{device}_app_version": "3.2.1", f"{device}_device": "Phone 9",
            f"{device}_os_version": "17.0", f"{device}_sdk_version": "15.1.0", f"{device}_last_seen_at": seen,
        }  # fmt: skip
    if rng.random() < 0.2:
        fields |= {"last_email_opened_at": seen, "last_email_clicked_at": rng.choice((seen, None))}
    if rng.random() < 0.1:
        fields |= {"utm_campaign": "spring", "utm_source": "mail", "referrer": "https://news.example.com/"}
        fields |= {"language_override": "de", "marked_email_as_spam": True, "enabled_push_messaging": True}


def _opted_out(rng: Random) -> list[int]:
    """Mostly nothing, for one contact in forty more than the ten that are embedded."""
    chosen = [n for n in (0, 1) if rng.random() < 0.1]
    return [0, 1, *range(3, 13)] if rng.random() < 0.025 else chosen


def contact_fields(world: World, number: int) -> Record:
    """What conversations need of a contact; cheaper than the whole of it."""
    return _fields(world, generator(world.seed, "contact", number), number, *world.contacts[number])


def blank_contact(contact_id: str, workspace_id: str, stamp: int, **given: object) -> ContactState:
    """A contact made through the API right now: nothing but what was given."""
    empty = dict.fromkeys((*_TIMES, *_DEVICE, "external_id", "phone", "name", "owner_id", "avatar"))
    fields: Record = {
        "type": "contact",
        "id": contact_id,
        "workspace_id": workspace_id,
        "role": "user",
        "email": f"{contact_id[-8:]}@example.com",
        "email_domain": "example.com",
        **empty,
        "has_hard_bounced": False,
        "marked_email_as_spam": False,
        "unsubscribed_from_emails": False,
        "created_at": stamp,
        "updated_at": stamp,
        "custom_attributes": {},
        "location": {"type": "location", **dict.fromkeys(("country", "region", "city"))},
    }
    return ContactState(fields=fields | given)


_TIMES = (
    "signed_up_at", "last_seen_at", "last_replied_at", "last_contacted_at", "last_email_opened_at",
    "last_email_clicked_at", "android_last_seen_at", "ios_last_seen_at",
)  # fmt: skip
_DEVICE = (
    "language_override", "browser", "browser_version", "browser_language", "os", "android_app_name",
    "android_app_version", "android_device", "android_os_version", "android_sdk_version", "ios_app_name",
    "ios_app_version", "ios_device", "ios_os_version", "ios_sdk_version", "utm_campaign", "utm_content",
    "utm_medium", "utm_source", "utm_term", "referrer", "enabled_push_messaging",
)  # fmt: skip


def _fields(
    world: World, rng: Random, number: int, contact_id: str, created_at: int, updated_at: int
) -> Record:
    role = "user" if rng.random() < 0.75 else "lead"
    domain = rng.choice(words.MAIL_HOSTS)
    fields = blank_contact(contact_id, world.workspace_id, created_at).fields
    named = role == "user" or rng.random() < 0.5
    fields |= {
        "external_id": str(70_000 + number) if role == "user" else f"lead-{contact_id[8:18]}",
        "role": role,
        "name": words.person(rng) if named else None,
        "email": f"contact{number}@{domain}",
        "email_domain": domain,
        "phone": f"+1 212 555 {number % 10000:04d}" if rng.random() < 0.3 else None,
        "owner_id": rng.choice(world.admins)["id"] if world.admins and rng.random() < 0.2 else None,
        "has_hard_bounced": rng.random() < 0.03,
        "unsubscribed_from_emails": rng.random() < 0.1,
        "updated_at": updated_at,
        "signed_up_at": created_at if role == "user" else None,
        "custom_attributes": _custom(rng, created_at),
    }
    if rng.random() < 0.7:
        country, region, city, code, continent = rng.choice(words.PLACES)
        fields["location"] = {
            "type": "location", "country": country, "region": region, "city": city,
            "country_code": code, "continent_code": continent,
        }  # fmt: skip
        fields["last_seen_at"] = rng.randint(created_at, updated_at)
        fields["browser"], fields["browser_version"] = "chrome", "131.0"
        fields["browser_language"], fields["os"] = "en", "OS X 10.15.7"
    if rng.random() < 0.3:
        fields["last_replied_at"] = fields["last_contacted_at"] = rng.randint(created_at, updated_at)
        fields["avatar"] = {"type": "avatar", "image_url": f"https://static.example.com/{contact_id}.png"}
    return fields


def _custom(rng: Random, created_at: int) -> Record:
    custom: Record = {}
    if rng.random() < 0.6:
        custom["plan"] = rng.choice(("free", "pro", "enterprise"))
    if rng.random() < 0.4:
        custom["seats"] = rng.randint(1, 500)
        custom["beta"] = rng.random() < 0.5
    if rng.random() < 0.2:
        custom["renewal_at"] = created_at + 365 * DAY
    return custom


def _tags(world: World, rng: Random, created_at: int, updated_at: int) -> list[Record]:
    wanted = pick_count(rng, 3, min(25, len(world.tags)), 0.04) if rng.random() < 0.7 else 0
    return [
        {**tag, "applied_at": rng.randint(created_at, updated_at), "applied_by": _admin_reference(world, rng)}
        for tag in rng.sample(world.tags, wanted)
    ]


def _admin_reference(world: World, rng: Random) -> Record | None:
    return {"type": "admin", "id": rng.choice(world.admins)["id"]} if world.admins else None


def _notes(
    world: World, rng: Random, number: int, contact_id: str, created_at: int, updated_at: int
) -> list[Record]:
    """Newest first. Nobody writes a note without an admin."""
    if not world.admins or rng.random() < 0.8:
        return []
    notes: list[Record] = [
        {
            "type": "note",
            "id": str(1_000_000 + number * 100 + place),
            "created_at": rng.randint(created_at, updated_at),
            "contact": {"type": "contact", "id": contact_id},
            "author": rng.choice(world.admins),
            "body": words.body(rng),
        }
        for place in range(pick_count(rng, 3, 14, 0.05))
    ]
    return sorted(notes, key=lambda note: -note["created_at"])


def _sublist(contact_id: str, part: str, kind: str, ids: list[str], home: str, cap: int | None) -> Record:
    shown = ids if cap is None else ids[:cap]
    return {
        "type": "list",
        "data": [{"id": one, "type": kind, "url": f"/{home}/{one}"} for one in shown],
        "url": f"/contacts/{contact_id}/{part}",
        "total_count": len(ids),
        "has_more": len(shown) < len(ids),
    }


def view_contact(state: ContactState, *, cap: int | None = EMBEDDED, merge_history: bool = False) -> Record:
    """The contact as the API shows it; `cap=None` is the whole truth."""
    contact_id = state.fields["id"]

    def part(name: str, kind: str, ids: list[str], home: str) -> Record:
        return _sublist(contact_id, name, kind, ids, home, cap)

    view = {
        **state.fields,
        "social_profiles": {"type": "list", "data": state.social_profiles},
        "tags": part("tags", "tag", [tag["id"] for tag in state.tags], "tags"),
        "notes": part("notes", "note", [note["id"] for note in state.notes], "notes"),
        "companies": part("companies", "company", state.companies, "companies"),
        "opted_in_subscription_types": part(
            "subscriptions",
            "subscription",
            [subscription_id(n) for n in state.opted_in],
            "subscription_types",
        ),
        "opted_out_subscription_types": part(
            "subscriptions",
            "subscription",
            [subscription_id(n) for n in state.opted_out],
            "subscription_types",
        ),
    }
    if merge_history and state.fields["role"] == "user":
        view["merge_history"] = state.merge_history
    return view
