"""What a conversation's `statistics` say follows from its parts."""

from collections.abc import Mapping
from statistics import median_low
from typing import Any

from intercom_etl.simulator.chance import DAY, HOUR

Record = dict[str, Any]

# 1970-01-05 was a Monday.
MONDAY = 4 * DAY
OPENS, CLOSES = 9 * HOUR, 17 * HOUR


def office_seconds(start: int, end: int) -> int:
    """Seconds between two times that fall on Monday to Friday, 9 to 17, UTC."""
    return _worked_until(end) - _worked_until(start)


def _worked_until(second: int) -> int:
    weeks, rest = divmod(second - MONDAY, 7 * DAY)
    day, clock = divmod(rest, DAY)
    today = min(max(clock - OPENS, 0), CLOSES - OPENS) if day < 5 else 0
    return (weeks * 5 + min(day, 5)) * (CLOSES - OPENS) + today


def _team_responses(parts: list[Record], team_names: Mapping[str, str]) -> list[tuple[Record, int, int]]:
    """For each team that it was assigned to: the team, when that was, and when an admin answered next."""
    responses: list[tuple[Record, int, int]] = []
    for place, part in enumerate(parts):
        assigned = part["assigned_to"]
        if not assigned or assigned["type"] != "team":
            continue
        answers = (
            later["created_at"]
            for later in parts[place:]
            if later["part_type"] == "comment" and later["author"]["type"] == "admin"
        )
        if (answered := next(answers, None)) is not None:
            team_id = assigned["id"]
            team = {"team_id": int(team_id), "team_name": team_names.get(team_id, "")}
            responses.append((team, part["created_at"], answered))
    return responses


def measure(created_at: int, parts: list[Record], team_names: Mapping[str, str]) -> Record:
    """The `statistics` of a conversation. Its part count includes the opening message."""
    replies = [
        p["created_at"] for p in parts if p["part_type"] == "comment" and p["author"]["type"] == "admin"
    ]
    answers = [p["created_at"] for p in parts if p["body"] and p["author"]["type"] in ("user", "lead")]
    closes = [p for p in parts if p["part_type"] == "close"]
    assigned = [p["created_at"] for p in parts if p["assigned_to"]]

    def since_start(stamps: list[int], place: int) -> int | None:
        return stamps[place] - created_at if stamps else None

    closed = [p["created_at"] for p in closes]
    responses = _team_responses(parts, team_names)
    return {
        "type": "conversation_statistics",
        "time_to_assignment": since_start(assigned, 0),
        "time_to_admin_reply": since_start(replies, 0),
        "time_to_first_close": since_start(closed, 0),
        "time_to_last_close": since_start(closed, -1),
        "median_time_to_reply": median_low(stamp - created_at for stamp in replies) if replies else None,
        "first_contact_reply_at": answers[0] if answers else None,
        "first_assignment_at": assigned[0] if assigned else None,
        "first_admin_reply_at": replies[0] if replies else None,
        "first_close_at": closed[0] if closed else None,
        "last_assignment_at": assigned[-1] if assigned else None,
        "last_assignment_admin_reply_at": replies[-1] if assigned and replies else None,
        "last_contact_reply_at": answers[-1] if answers else None,
        "last_admin_reply_at": replies[-1] if replies else None,
        "last_close_at": closed[-1] if closed else None,
        "last_closed_by_id": closes[-1]["author"]["id"] if closes else None,
        "count_reopens": max(0, len(closes) - 1),
        "count_assignments": len(assigned),
        "count_conversation_parts": len(parts) + 1,
        "assigned_team_first_response_time": [
            answer | {"response_time": end - start} for answer, start, end in responses
        ],
        "assigned_team_first_response_time_in_office_hours": [
            answer | {"response_time": office_seconds(start, end)} for answer, start, end in responses
        ],
        "handling_time": sum(30 for p in parts if p["author"]["type"] == "admin"),
        "adjusted_handling_time": None,
    }
