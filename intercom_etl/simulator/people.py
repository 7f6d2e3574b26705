"""Admins, teams, tags and segments: the small collections that are built whole, at once."""

from typing import Any

from intercom_etl.simulator import words
from intercom_etl.simulator.chance import DAY, generator
from intercom_etl.simulator.size import Size

Record = dict[str, Any]

FIRST_ADMIN = 991267459
FIRST_TEAM = 5017690
FIRST_TAG = 7522900


def make_teams(seed: int, size: Size) -> list[Record]:
    """All teams; some have no members."""
    admin_ids = [FIRST_ADMIN + number for number in range(size.admins)]
    teams: list[Record] = []
    for number in range(size.teams):
        rng = generator(seed, "team", number)
        members = sorted(rng.sample(admin_ids, min(len(admin_ids), rng.randint(0, 6))))
        name = words.TEAM_NAMES[number % len(words.TEAM_NAMES)]
        teams.append(
            {
                "type": "team",
                "id": str(FIRST_TEAM + number),
                "name": name if number < len(words.TEAM_NAMES) else f"{name} {number}",
                "admin_ids": members,
                "admin_priority_level": {
                    "primary_admin_ids": members[:1],
                    "secondary_admin_ids": members[1:],
                },
                "assignment_limit": rng.choice((None, 10, 25)),
                "distribution_method": rng.choice(("round_robin", "manual")),
            }
        )
    return teams


def make_admins(seed: int, size: Size, teams: list[Record]) -> list[Record]:
    """All admins, with the ids of their teams."""
    admins: list[Record] = []
    for number in range(size.admins):
        rng = generator(seed, "admin", number)
        admin_id = FIRST_ADMIN + number
        team_ids = [int(team["id"]) for team in teams if admin_id in team["admin_ids"]]
        away = rng.random() < 0.2
        admins.append(
            {
                "type": "admin",
                "id": str(admin_id),
                "name": words.person(rng),
                "email": f"admin{number}@corp.example",
                "job_title": rng.choice(words.JOB_TITLES),
                "away_mode_enabled": away,
                "away_mode_reassign": away and rng.random() < 0.5,
                "away_status_reason_id": 4711 if away else None,
                "has_inbox_seat": rng.random() < 0.9,
                "team_ids": team_ids,
                "avatar": f"https://static.example.com/avatars/{number}.png" if number % 3 else None,
                "team_priority_level": {"primary_team_ids": team_ids[:1], "secondary_team_ids": team_ids[1:]},
                "role": {"type": "role", "id": "1", "name": "Support"} if number % 2 else None,
            }
        )
    return admins


def make_tags(size: Size) -> list[Record]:
    """All tags. Tags have no timestamps."""
    heads = words.TAG_HEADS
    return [
        {
            "type": "tag",
            "id": str(FIRST_TAG + number),
            "name": heads[number] if number < len(heads) else f"{heads[number % len(heads)]} {number}",
        }
        for number in range(size.tags)
    ]


def make_segments(seed: int, size: Size, anchor: int) -> list[Record]:
    """All segments."""
    names = words.SEGMENT_NAMES
    segments: list[Record] = []
    for number in range(size.segments):
        rng = generator(seed, "segment", number)
        created_at = anchor - rng.randint(100, 700) * DAY
        segments.append(
            {
                "type": "segment",
                "id": f"{created_at:08x}{rng.getrandbits(40):010x}{number:06x}",
                "name": names[number] if number < len(names) else f"{names[number % len(names)]} {number}",
                "created_at": created_at,
                "updated_at": created_at + rng.randint(0, 90 * DAY),
                "person_type": "user" if number % 4 else "contact",
            }
        )
    return segments


def segment_numbers(member: int, segments: int) -> list[int]:
    """The segments that the member of this number is in; arithmetic, so that counting them is cheap."""
    return [number for number in range(segments) if (member * 7 + number) % (number + 2) == 0]
