"""What admins did to the workspace. Entries are only ever added."""

from random import Random
from typing import Any
from uuid import UUID

from intercom_etl.simulator.chance import HISTORY, generator
from intercom_etl.simulator.stamps import iso
from intercom_etl.simulator.world import World

Record = dict[str, Any]

# An admin who is not in the list any more, as logs have them.
FORMER_ADMIN = {"id": "991200001", "email": "former@corp.example"}
SENTENCES = {
    "admin_login_success": "logged in",
    "admin_login_failure": "failed to log in",
    "admin_away_mode_change": "changed their away mode",
    "app_name_change": "changed your app name from before to after",
    "message_state_change": "changed your Welcome message from draft to live",
    "team_assignment_limit_change": "changed the assignment limit of a team",
    "security_settings_change": "changed security settings",
    "admin_impersonation_consent_approved": "approved an impersonation",
    "macro_creation": "created a macro",
    "seat_change": "changed seats",
}
EVENT_TYPES = (
    *SENTENCES,
    "admin_deletion",
    "bulk_export",
    "role_change",
    "app_team_creation",
    "office_hours_change",
)


def make_activity_log(world: World, number: int) -> Record:
    """One entry of the last two years."""
    rng = generator(world.seed, "activity log", number)
    kind = rng.choice(tuple(SENTENCES))
    admin = rng.choice(world.admins) if world.admins and rng.random() < 0.9 else FORMER_ADMIN
    stamp = world.anchor - 60 - int(rng.random() * HISTORY)
    return {
        "id": str(UUID(int=rng.getrandbits(128), version=4)),
        "performed_by": {"type": "admin", "id": admin["id"], "email": admin["email"], "ip": "203.0.113.7"},
        "metadata": _metadata(world, rng, kind, stamp),
        "created_at": stamp,
        "activity_type": kind,
        "activity_description": f"{admin.get('name', 'Somebody')} {SENTENCES[kind]}.",
    }


def _metadata(world: World, rng: Random, kind: str, stamp: int) -> Record | None:
    match kind:
        case "admin_login_success" | "admin_login_failure":
            return {"sign_in_method": rng.choice(("password", "google", None)), "external_id": None}
        case "admin_away_mode_change":
            return {"away_mode": True, "away_status_reason": "Lunch", "reassign_conversations": False}
        case "app_name_change":
            # Objects in the schema, text in its example.
            return {"before": "before", "after": "after"}
        case "message_state_change":
            message = {"id": rng.randint(1, 999), "title": "Welcome"}
            return {"message": message, "before": "draft", "after": "live"}
        case "team_assignment_limit_change" if world.teams:
            team = rng.choice(world.teams)
            named = {"id": int(team["id"]), "name": team["name"]}
            return {"team": named, "team_assignment_limit": rng.choice((None, 10))}
        case "security_settings_change":
            change = {"require_2fa": {"before": False, "after": True}}
            return {"setting_type": "sign_in", "changes": change, "enabled": True}
        case "admin_impersonation_consent_approved":
            return {"consent_id": rng.randint(1, 99), "expired_at": iso(stamp + 86_400)}
        case "macro_creation":
            return {}
        case _:
            return None
