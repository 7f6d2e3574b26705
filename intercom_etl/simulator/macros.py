"""Macros: saved replies, each for everybody or for some teams."""

from typing import Any

from intercom_etl.simulator.chance import generator
from intercom_etl.simulator.references import stamps_of
from intercom_etl.simulator.stamps import iso
from intercom_etl.simulator.world import World

Record = dict[str, Any]

FIRST_MACRO = 8_100


def make_macro(world: World, number: int) -> Record:
    """Times are ISO text; some have no body, as the reference's own example shows."""
    rng = generator(world.seed, "macro", number)
    born, changed = stamps_of(world, "macro", number)
    narrow = bool(world.teams) and rng.random() < 0.4
    teams = rng.sample(world.teams, min(len(world.teams), 2)) if narrow else []
    written = rng.random() < 0.9
    return {
        "type": "macro",
        "id": str(FIRST_MACRO + number),
        "name": f"Macro {number}",
        "body": '<p>Hi <attribute key="user.name" default="there"/>, it is done.</p>' if written else None,
        "body_text": 'Hi {{user.name|fallback:"there"}}, it is done.' if written else None,
        "created_at": iso(born, milliseconds=True),
        "updated_at": iso(changed, milliseconds=True),
        "visible_to": "specific_teams" if narrow else "everyone",
        "visible_to_team_ids": [team["id"] for team in teams],
        "available_on": rng.choice((["inbox"], ["inbox", "messenger"])),
    }


def is_visible_to(macro: Record, admin: Record | None) -> bool:
    """Whether a teammate is shown this macro."""
    if macro["visible_to"] == "everyone":
        return True
    teams = admin["team_ids"] if admin else ()
    return any(str(team) in macro["visible_to_team_ids"] for team in teams)
