"""The search language, its limits, sorting and cursors."""

import base64
import json
from typing import Any

import pytest


def one(field: str, operator: str, value: object) -> dict[str, object]:
    return {"field": field, "operator": operator, "value": value}


@pytest.mark.parametrize("kind", ["contacts", "conversations", "tickets"])
def test_pages_of_a_search_hold_every_record_once(
    quiet: Any, kind: str, everything: object, rising: dict[str, str]
) -> None:
    pages = list(quiet.pages(kind, everything, 37, sort=rising))
    ids = [record["id"] for page in pages for record in page]
    assert sorted(ids) == sorted(quiet.workspace.truth(kind))
    assert all(len(page) == 37 for page in pages[:-1])


def test_records_of_one_second_are_not_lost_between_pages(
    quiet: Any, everything: object, rising: dict[str, str]
) -> None:
    stamps = [c["updated_at"] for page in quiet.pages("contacts", everything, 1, sort=rising) for c in page]
    assert stamps == sorted(stamps)
    assert len(stamps) == len(quiet.workspace.contacts)
    assert len(set(stamps)) < len(stamps)


def test_searches_descend_unless_told_otherwise(quiet: Any, everything: object) -> None:
    stamps = [c["updated_at"] for page in quiet.pages("conversations", everything, 50) for c in page]
    assert stamps == sorted(stamps, reverse=True)


def test_conversation_search_compares_to_the_second(quiet: Any) -> None:
    stamp = sorted(c["updated_at"] for c in quiet.workspace.truth("conversations").values())[100]
    exact = quiet.search_ids("conversations", one("updated_at", "=", stamp))
    later = quiet.search_ids("conversations", one("updated_at", ">", stamp))
    from_then = quiet.search_ids("conversations", one("updated_at", ">=", stamp))
    assert exact
    assert sorted(exact + later) == sorted(from_then)
    assert not set(exact) & set(later)


def test_the_reading_of_greater_as_greater_or_equal_can_be_chosen(serve: Any) -> None:
    served = serve()
    first = min(served.workspace.conversations.updated.values())
    served.workspace.comparisons_include_equal = True
    found = served.search_ids("conversations", one("updated_at", ">", first))
    assert len(found) == len(served.workspace.conversations)


