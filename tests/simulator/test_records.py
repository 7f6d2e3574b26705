"""What the simulated records are like, and the caps under which the API shows them."""

import json
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from intercom_etl.simulator.conversation_statistics import office_seconds
from intercom_etl.simulator.workspace import Size, Workspace

NOW = 1_795_448_000
KINDS = ("contacts", "companies", "conversations", "tickets", "admins", "teams", "tags", "segments")


def dump(workspace: Workspace) -> str:
    return json.dumps({kind: workspace.truth(kind) for kind in KINDS})


def test_the_same_seed_gives_the_same_bytes() -> None:
    one, two = (Workspace(seed=9, size=Size(40, 40, 10, 10), now=lambda: NOW) for _ in range(2))
    other = Workspace(seed=10, size=Size(40, 40, 10, 10), now=lambda: NOW)
    assert dump(one) == dump(two)
    assert dump(one) != dump(other)


def test_records_do_not_depend_on_the_order_in_which_they_are_made() -> None:
    one, two = (Workspace(seed=9, size=Size(40, 40, 10, 10), now=lambda: NOW) for _ in range(2))
    backwards = {key: two.truth_of("conversations", key) for key in reversed(list(two.conversations))}
    assert backwards == one.truth("conversations")


def test_a_workspace_may_be_empty(serve: Any, everything: object) -> None:
    nothing = Size(0, 0, 0, 0, 0, 0, 0, 0)
    served = serve(Workspace(size=nothing))
    assert all(served.workspace.truth(kind) == {} for kind in KINDS)
    assert served.search("contacts", everything).json()["pages"]["total_pages"] == 0
    assert served.get("/companies/scroll").json()["data"] == []
    assert served.get("/me").status_code == 200


def test_a_workspace_may_lack_people_and_still_have_conversations() -> None:
    workspace = Workspace(size=Size(contacts=0, admins=0, teams=0, tags=0, segments=0, companies=0))
    assert len(workspace.truth("conversations")) == 300
    assert len(workspace.truth("tickets")) == 50


def test_times_lie_in_the_two_years_before_now_and_reach_into_the_last_hours(quiet: Any) -> None:
    for kind in ("contacts", "companies", "conversations", "tickets"):
        records = quiet.workspace.truth(kind).values()
        assert all(NOW - 731 * 86_400 < one["created_at"] <= one["updated_at"] < NOW for one in records)
        assert any(one["updated_at"] > NOW - 6 * 3600 for one in records)
    same = Counter(one["updated_at"] for one in quiet.workspace.truth("conversations").values())
    assert max(same.values()) > 1


def test_the_last_part_of_a_conversation_is_as_old_as_its_last_change(quiet: Any) -> None:
    for one in quiet.workspace.truth("conversations").values():
        parts = one["conversation_parts"]["conversation_parts"]
        stamps = [part["created_at"] for part in parts]
        assert stamps == sorted(stamps)
        assert not parts or stamps[-1] == one["updated_at"]


def test_conversations_show_the_variety_of_real_ones(quiet: Any) -> None:
    truth = list(quiet.workspace.truth("conversations").values())
    parts = [part for one in truth for part in one["conversation_parts"]["conversation_parts"]]
    assert {"comment", "note", "assignment", "close"} <= {part["part_type"] for part in parts}
    assert {"admin", "bot", "user"} <= {part["author"]["type"] for part in parts}
    assert {one["state"] for one in truth} == {"open", "closed", "snoozed"}
    assert any(one["admin_assignee_id"] == 0 for one in truth)
    assert any(len(one["tags"]["tags"]) > 10 for one in truth)
    assert any(one["statistics"] is None for one in truth)
    assert any(one["company"] for one in truth)
    assert any(part["redacted"] for part in parts)
    ids = [part["id"] for part in parts]
    assert len(set(ids)) == len(ids)


