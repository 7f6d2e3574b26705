"""The knowledge base: help centers with redirects, collections, articles, and internal articles."""

from random import Random
from typing import Any

from intercom_etl.simulator import words
from intercom_etl.simulator.chance import generator
from intercom_etl.simulator.references import admin_number, stamps_of
from intercom_etl.simulator.world import World

Record = dict[str, Any]

FIRST_HELP_CENTER = 70
FIRST_COLLECTION = 9_000
FIRST_ARTICLE = 4_000_000
HOST = "https://help.example.com"
AUDIENCES = ("everyone", "all_users", "restricted", None)
ICONS = ("book-bookmark", "bookmark", None)


def make_help_center(world: World, number: int) -> Record:
    """The first one is the default, under the company's own domain."""
    born, changed = stamps_of(world, "help_center", number)
    return {
        "id": str(FIRST_HELP_CENTER + number),
        "workspace_id": world.workspace_id,
        "created_at": born,
        "updated_at": changed,
        "identifier": f"help-center-{number + 1}",
        "website_turned_on": number % 3 != 2,
        "display_name": f"Help center {number + 1}",
        "url": HOST if number == 0 else f"https://intercom.help/help-center-{number + 1}",
        "custom_domain": "help.example.com" if number == 0 else None,
        "default": number == 0,
        "locales": ["en", "de"] if number == 0 else ["en"],
    }


def make_redirect(world: World, number: int) -> Record:
    """An old address that leads to an article or a collection."""
    born, changed = stamps_of(world, "redirect", number)
    to_article = number % 3 != 2 or world.size.collections == 0
    first, count = (
        (FIRST_ARTICLE, world.size.articles) if to_article else (FIRST_COLLECTION, world.size.collections)
    )
    return {
        "id": str(20 + number),
        "type": "help_center_redirect",
        "from_url": f"{HOST}/old/{number}",
        "locale": "en",
        "help_center_id": str(FIRST_HELP_CENTER + (number % 4 == 3) * (world.size.help_centers > 1)),
        "target_type": "article" if to_article else "collection",
        "target_id": str(first + number % max(1, count)),
        "created_at": born,
        "updated_at": changed,
    }


def make_collection(world: World, number: int) -> Record:
    """Every third one lies within the one before it."""
    born, changed = stamps_of(world, "collection", number)
    inner = number % 3 == 2
    title = f"{words.TITLES[number % len(words.TITLES)]} {number}"
    group = {"type": "group_content", "name": title, "description": f"All about {title}"}
    return {
        "id": str(FIRST_COLLECTION + number),
        "workspace_id": world.workspace_id,
        "name": title,
        "description": None if inner else f"All about {title}",
        "created_at": born,
        "updated_at": changed,
        "url": f"{HOST}/en/collections/{FIRST_COLLECTION + number}",
        "icon": ICONS[number % len(ICONS)],
        "order": number,
        "default_locale": "en",
        "translated_content": {"type": "group_translated_content", "en": group},
        "parent_id": str(FIRST_COLLECTION + number - 1) if inner else None,
        "help_center_id": None if inner else FIRST_HELP_CENTER + number % max(1, world.size.help_centers),
    }


def make_article(world: World, number: int) -> Record:
    """The article as GET by id shows it: with statistics and translations."""
    rng = generator(world.seed, "article", number)
    born, changed = stamps_of(world, "article", number)
    article_id = FIRST_ARTICLE + number
    published = rng.random() < 0.8
    content = _content(world, rng, number, published=published)
    content |= {"created_at": born, "updated_at": changed}
    unsaved = published and rng.random() < 0.2
    return {
        "id": str(article_id),
        "type": "article",
        "workspace_id": world.workspace_id,
        **content,
        "has_unpublished_changes": unsaved,
        "draft_updated_at": changed if unsaved else None,
        "url": f"{HOST}/en/articles/{article_id}" if published else None,
        "parent_ids": _parents(world, rng),
        "exclude_from_article_suggestions": rng.random() < 0.1,
        "help_center_audience": AUDIENCES[number % len(AUDIENCES)],
        "scheduled_publish_at": world.anchor + 86_400 if not published and number % 2 else None,
        "scheduled_unpublish_at": None,
        "default_locale": "en",
        "tags": {"type": "tag.list", "tags": _tags(world, rng, changed)},
        "translated_content": _translations(content, article_id, german=rng.random() < 0.5),
        "statistics": _statistics(rng) if published else None,
    }


