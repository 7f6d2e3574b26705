"""Deliveries of outbound messages and what came of them: the content of a data export."""

from typing import Any

from intercom_etl.simulator import words
from intercom_etl.simulator.chance import HISTORY, generator
from intercom_etl.simulator.references import contact_id
from intercom_etl.simulator.world import World

Record = dict[str, Any]

FIRST_RECEIPT = 7_000_000
# The columns of receipts_*.csv, as the reference of API 2.6 lists them (later ones list none).
COLUMNS = (
    "user_id", "user_external_id", "company_id", "email", "name", "ruleset_id", "content_id", "content_type",
    "content_title", "ruleset_version_id", "receipt_id", "received_at", "series_id", "series_title",
    "node_id", "first_reply", "first_completion", "first_series_completion", "first_series_disengagement",
    "first_series_exit", "first_goal_success", "first_open", "first_click", "first_dismisall",
    "first_unsubscribe", "first_hard_bounce",
)  # fmt: skip
EVENTS = tuple(column for column in COLUMNS if column.startswith("first_"))
# Name of a file of single events, its column of time, and the column of a receipt that has the first one.
STATISTICS = (
    ("open", "opened_at", "first_open"),
    ("click", "clicked_at", "first_click"),
    ("reply", "replied_at", "first_reply"),
    ("unsubscribe", "unsubscribed_at", "first_unsubscribe"),
)


def make_receipt(world: World, number: int) -> Record:
    """One message to one contact; times are unix seconds, empty where a thing never happened."""
    rng = generator(world.seed, "receipt", number)
    stamp = world.anchor - 60 - int(rng.random() * HISTORY)
    receipt: Record = dict.fromkeys(COLUMNS)
    receipt |= {
        "id": str(FIRST_RECEIPT + number),
        "receipt_id": str(FIRST_RECEIPT + number),
        "user_id": contact_id(world, number * 3),
        "user_external_id": str(70_000 + number),
        "company_id": "-1",
        "email": f"reader{number}@example.com",
        "name": words.person(rng),
        "ruleset_id": str(500 + number % 4),
        "content_id": str(900 + number % 5),
        "content_type": rng.choice(("Email", "Chat", "Post")),
        "content_title": rng.choice(words.TITLES),
        "ruleset_version_id": str(1_500 + number % 4),
        "received_at": stamp,
        "series_id": "-1",
    }
    for share, column in ((0.6, "first_open"), (0.3, "first_click"), (0.1, "first_reply")):
        if rng.random() < share:
            receipt[column] = min(world.anchor, stamp + rng.randint(1, 90_000))
    if rng.random() < 0.05:
        receipt["first_unsubscribe"] = min(world.anchor, stamp + 600)
    return receipt
