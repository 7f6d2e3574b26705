"""Instances of custom object types. The API lists no types: who asks has to know their identifiers."""

from typing import Any

from intercom_etl.simulator.chance import generator
from intercom_etl.simulator.references import contact_id, stamps_of
from intercom_etl.simulator.world import World

Record = dict[str, Any]

OBJECT_TYPES = ("Order", "Device")
FIRST_INSTANCE = 600


def make_custom_object(world: World, number: int) -> Record:
    """Two in three are orders. `_contact_id` says whose it is; the API does not show it."""
    rng = generator(world.seed, "custom object", number)
    born, changed = stamps_of(world, "custom_object", number)
    order = number % 3 != 2
    imported = rng.random() < 0.6
    custom: Record = (
        {"order_number": f"ORDER-{10_000 + number}", "total_amount": round(rng.random() * 500, 2)}
        if order
        else {"serial": f"SN{number:06d}", "firmware": rng.choice(("1.0", "2.3")), "warranty": True}
    )
    return {
        "id": str(FIRST_INSTANCE + number),
        "type": OBJECT_TYPES[0] if order else OBJECT_TYPES[1],
        "custom_attributes": custom,
        "external_id": f"{'order' if order else 'device'}_{number:04d}",
        "external_created_at": born - 60 if imported else None,
        "external_updated_at": changed - 60 if imported else None,
        "created_at": born,
        "updated_at": changed,
        "_contact_id": contact_id(world, number),
    }


def shown_instance(instance: Record) -> Record:
    """The instance as the API shows it."""
    return {key: value for key, value in instance.items() if not key.startswith("_")}
