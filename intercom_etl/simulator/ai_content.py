"""What Fin may read, and for whom: import sources, external pages, snippets, audiences."""

from typing import Any

from intercom_etl.simulator import words
from intercom_etl.simulator.chance import generator
from intercom_etl.simulator.references import stamps_of
from intercom_etl.simulator.world import World

Record = dict[str, Any]

FIRST_SOURCE = 33
FIRST_AUDIENCE = 123
BEHAVIOURS = ("automatic", "api", "manual")


def make_content_import_source(world: World, number: int) -> Record:
    """A site that pages are taken from; its id is a number."""
    born, changed = stamps_of(world, "content_import_source", number)
    return {
        "type": "content_import_source",
        "id": FIRST_SOURCE + number,
        "last_synced_at": changed,
        "sync_behavior": BEHAVIOURS[number % len(BEHAVIOURS)],
        "status": "deactivated" if number % 4 == 3 else "active",
        "url": f"https://support.example.com/us/{number}",
        "created_at": born,
        "updated_at": changed,
        "audience_ids": [FIRST_AUDIENCE] if number % 2 else [],
    }


def make_external_page(world: World, number: int) -> Record:
    """A page of a source; its id is text, that of its source a number."""
    rng = generator(world.seed, "external page", number)
    born, changed = stamps_of(world, "external_page", number)
    return {
        "type": "external_page",
        "id": str(17 + number),
        "title": f"External page {number}",
        "html": f"<h1>Hello</h1>{words.body(rng)}",
        "url": f"https://support.example.com/us/pages/{number}",
        "ai_agent_availability": rng.random() < 0.8,
        "ai_copilot_availability": True,
        "ai_sales_agent_availability": rng.random() < 0.3,
        "fin_availability": True,
        "locale": "en",
        "source_id": FIRST_SOURCE + number % max(1, world.size.content_import_sources),
        "external_id": str(1000 + number),
        "created_at": born,
        "updated_at": changed,
        "last_ingested_at": changed,
    }


def make_content_snippet(world: World, number: int) -> Record:
    """A short text; some have no title."""
    rng = generator(world.seed, "snippet", number)
    born, changed = stamps_of(world, "content_snippet", number)
    text = rng.choice(words.SENTENCES)
    available = rng.random() < 0.7
    return {
        "type": "content_snippet",
        "id": str(300 + number),
        "title": f"Snippet {number}" if rng.random() < 0.8 else None,
        "locale": rng.choice(("en", "de")),
        "json_blocks": [{"type": "paragraph", "text": text}],
        "body_markdown": f"{text}\n" if rng.random() < 0.9 else None,
        "chatbot_availability": int(available),
        "copilot_availability": 1,
        "ai_chatbot_availability": available,
        "ai_copilot_availability": True,
        "ai_sales_agent_availability": False,
        "created_at": born,
        "updated_at": changed,
        "audience_ids": [FIRST_AUDIENCE + number % 2] if world.size.audiences > 1 else [],
    }


def make_audience(world: World, number: int) -> Record:
    """Who may see a content, as predicates over contacts and companies."""
    born, changed = stamps_of(world, "audience", number)
    predicate = {"attribute": "company.name", "type": "string", "comparison": "contains", "value": "Acme"}
    role = {"attribute": "role", "type": "role", "comparison": "eq", "value": "user"}
    return {
        "type": "audience",
        "id": str(FIRST_AUDIENCE + number),
        "name": f"Audience {number}",
        "predicates": [predicate] if number % 3 else [],
        "role_predicates": [role],
        "created_at": born,
        "updated_at": changed,
    }
