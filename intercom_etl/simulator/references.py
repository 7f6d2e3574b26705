"""Who and what a record of a given number refers to; None where the workspace has no such thing."""

from intercom_etl.simulator.chance import Stamp, generator, pick_stamps
from intercom_etl.simulator.world import World


def admin_number(world: World, number: int) -> int:
    """An admin's id; 0 stands for nobody."""
    return int(world.admins[number % len(world.admins)]["id"]) if world.admins else 0


def contact_id(world: World, number: int) -> str | None:
    """A contact's id."""
    return world.contacts[number % len(world.contacts)][0] if world.contacts else None


def conversation_id(world: World, number: int) -> str | None:
    """A conversation's id."""
    return world.conversations[number % len(world.conversations)][0] if world.conversations else None


def stamps_of(world: World, kind: str, number: int) -> Stamp:
    """created_at and updated_at of a record of a small kind."""
    rng = generator(world.seed, kind, "stamps", number)
    return pick_stamps(rng, 1, world.anchor, born_in_order=False)[0]
