"""Which path is answered by which endpoint, and since which version of the API."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from intercom_etl.simulator import endpoints_activity as activity
from intercom_etl.simulator import endpoints_companies as companies
from intercom_etl.simulator import endpoints_content as content
from intercom_etl.simulator import endpoints_conversations as conversations
from intercom_etl.simulator import endpoints_exports as exports
from intercom_etl.simulator import endpoints_people as people
from intercom_etl.simulator.desk import Desk
from intercom_etl.simulator.help_center import listed_article
from intercom_etl.simulator.lists import Numbered, Parent, Single, Whole
from intercom_etl.simulator.news import is_live_on

Endpoint = Callable[[Request, Desk], Awaitable[Response]]

_OFFICE_HOURS = Parent(
    "office_hours_schedules",
    lambda exception, schedule_id: exception["office_hours_schedule_id"] == schedule_id,
    "Object not found",
)
_HELP_CENTER = Parent(
    "help_centers", lambda redirect, center_id: redirect["help_center_id"] == center_id, "Resource not found"
)

_PEOPLE: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/me", people.me),
    ("POST", "/contacts/search", people.search_contacts),
    ("GET", "/contacts", people.list_contacts),
    ("GET", "/contacts/{id}", people.get_contact),
    ("GET", "/contacts/{id}/tags", people.contact_tags),
    ("GET", "/contacts/{id}/companies", people.contact_companies),
    ("GET", "/contacts/{id}/segments", people.contact_segments),
    ("GET", "/contacts/{id}/notes", people.contact_notes),
    ("GET", "/contacts/{id}/subscriptions", people.contact_subscriptions),
    ("GET", "/contacts/{id}/merge_history", people.contact_merge_history),
    ("GET", "/events", activity.list_events),
    ("GET", "/companies/scroll", companies.scroll_companies),
    ("POST", "/companies/list", companies.list_companies),
    ("GET", "/companies", companies.filter_companies),
    ("GET", "/companies/{id}", companies.get_company),
    ("GET", "/companies/{id}/contacts", companies.company_contacts),
    ("GET", "/companies/{id}/segments", companies.company_segments),
    ("GET", "/companies/{id}/notes", companies.company_notes),
    ("GET", "/admins", people.list_admins),
    ("GET", "/admins/activity_logs", activity.list_activity_logs),
    ("POST", "/admins/activity_logs/search", activity.search_activity_logs),
    ("GET", "/admins/activity_log_event_types", activity.list_activity_log_event_types),
    ("GET", "/admins/{id}", people.get_admin),
    ("GET", "/teams", people.list_teams),
    ("GET", "/teams/{id}", people.get_team),
    ("GET", "/tags", people.list_tags),
    ("GET", "/tags/{id}", people.get_tag),
    ("GET", "/segments", people.list_segments),
    ("GET", "/segments/{id}", people.get_segment),
)
_CONVERSATIONS: tuple[tuple[str, str, Endpoint], ...] = (
    ("POST", "/conversations/search", conversations.search_conversations),
    ("GET", "/conversations", conversations.list_conversations),
    ("GET", "/conversations/deleted", conversations.deleted_conversations),
    ("GET", "/conversations/attributes", content.list_conversation_attributes),
    ("GET", "/conversations/{id}", conversations.get_conversation),
    ("GET", "/conversations/{id}/handling_events", activity.list_handling_events),
    ("GET", "/conversations/{id}/side_conversations", activity.list_side_conversations),
    ("POST", "/tickets/search", conversations.search_tickets),
    ("GET", "/tickets/{id}", conversations.get_ticket),
    ("GET", "/calls", Numbered("calls", 25, 25)),
    ("POST", "/calls/search", content.search_calls),
    ("GET", "/calls/{id}", content.get_call),
    ("GET", "/calls/{id}/recording", content.get_call_recording),
    ("GET", "/calls/{id}/transcript", content.get_call_transcript),
    ("GET", "/macros", content.list_macros),
    ("GET", "/macros/{id}", Single("macros", "Macro not found")),
)
_SETTINGS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/data_attributes", conversations.list_data_attributes),
    ("GET", "/ticket_types", conversations.list_ticket_types),
    ("GET", "/ticket_states", conversations.list_ticket_states),
    ("GET", "/subscription_types", Whole("subscription_types")),
    ("GET", "/brands", Whole("brands")),
    ("GET", "/brands/{id}", Single("brands", "Brand not found")),
    ("GET", "/emails", Whole("emails")),
    ("GET", "/emails/{id}", Single("emails", "Email setting not found")),
    ("GET", "/away_status_reasons", content.list_away_status_reasons),
    ("GET", "/office_hours_schedules", Whole("office_hours_schedules", "office_hours_schedule.list")),
    ("GET", "/office_hours_schedules/{id}", Single("office_hours_schedules", "Object not found")),
    (
        "GET",
        "/office_hours_schedules/{id}/office_hours_exceptions",
        Whole("office_hours_exceptions", "office_hours_exception.list", _OFFICE_HOURS),
    ),
    ("GET", "/data_connectors", content.list_data_connectors),
    ("GET", "/data_connectors/{id}", content.get_data_connector),
    ("GET", "/data_connectors/{id}/execution_results", content.list_execution_results),
    ("GET", "/data_connectors/{id}/execution_results/{result_id}", content.get_execution_result),
    ("GET", "/custom_object_instances/{type}", content.list_custom_objects),
    ("GET", "/custom_object_instances/{type}/{id}", content.get_custom_object),
)
_KNOWLEDGE: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/help_center/help_centers", Whole("help_centers")),
    ("GET", "/help_center/help_centers/{id}", Single("help_centers")),
    (
        "GET",
        "/help_center/help_centers/{id}/redirects",
        Numbered("redirects", 50, 250, parent=_HELP_CENTER),
    ),
    ("GET", "/help_center/collections", Numbered("collections", 20, 150)),
    ("GET", "/help_center/collections/{id}", Single("collections")),
    ("GET", "/articles", Numbered("articles", 25, 150, listed_article)),
    ("GET", "/articles/{id}", Single("articles")),
    ("GET", "/internal_articles", Numbered("internal_articles", 25, 150)),
    ("GET", "/internal_articles/{id}", Single("internal_articles")),
    ("GET", "/news/news_items", Numbered("news_items", 10, 150)),
    ("GET", "/news/news_items/{id}", Single("news_items")),
    ("GET", "/news/newsfeeds", Numbered("newsfeeds", 10, 150)),
    ("GET", "/news/newsfeeds/{id}", Single("newsfeeds")),
    (
        "GET",
        "/news/newsfeeds/{id}/items",
        Numbered("news_items", 20, 150, parent=Parent("newsfeeds", is_live_on)),
    ),
    ("GET", "/ai/content_import_sources", Numbered("content_import_sources", 50, 150)),
    ("GET", "/ai/content_import_sources/{id}", Single("content_import_sources")),
    ("GET", "/ai/external_pages", Numbered("external_pages", 50, 150)),
    ("GET", "/ai/external_pages/{id}", Single("external_pages")),
    ("GET", "/content_snippets", Numbered("content_snippets", 50, 50, style="flat")),
    ("GET", "/content_snippets/{id}", Single("content_snippets", "Content snippet not found")),
    ("GET", "/audiences", Numbered("audiences", 50, 50, style="flat")),
    ("GET", "/audiences/{id}", Single("audiences")),
)
_EXPORTS: tuple[tuple[str, str, Endpoint], ...] = (
    ("POST", "/export/content/data", exports.start_content_export),
    ("GET", "/export/content/data/{id}", exports.show_content_export),
    ("POST", "/export/cancel/{id}", exports.cancel_content_export),
    ("GET", "/download/content/data/{id}", exports.download_content_export),
    ("POST", "/export/reporting_data/enqueue", exports.start_reporting_export),
    ("GET", "/export/reporting_data/get_datasets", exports.list_datasets),
    ("GET", "/export/reporting_data/{id}", exports.show_reporting_export),
    ("GET", "/download/reporting_data/{id}", exports.download_reporting_export),
)
ENDPOINTS = (*_PEOPLE, *_CONVERSATIONS, *_SETTINGS, *_KNOWLEDGE, *_EXPORTS)

# First versions by the beginning of the path, from the differences of the specification's files. Only
# what came with 2.12 or later: nobody asks for older ones.
SINCE: tuple[tuple[str, tuple[int, int]], ...] = (
    ("/ticket_states", (2, 12)),
    ("/ai/", (2, 12)),
    ("/custom_object_instances", (2, 13)),
    ("/internal_articles", (2, 13)),
    ("/away_status_reasons", (2, 14)),
    ("/calls", (2, 14)),
    ("/export/reporting_data", (2, 14)),
    ("/download/reporting_data", (2, 14)),
    ("/brands", (2, 15)),
    ("/emails", (2, 15)),
    ("/companies/{id}/notes", (2, 15)),
    ("/conversations/{id}/handling_events", (2, 15)),
    ("/conversations/{id}/side_conversations", (2, 16)),
    ("/conversations/deleted", (2, 16)),
    ("/conversations/attributes", (2, 16)),
    ("/admins/activity_logs/search", (2, 16)),
    ("/admins/activity_log_event_types", (2, 16)),
    ("/contacts/{id}/merge_history", (2, 16)),
    ("/audiences", (2, 16)),
    ("/content_snippets", (2, 16)),
    ("/data_connectors", (2, 16)),
    ("/help_center/help_centers/{id}/redirects", (2, 16)),
    ("/macros", (2, 16)),
    ("/office_hours_schedules", (2, 16)),
)


def first_version(path: str) -> tuple[int, int] | None:
    """The version that brought the path; None for those that were always there."""
    return next((version for beginning, version in SINCE if path.startswith(beginning)), None)
