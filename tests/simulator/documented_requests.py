"""Requests for each endpoint of the simulator: found and not found, right and wrong."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from intercom_etl.simulator.routes import ENDPOINTS

# Which kind of record the id in a path is of; paths that begin otherwise are of the kind that they name.
KINDS = {
    "/office_hours_schedules": "office_hours_schedules",
    "/help_center/help_centers": "help_centers",
    "/help_center/collections": "collections",
    "/news/newsfeeds": "newsfeeds",
    "/news/news_items": "news_items",
    "/ai/content_import_sources": "content_import_sources",
    "/ai/external_pages": "external_pages",
}


def ids_for(truth: Any, path: str) -> list[str]:
    """Ids to put into a path: some that there are, and one that there is not."""
    kind = next((kind for start, kind in KINDS.items() if path.startswith(start)), path.split("/")[1])
    known = truth(kind)
    match kind:
        case "contacts":
            largest = [
                max(known.values(), key=lambda one: one[part]["total_count"])["id"]
                for part in ("companies", "notes", "tags", "opted_out_subscription_types")
            ]
            return [*largest, *list(known)[:5], "nobody"]
        case "companies":
            used = max(known.values(), key=lambda one: one["user_count"])["id"]
            noted = max(known.values(), key=lambda one: one["notes"]["total_count"])["id"]
            return [used, noted, *list(known)[:5], "nobody"]
        case "conversations":
            return [*list(known)[:60], *list(known)[150:152], "1"]
        case "tickets" | "calls" | "articles":
            return [*list(known)[:15], "1"]
        case _:
            return [*list(known)[:3], "none"]


def requests(truth: Any) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """(method, documented path, path to ask, options): each endpoint, found and not found, right and not."""
    everything = {"query": {"field": "updated_at", "operator": ">", "value": 1}}
    wrong = {"query": {"field": "no_such_field", "operator": "=", "value": 1}}
    special = {path for _, path, _, _ in [*particular_requests(truth), *export_requests()]}
    for method, path, _ in ENDPOINTS:
        if path in ("/contacts/search", "/conversations/search", "/tickets/search"):
            yield method, path, path, {"json": everything | {"pagination": {"per_page": 150}}}
            yield method, path, path, {"json": wrong}
            yield method, path, path, {"json": {}}
        elif path.count("{") == 1 and path not in special:
            for one in ids_for(truth, path):
                yield method, path, path.replace("{id}", one), {}
        elif path not in special:
            yield method, path, path, {}
    yield from particular_requests(truth)
    yield from export_requests()
    yield from further_requests(truth)
    sort = {"sort": {"field": "created_at", "order": "desc"}}
    yield "POST", "/contacts/search", "/contacts/search", {"json": everything | sort}
    flags = "?include_monitors=true&include_scorecards=true"
    yield "POST", "/conversations/search", f"/conversations/search{flags}", {"json": everything}


def particular_requests(truth: Any) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """What is asked with parameters, apart from the exports."""
    result = next(iter(truth("execution_results").values()))
    connector = result["data_connector_id"]
    results, one_result = "/data_connectors/{id}/execution_results", f"/{result['id']}"
    path = results.replace("{id}", connector)
    for asked in ("", "?start_ts=1&per_page=30", "?start_ts=1&include_bodies=true", "?error_type=odd"):
        yield "GET", results, path + asked, {}
    yield "GET", results, results.replace("{id}", "1"), {}
    for asked in (path + one_result, path + "/1", results.replace("{id}", "1") + one_result):
        yield "GET", f"{results}/{{result_id}}", asked, {}
    orders, order = "/custom_object_instances/{type}", "/custom_object_instances/Order"
    instance = next(one for one in truth("custom_object_instances").values() if one["type"] == "Order")
    for asked in ("", "?per_page=151", f"?external_id={instance['external_id']}", "?external_id=none"):
        yield "GET", orders, order + asked, {}
    yield "GET", orders, "/custom_object_instances/Nothing", {}
    for one in (instance["id"], instance["external_id"], "1"):
        yield "GET", f"{orders}/{{id}}", f"{order}/{one}", {}
    counts = Counter(event["intercom_user_id"] for event in truth("events").values())
    busy = counts.most_common(1)[0][0]
    for asked in ("&per_page=10", "&summary=true", "&type=lead"):
        yield "GET", "/events", f"/events?type=user&intercom_user_id={busy}{asked}", {}
    yield "GET", "/events", "/events?type=user", {}
    yield "GET", "/events", "/events?type=user&email=nobody", {}
    logs = "/admins/activity_logs"
    for asked in ("", "?created_at_after=1", "?created_at_after=now"):
        yield "GET", logs, logs + asked, {}
    for body in ({}, {"created_at_after": 1, "per_page": 250}, {"created_at_after": 1, "per_page": 251}):
        yield "POST", f"{logs}/search", f"{logs}/search", {"json": body}
    called = [one["conversation_id"] for one in truth("calls").values() if one["conversation_id"]]
    for ids in (called[:20], called[:21], []):
        yield "POST", "/calls/search", "/calls/search", {"json": {"conversation_ids": ids}}
    for asked in ("?per_page=150", "?per_page=3", "?starting_after=odd", "?updated_since=odd"):
        yield "GET", "/macros", f"/macros{asked}", {}


def export_requests() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """A job of each kind from its beginning to its download; ids are the simulator's own."""
    octets = {"headers": {"Accept": "application/octet-stream"}}
    job = "job0000000000001"
    content, downloaded = "/export/content/data", "/download/content/data/{id}"
    bounds = {"created_at_after": 1, "created_at_before": 2_000_000_000}
    for body in ({}, bounds, bounds):
        yield "POST", content, content, {"json": body}
    yield "GET", downloaded, downloaded.replace("{id}", job), octets
    for asked in (job, job, "none"):
        yield "GET", f"{content}/{{id}}", f"{content}/{asked}", {}
    yield "GET", downloaded, downloaded.replace("{id}", job), {}
    yield "GET", downloaded, downloaded.replace("{id}", job), octets
    for asked in (job, "none"):
        yield "POST", "/export/cancel/{id}", f"/export/cancel/{asked}", {}
    reports, downloaded = "/export/reporting_data", "/download/reporting_data/{id}"
    wanted = {"dataset_id": "conversation", "attribute_ids": ["conversation.state"]}
    period = {"start_time": 1, "end_time": 2_000_000_000}
    for body in ({}, wanted, {"dataset_id": "odd", "attribute_ids": []}, *[wanted | period] * 6):
        yield "POST", f"{reports}/enqueue", f"{reports}/enqueue", {"json": body}
    for asked in (job, job, "none"):
        yield "GET", f"{reports}/{{id}}", f"{reports}/{asked}", {}
    yield "GET", downloaded, downloaded.replace("{id}", job), octets
    yield "GET", downloaded, downloaded.replace("{id}", "none"), octets