def test_some_conversations_have_what_only_some_have(quiet: Any) -> None:
    truth = list(quiet.workspace.truth("conversations").values())
    sources = [one["source"] for one in truth]
    assert any(one["attachments"] for one in sources)
    mailed = [one for one in sources if one["type"] == "email"]
    assert mailed
    assert all(one["email_message_metadata"]["email_address_headers"] for one in mailed)
    assert any(one["channel"]["initial"] != one["channel"]["current"] for one in truth)
    assert any(one["sla_applied"] for one in truth)
    assert any(one["conversation_rating"] for one in truth)
    assert any(one["sales_agent"] for one in truth)
    assert any(one["external_references"] for one in truth)
    kinds = {item["type"] for one in truth for item in one["linked_objects"]["data"]}
    assert kinds == {"ticket", "conversation"}
    answers = [one["ai_agent"]["content_sources"] for one in truth if one["ai_agent"]]
    assert max(one["total_count"] for one in answers) > 2
    assert all(one["total_count"] == len(one["content_sources"]) for one in answers)
    values = [value for one in truth for value in one["custom_attributes"].values()]
    assert {type(value) for value in values} == {str, int, float, bool, dict}


def test_some_parts_tell_what_happened(quiet: Any) -> None:
    parts = [
        part
        for one in quiet.workspace.truth("conversations").values()
        for part in one["conversation_parts"]["conversation_parts"]
    ]
    assert {"attribute", "value", "workflow", "event", "action"} == {
        key for part in parts for key in part["event_details"]
    }
    assert any(part["attachments"] for part in parts)
    assert any(part["email_message_metadata"] for part in parts)
    assert any(part["metadata"].get("quick_reply_options") for part in parts)


def test_times_in_office_hours_are_a_part_of_all_times(quiet: Any) -> None:
    pairs = [
        (whole["response_time"], part["response_time"])
        for one in quiet.workspace.truth("conversations").values()
        if one["statistics"]
        for whole, part in zip(
            one["statistics"]["assigned_team_first_response_time"],
            one["statistics"]["assigned_team_first_response_time_in_office_hours"],
            strict=True,
        )
    ]
    assert pairs
    assert all(0 <= part <= whole for whole, part in pairs)
    assert any(part < whole for whole, part in pairs)


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        ("2026-11-23T08:00:00", "2026-11-23T10:00:00", 3600),
        ("2026-11-20T16:00:00", "2026-11-23T09:30:00", 5400),
        ("2026-11-21T00:00:00", "2026-11-22T23:00:00", 0),
        ("2026-11-16T00:00:00", "2026-11-23T00:00:00", 5 * 8 * 3600),
    ],
)
def test_office_hours_are_nine_to_five_on_weekdays(start: str, end: str, seconds: int) -> None:
    moments = [int(datetime.fromisoformat(f"{one}+00:00").timestamp()) for one in (start, end)]
    assert office_seconds(*moments) == seconds


def test_reviews_come_with_a_search_when_asked_for(quiet: Any, everything: object) -> None:
    body = {"query": everything, "pagination": {"per_page": 150}}
    flags = {"include_monitors": "true", "include_scorecards": "true"}
    plain = quiet.client.post("/conversations/search", json=body).json()["conversations"]
    asked = quiet.client.post("/conversations/search", json=body, params=flags).json()["conversations"]
    assert not any("scorecards" in one or "monitor_evaluations" in one for one in plain)
    for name in ("scorecards", "monitor_evaluations"):
        assert any(one[name] for one in asked)
        assert not all(one[name] for one in asked)


def test_statistics_count_the_parts_and_the_opening_message(quiet: Any) -> None:
    for one in quiet.workspace.truth("conversations").values():
        if one["statistics"] is not None:
            assert (
                one["statistics"]["count_conversation_parts"] == one["conversation_parts"]["total_count"] + 1
            )


def test_a_conversation_shows_its_newest_500_parts_and_the_count_of_all(quiet: Any) -> None:
    truth = quiet.workspace.truth("conversations")
    long = [one for one in truth.values() if one["conversation_parts"]["total_count"] > 500]
    assert len(long) == 2
    for one in long:
        shown = quiet.get(f"/conversations/{one['id']}").json()
        every_part = one["conversation_parts"]["conversation_parts"]
        assert shown["conversation_parts"]["conversation_parts"] == every_part[-500:]
        assert shown["conversation_parts"]["total_count"] == len(every_part) > 500
        assert shown["statistics"]["count_conversation_parts"] == len(every_part) + 1