def test_total_count_is_that_of_the_filter_not_of_the_page(quiet: Any) -> None:
    body = quiet.search("contacts", one("role", "=", "lead"), pagination={"per_page": 2}).json()
    leads = [c for c in quiet.workspace.truth("contacts").values() if c["role"] == "lead"]
    assert body["total_count"] == len(leads)
    assert body["pages"]["total_pages"] == -(-len(leads) // 2)
    assert len(body["data"]) == 2


@pytest.mark.parametrize(
    ("kind", "query", "expected"),
    [
        ("contacts", one("email", "~", "@example.com"), lambda c: "@example.com" in c["email"]),
        ("contacts", one("email", "^", "contact1"), lambda c: c["email"].startswith("contact1")),
        ("contacts", one("email", "$", ".org"), lambda c: c["email"].endswith(".org")),
        ("contacts", one("role", "!=", "lead"), lambda c: c["role"] != "lead"),
        ("contacts", one("role", "IN", ["lead"]), lambda c: c["role"] == "lead"),
        ("contacts", one("has_hard_bounced", "=", True), lambda c: c["has_hard_bounced"]),
        (
            "contacts",
            one("custom_attributes.plan", "=", "pro"),
            lambda c: c["custom_attributes"].get("plan") == "pro",
        ),
        (
            "contacts",
            one("tag_id", "=", "7522901"),
            lambda c: any(t["id"] == "7522901" for t in c["tags"]["data"]),
        ),
        ("conversations", one("state", "NIN", ["open", "closed"]), lambda c: c["state"] == "snoozed"),
        ("conversations", one("admin_assignee_id", "=", 0), lambda c: c["admin_assignee_id"] == 0),
        (
            "conversations",
            one("statistics.count_conversation_parts", ">", 12),
            lambda c: c["statistics"] is not None and c["statistics"]["count_conversation_parts"] > 12,
        ),
        ("conversations", one("source.body", "=", "invoice"), lambda c: "invoice" in c["source"]["body"]),
        ("tickets", one("category", "=", "task"), lambda t: t["category"] == "Back-office"),
        ("tickets", one("state", "=", "resolved"), lambda t: t["ticket_state"]["category"] == "resolved"),
    ],
)
def test_filters_find_what_they_say(quiet: Any, kind: str, query: object, expected: Any) -> None:
    wanted = {key for key, record in quiet.workspace.truth(kind).items() if expected(record)}
    assert wanted
    assert set(quiet.search_ids(kind, query)) == wanted


def test_groups_nest_two_deep_and_no_deeper(quiet: Any) -> None:
    inner = {"operator": "OR", "value": [one("role", "=", "lead"), one("role", "=", "user")]}
    two = {"operator": "AND", "value": [inner, inner]}
    assert quiet.search("contacts", two).json()["total_count"] == len(quiet.workspace.contacts)
    assert quiet.code(quiet.search("contacts", {"operator": "AND", "value": [two]})) == (
        400,
        "parameter_invalid",
    )


def test_a_group_holds_fifteen_filters_and_no_more(quiet: Any) -> None:
    filters = [one("role", "=", "lead")] * 15
    assert quiet.search("contacts", {"operator": "OR", "value": filters}).status_code == 200
    many = {"operator": "OR", "value": [*filters, one("role", "=", "user")]}
    assert quiet.code(quiet.search("contacts", many)) == (400, "parameter_invalid")


@pytest.mark.parametrize(
    ("kind", "query", "code"),
    [
        ("tickets", one("ticket_state", "=", "resolved"), "invalid_field"),
        ("contacts", one("shoe_size", "=", 44), "invalid_field"),
        ("contacts", one("created_at", ">", "yesterday"), "parameter_invalid"),
        ("contacts", one("email", ">", "a"), "parameter_invalid"),
        ("contacts", one("tag_id", "IN", ["1"]), "parameter_invalid"),
        ("conversations", one("open", "=", "maybe"), "parameter_invalid"),
        ("conversations", {"operator": "XOR", "value": []}, "parameter_invalid"),
        ("conversations", None, "parameter_not_found"),
    ],
)
def test_wrong_queries_are_refused(quiet: Any, kind: str, query: object, code: str) -> None:
    assert quiet.code(quiet.search(kind, query)) == (400, code)


def test_a_sort_order_must_be_ascending_or_descending(quiet: Any, everything: object) -> None:
    answer = quiet.search("contacts", everything, sort={"field": "updated_at", "order": "desc"})
    assert quiet.code(answer) == (400, "invalid_sort_order")


@pytest.mark.parametrize("kind", ["contacts", "conversations", "tickets"])
def test_a_page_of_more_than_150_is_refused(quiet: Any, kind: str, everything: object) -> None:
    answer = quiet.search(kind, everything, pagination={"per_page": 151})
    assert quiet.code(answer) == (400, "parameter_invalid")


@pytest.mark.parametrize(("kind", "size"), [("contacts", 50), ("conversations", 20), ("tickets", 20)])
def test_searches_have_their_own_default_page_size(
    quiet: Any, kind: str, size: int, everything: object
) -> None:
    body = quiet.search(kind, everything).json()
    assert body["pages"]["per_page"] == size == len(body["data" if kind == "contacts" else kind])


def test_a_cursor_is_the_sort_value_in_milliseconds_the_id_and_the_page(
    quiet: Any, everything: object, rising: dict[str, str]
) -> None:
    body = quiet.search("conversations", everything, sort=rising, pagination={"per_page": 5}).json()
    last = body["conversations"][-1]
    following = body["pages"]["next"]
    assert following["page"] == 2
    cursor = json.loads(base64.b64decode(following["starting_after"]))
    assert cursor == [last["updated_at"] * 1000, last["id"], 2]


def test_a_cursor_in_the_query_string_of_a_search_is_ignored(quiet: Any, everything: object) -> None:
    first = quiet.search("conversations", everything).json()
    after = first["pages"]["next"]["starting_after"]
    again = quiet.client.post(
        "/conversations/search", params={"starting_after": after}, json={"query": everything}
    )
    assert again.json()["conversations"] == first["conversations"]


def test_a_cursor_that_is_none_is_refused(quiet: Any, everything: object) -> None:
    answer = quiet.search("contacts", everything, pagination={"starting_after": "garbage"})
    assert quiet.code(answer) == (400, "parameter_invalid")


def test_the_last_page_names_no_next_one(quiet: Any) -> None:
    body = quiet.search("tickets", one("id", "=", next(iter(quiet.workspace.tickets)))).json()
    assert "next" not in body["pages"]
    assert body["total_count"] == 1


@pytest.mark.parametrize(
    ("path", "key", "size"), [("/contacts", "data", 10), ("/conversations", "conversations", 20)]
)
def test_lists_take_their_cursor_from_the_query_string(quiet: Any, path: str, key: str, size: int) -> None:
    first = quiet.get(path).json()
    assert len(first[key]) == size
    second = quiet.get(path, params={"starting_after": first["pages"]["next"]["starting_after"]}).json()
    assert second["pages"]["page"] == 2
    assert not {one["id"] for one in first[key]} & {one["id"] for one in second[key]}
    assert quiet.get(path, params={"per_page": 151}).status_code == 400
