"""Every small kind of record: how many there are, and how one is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from intercom_etl.simulator import ai_content, catalogue, data_events, help_center, news
from intercom_etl.simulator import conversation_threads as threads
from intercom_etl.simulator import workspace_settings as settings
from intercom_etl.simulator.activity_logs import make_activity_log
from intercom_etl.simulator.calls import make_call
from intercom_etl.simulator.child_records import ChildKind
from intercom_etl.simulator.company_notes import count_company_notes, make_company_note
from intercom_etl.simulator.content_receipts import make_receipt
from intercom_etl.simulator.custom_objects import make_custom_object
from intercom_etl.simulator.data_connectors import make_data_connector, make_execution_result
from intercom_etl.simulator.macros import make_macro
from intercom_etl.simulator.size import Size
from intercom_etl.simulator.world import World

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """`count` is a number, or the name of the field of `Size` that has it."""

    count: int | str
    make: Callable[[World, int], Record]

    def number(self, size: Size) -> int:
        """How many there are at the beginning."""
        return self.count if isinstance(self.count, int) else getattr(size, self.count)


KINDS: dict[str, Kind] = {
    "activity_logs": Kind("activity_logs", make_activity_log),
    "articles": Kind("articles", help_center.make_article),
    "audiences": Kind("audiences", ai_content.make_audience),
    "away_status_reasons": Kind(len(settings.REASONS), settings.make_away_status_reason),
    "brands": Kind(len(settings.BRANDS), settings.make_brand),
    "calls": Kind("calls", make_call),
    "collections": Kind("collections", help_center.make_collection),
    "content_import_sources": Kind("content_import_sources", ai_content.make_content_import_source),
    "content_receipts": Kind("content_receipts", make_receipt),
    "content_snippets": Kind("content_snippets", ai_content.make_content_snippet),
    "conversation_attributes": Kind(len(settings.ATTRIBUTES), settings.make_conversation_attribute),
    "custom_object_instances": Kind("custom_object_instances", make_custom_object),
    "data_connectors": Kind("data_connectors", make_data_connector),
    "emails": Kind(4, settings.make_email_setting),
    "execution_results": Kind("execution_results", make_execution_result),
    "external_pages": Kind("external_pages", ai_content.make_external_page),
    "help_centers": Kind("help_centers", help_center.make_help_center),
    "internal_articles": Kind("internal_articles", help_center.make_internal_article),
    "macros": Kind("macros", make_macro),
    "news_items": Kind("news_items", news.make_news_item),
    "newsfeeds": Kind("newsfeeds", news.make_newsfeed),
    "office_hours_exceptions": Kind(len(settings.EXCEPTIONS), settings.make_office_hours_exception),
    "office_hours_schedules": Kind(len(settings.SCHEDULES), settings.make_office_hours_schedule),
    "redirects": Kind("redirects", help_center.make_redirect),
    "subscription_types": Kind(
        len(catalogue.SUBSCRIPTIONS), lambda _, number: catalogue.subscription(number)
    ),
}

CHILD_KINDS: dict[str, ChildKind] = {
    "company_notes": ChildKind("companies", count_company_notes, make_company_note, lambda note: note["id"]),
    "events": ChildKind(
        "contacts", data_events.count_events, data_events.make_event, lambda event: event["id"]
    ),
    "handling_events": ChildKind(
        "conversations",
        threads.count_handling_events,
        threads.make_handling_event,
        threads.handling_event_key,
    ),
    "side_conversations": ChildKind(
        "conversations",
        threads.count_side_conversations,
        threads.make_side_conversation,
        lambda thread: thread["side_conversation_id"],
    ),
}