def test_a_ticket_shows_its_newest_500_parts(serve: Any, everything: object) -> None:
    served = serve()
    ticket = next(iter(served.workspace.tickets))
    last = [served.workspace.reply_to_ticket(ticket) for _ in range(510)][-1]
    for shown in (
        served.get(f"/tickets/{ticket}").json(),
        served.search("tickets", {"field": "id", "operator": "=", "value": ticket}).json()["tickets"][0],
    ):
        parts = shown["ticket_parts"]
        assert len(parts["ticket_parts"]) == 500 < parts["total_count"]
        assert parts["ticket_parts"][-1]["id"] == last


@pytest.mark.parametrize("kind", ["contacts", "companies", "tickets"])
def test_get_by_id_gives_what_searches_and_lists_give(quiet: Any, kind: str, everything: object) -> None:
    if kind == "companies":
        listed = quiet.client.post("/companies/list").json()["data"]
    else:
        listed = next(quiet.pages(kind, everything, 30))
    for record in listed:
        assert quiet.get(f"/{kind}/{record['id']}").json() == record


def test_lists_show_conversations_without_their_parts(quiet: Any, everything: object) -> None:
    for listed in next(quiet.pages("conversations", everything, 30)):
        whole = quiet.get(f"/conversations/{listed['id']}").json()
        assert whole.pop("conversation_parts")["type"] == "conversation_part.list"
        assert whole == listed


@pytest.mark.parametrize("part", ["tags", "companies", "notes"])
def test_sublists_of_a_contact_stop_at_ten_and_their_url_gives_the_rest(quiet: Any, part: str) -> None:
    truth = quiet.workspace.truth("contacts").values()
    large = [one for one in truth if one[part]["total_count"] > 10]
    assert large
    for one in large:
        shown = quiet.get(f"/contacts/{one['id']}").json()[part]
        assert shown["has_more"] is True
        assert len(shown["data"]) == 10
        assert shown["total_count"] == len(one[part]["data"]) > 10
        whole = quiet.get(shown["url"]).json()["data"]
        assert [item["id"] for item in whole] == [item["id"] for item in one[part]["data"]]
    assert any(one[part]["total_count"] == 0 for one in truth)


def test_a_contact_may_have_opted_out_of_more_than_ten_subscriptions(quiet: Any) -> None:
    part = "opted_out_subscription_types"
    truth = quiet.workspace.truth("contacts").values()
    large = [one for one in truth if one[part]["total_count"] > 10]
    assert large
    for one in large:
        shown = quiet.get(f"/contacts/{one['id']}").json()[part]
        assert (len(shown["data"]), shown["has_more"]) == (10, True)
        whole = quiet.get(shown["url"]).json()["data"]
        opted_out = [item["id"] for item in whole if item["consent_type"] == "opt_out"]
        assert opted_out == [item["id"] for item in one[part]["data"]]


def test_a_contact_lists_only_explicit_subscriptions(quiet: Any) -> None:
    for one in list(quiet.workspace.truth("contacts").values())[:40]:
        chosen = {
            item["id"]
            for key in ("opted_in_subscription_types", "opted_out_subscription_types")
            for item in one[key]["data"]
        }
        listed = quiet.get(f"/contacts/{one['id']}/subscriptions").json()["data"]
        assert {item["id"] for item in listed} == chosen


def test_segments_can_be_counted(quiet: Any) -> None:
    for segment in quiet.get("/segments", params={"include_count": "true"}).json()["segments"]:
        query = {"field": "segment_id", "operator": "=", "value": segment["id"]}
        assert quiet.search("contacts", query).json()["total_count"] == segment["count"]


def test_standard_attributes_have_no_id_and_archived_ones_are_hidden(quiet: Any) -> None:
    shown = quiet.get("/data_attributes", params={"model": "contact"}).json()["data"]
    assert all(("id" in one) == one["custom"] for one in shown)
    every = quiet.get("/data_attributes", params={"model": "contact", "include_archived": "true"}).json()[
        "data"
    ]
    assert len(every) == len(shown) + 1


def test_conversations_can_be_read_as_plain_text(quiet: Any) -> None:
    one = next(iter(quiet.workspace.conversations))
    body = quiet.get(f"/conversations/{one}", params={"display_as": "plaintext"}).json()["source"]["body"]
    assert "<p>" not in body


def test_a_large_workspace_starts_at_once(serve: Any, everything: object) -> None:
    workspace = Workspace(size=Size(contacts=50_000, conversations=50_000), now=lambda: NOW)
    body = serve(workspace).search("conversations", everything).json()
    assert body["total_count"] == 50_000