def further_requests(truth: Any) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Further pages, sizes, filters and versions."""
    contact, noted, *_ = ids_for(truth, "/contacts")
    company = truth("companies")[ids_for(truth, "/companies")[0]]
    yield "GET", "/companies/{id}/contacts", f"/companies/{company['id']}/contacts?per_page=1", {}
    yield "GET", "/contacts/{id}/companies", f"/contacts/{contact}/companies?per_page=1", {}
    yield "GET", "/contacts/{id}/notes", f"/contacts/{noted}/notes?per_page=1", {}
    yield "GET", "/companies", f"/companies?company_id={company['company_id']}", {}
    yield "GET", "/companies", "/companies?name=nobody", {}
    yield "GET", "/companies", "/companies?tag_id=7522901", {}
    yield "GET", "/companies/scroll", "/companies/scroll", {}  # the second one: a scroll is open
    yield "POST", "/companies/list", "/companies/list?per_page=61", {}
    yield "GET", "/contacts", "/contacts?per_page=151", {}
    yield "GET", "/contacts", "/contacts?per_page=150&include_merge_history=true", {}
    yield "GET", "/segments", "/segments?include_count=true", {}
    yield "GET", "/data_attributes", "/data_attributes?model=conversation", {}
    yield "GET", "/data_attributes", "/data_attributes?include_archived=true", {}
    yield "GET", "/conversations/deleted", "/conversations/deleted", {"headers": {"Intercom-Version": "2.15"}}