def _content(world: World, rng: Random, number: int, *, published: bool) -> Record:
    author = admin_number(world, number)
    text = " ".join(words.SENTENCES[rng.randrange(len(words.SENTENCES))] for _ in range(4))
    return {
        "title": f"{words.TITLES[rng.randrange(len(words.TITLES))]} {number}",
        "description": rng.choice(("", "Step by step", "What to do")),
        "body": f'<p class="no-margin">{text}</p>',
        "body_markdown": f"{text}\n",
        "author_id": author,
        "state": "published" if published else "draft",
        "ai_chatbot_availability": published,
        "ai_copilot_availability": True,
        "ai_sales_agent_availability": rng.random() < 0.3,
        "created_by_id": author,
        "updated_by_id": admin_number(world, number + 1) if rng.random() < 0.5 else None,
    }


def _parents(world: World, rng: Random) -> list[int]:
    count = world.size.collections
    wanted = min(count, rng.choice((0, 1, 1, 1, 2)))
    return [FIRST_COLLECTION + one for one in rng.sample(range(count), wanted)]


def _tags(world: World, rng: Random, stamp: int) -> list[Record]:
    by = {"type": "admin", "id": str(admin_number(world, 0))}
    wanted = min(len(world.tags), rng.choice((0, 0, 1, 2)))
    return [{**tag, "applied_at": stamp, "applied_by": by} for tag in rng.sample(world.tags, wanted)]


def _translations(content: Record, article_id: int, *, german: bool) -> Record:
    extra = {"type": "article_content", "has_unpublished_changes": False, "draft_updated_at": None}
    english = content | extra | {"url": f"{HOST}/en/articles/{article_id}", "audience_ids": []}
    every: Record = {"type": "article_translated_content", "en": english}
    if german:
        url = f"{HOST}/de/articles/{article_id}"
        every["de"] = english | {"title": f"Übersetzung: {content['title']}", "url": url, "state": "draft"}
    return every


def _statistics(rng: Random) -> Record:
    reactions = rng.randint(0, 40)
    happy = round(rng.random() * 100, 2) if reactions else 0.0
    sad = round((100 - happy) * rng.random(), 2) if reactions else 0.0
    involved = rng.randint(0, 90)
    solved = rng.randint(0, involved)
    return {
        "type": "article_statistics",
        "views": reactions * 9 + rng.randint(0, 500),
        "conversions": rng.randint(0, 30),
        "reactions": reactions,
        "happy_reaction_percentage": happy,
        "neutral_reaction_percentage": round(100 - happy - sad, 2) if reactions else 0.0,
        "sad_reaction_percentage": sad,
        "fin_involvements": involved,
        "fin_resolutions": solved,
        "fin_resolution_rate": round(100 * solved / involved, 1) if involved else 0.0,
    }


def listed_article(article: Record) -> Record:
    """The article as the list shows it."""
    return {key: value for key, value in article.items() if key not in ("statistics", "translated_content")}


def make_internal_article(world: World, number: int) -> Record:
    """An article for teammates only."""
    rng = generator(world.seed, "internal article", number)
    born, changed = stamps_of(world, "internal_article", number)
    body = words.body(rng) if rng.random() < 0.9 else None
    return {
        "type": "internal_article",
        "id": str(5_000_000 + number),
        "title": f"How we handle: {rng.choice(words.TITLES)} {number}",
        "body": body,
        "body_markdown": body and "As above.\n",
        "owner_id": admin_number(world, number),
        "author_id": admin_number(world, number + 1),
        "created_at": born,
        "updated_at": changed,
        "locale": rng.choice(("en", "de")),
        "audience_ids": rng.choice((None, [], [123])),
        "ai_chatbot_availability": False,
        "ai_copilot_availability": True,
        "ai_sales_agent_availability": False,
    }
