"""Settings that the API lists: conversation attributes, brands, addresses, away reasons, office hours."""

from typing import Any

from intercom_etl.simulator.chance import DAY
from intercom_etl.simulator.custom_objects import OBJECT_TYPES
from intercom_etl.simulator.help_center import FIRST_HELP_CENTER
from intercom_etl.simulator.references import admin_number
from intercom_etl.simulator.world import World

Record = dict[str, Any]

# (name, type, archived); the first ones are on conversations, see conversation_depth.
ATTRIBUTES = (
    ("Issue type", "list", False), ("Priority", "integer", False), ("Order number", "string", False),
    ("Promised by", "datetime", False), ("Refund", "decimal", False), ("Escalated", "boolean", False),
    ("Orders", "relationship", False), ("Screenshots", "files", False), ("Old category", "list", True),
)  # fmt: skip
REASONS = (
    ("On a break", "☕"), ("Out of office", "🏝"), ("In a meeting", "📅"), ("Training", "🎓"),
    ("Lunch", "🥪"),
)  # fmt: skip
BRANDS = ("", "Premium", "Outlet")
FIRST_REASON = 4711
SCHEDULES = (("Support hours", "America/New_York"), ("Around the clock", "Europe/Dublin"))
EXCEPTIONS = (("12-25", "Christmas Day"), ("12-24", "Christmas Eve"), ("01-01", None))


def make_conversation_attribute(world: World, number: int) -> Record:
    """One of ATTRIBUTES with what its type brings along."""
    name, data_type, archived = ATTRIBUTES[number % len(ATTRIBUTES)]
    stamp = world.anchor - (500 - number) * DAY
    attribute: Record = {
        "type": "conversation_attribute",
        "id": number + 1,
        "name": name if number < len(ATTRIBUTES) else f"{name} {number}",
        "description": "",
        "data_type": data_type,
        "required": number == 0,
        "visible_to_team_ids": [team["id"] for team in world.teams[:1]] if number % 2 else [],
        "archived": archived,
        "created_at": stamp,
        "updated_at": stamp + number * DAY,
        "admin_id": str(admin_number(world, number)),
    }
    if data_type == "list":
        attribute["options"] = [
            {"id": f"a1b2c3d4-e5f6-7890-abcd-{number:06x}{place:06x}", "label": label, "archived": place == 2}
            for place, label in enumerate(("Billing", "Bug", "Fax"))
        ]
    elif data_type == "string":
        attribute["multiline"] = False
    elif data_type == "relationship":
        attribute["reference"] = {"type": "many", "object_type_id": OBJECT_TYPES[0]}
    return attribute


def make_brand(world: World, number: int) -> Record:
    """The default brand has the workspace's own id."""
    name = BRANDS[number % len(BRANDS)] or "Default"
    stamp = world.anchor - (700 - number) * DAY
    return {
        "type": "brand",
        "id": str(number + 2) if number else world.workspace_id,
        "name": f"{name} brand" if number < len(BRANDS) else f"{name} brand {number}",
        "is_default": number == 0,
        "created_at": stamp,
        "updated_at": stamp + 30 * DAY,
        "help_center_id": str(FIRST_HELP_CENTER + number % max(1, world.size.help_centers)),
        "default_address_settings_id": str(number + 1),
    }


def make_email_setting(world: World, number: int) -> Record:
    """An address that the workspace sends from."""
    stamp = world.anchor - (600 - number) * DAY
    forwarded = number % 2 == 0
    return {
        "type": "email_setting",
        "id": str(number + 1),
        "email": f"support{number or ''}@corp.example",
        "verified": number != 3,
        "domain": "corp.example",
        "brand_id": str(number + 2) if 0 < number < len(BRANDS) else world.workspace_id,
        "forwarding_enabled": forwarded,
        "forwarded_email_last_received_at": world.anchor - number * DAY - 90 if forwarded else None,
        "created_at": stamp,
        "updated_at": stamp + 10 * DAY,
    }


def make_away_status_reason(world: World, number: int) -> Record:
    """Deleted ones stay in the list."""
    label, emoji = REASONS[number % len(REASONS)]
    stamp = world.anchor - (400 - number) * DAY
    return {
        "type": "away_status_reason",
        "id": str(FIRST_REASON + number),
        "label": label if number < len(REASONS) else f"{label} {number}",
        "emoji": emoji,
        "order": number,
        "deleted": number % 5 == 3,
        "created_at": stamp,
        "updated_at": stamp + DAY,
    }


def make_office_hours_schedule(world: World, number: int) -> Record:
    """Minutes count from Sunday, midnight."""
    name, zone = SCHEDULES[number % len(SCHEDULES)]
    stamp = world.anchor - (300 - number) * DAY
    always = number % len(SCHEDULES) == 1
    week = [
        {"start_minute": day * 1440 + 540, "end_minute": day * 1440 + 1020, "day_of_week": day}
        for day in range(5)
    ]
    return {
        "type": "office_hours_schedule",
        "id": str(120 + number),
        "name": name if number < len(SCHEDULES) else f"{name} {number}",
        "time_zone_name": zone,
        "time_intervals": [] if always else week,
        "twenty_four_seven": always,
        "created_at": stamp,
        "updated_at": stamp,
    }


def make_office_hours_exception(world: World, number: int) -> Record:
    """All of them belong to the first schedule."""
    day, name = EXCEPTIONS[number % len(EXCEPTIONS)]
    stamp = world.anchor - (200 - number) * DAY
    short = day == "12-24"
    return {
        "type": "office_hours_exception",
        "id": str(450 + number),
        "office_hours_schedule_id": "120",
        "exception_date": f"2026-{day}",
        "exception_type": "custom_hours" if short else "closed",
        "name": name,
        "time_intervals": [{"start_minute": 540, "end_minute": 780, "day_of_week": 3}] if short else None,
        "recurring_annually": number % 2 == 0,
        "created_at": stamp,
        "updated_at": stamp,
    }
