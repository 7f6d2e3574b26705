"""Data events of contacts, and what hangs on conversations besides parts."""

from collections import Counter
from typing import Any

import pytest

from intercom_etl.simulator.workspace import Size, Workspace

NOW = 1_795_448_000
NINETY_DAYS = 90 * 86_400


def busiest(workspace: Workspace) -> str:
    events = workspace.truth("events").values()
    listed = Counter(one["intercom_user_id"] for one in events if one["created_at"] > NOW - NINETY_DAYS)
    return listed.most_common(1)[0][0]


def expected(workspace: Workspace, contact: str) -> list[str]:
    events = [one for one in workspace.truth("events").values() if one["intercom_user_id"] == contact]
    recent = [one for one in events if one["created_at"] > NOW - NINETY_DAYS]
    return [one["id"] for one in sorted(recent, key=lambda one: -one["created_at"])]


@pytest.mark.parametrize("per_page", [1, 5, 50])
def test_events_of_the_last_ninety_days_are_listed_latest_first(quiet: Any, per_page: int) -> None:
    contact = busiest(quiet.workspace)
    pages = list(quiet.follow("/events", "events", type="user", intercom_user_id=contact, per_page=per_page))
    found = [one["id"] for page in pages for one in page]
    assert found == expected(quiet.workspace, contact)
    assert len(found) > 5
    assert max(len(page) for page in pages) <= per_page


def test_the_next_page_of_events_is_a_whole_url(quiet: Any) -> None:
    contact = busiest(quiet.workspace)
    asked = {"type": "user", "intercom_user_id": contact, "per_page": 2}
    pages = quiet.get("/events", params=asked).json()["pages"]
    assert pages["next"].startswith(
        f"{quiet.server.url}/events?type=user&intercom_user_id={contact}&per_page=2&"
    )
    assert quiet.get(pages["since"]).json()["events"] == []


def test_events_that_came_since_can_be_asked_for(serve: Any) -> None:
    served = serve()
    contact = busiest(served.workspace)
    asked = {"type": "user", "intercom_user_id": contact}
    since = served.get("/events", params=asked).json()["pages"]["since"]
    new = served.workspace.add_child("events", contact, event_name="came-back")
    assert [one["id"] for one in served.get(since).json()["events"]] == [new]


def test_events_can_be_asked_for_by_every_name_of_a_contact(quiet: Any) -> None:
    contact = quiet.workspace.contacts.state(busiest(quiet.workspace)).fields
    answers = [
        quiet.get("/events", params={"type": "user", **name}).json()["events"]
        for name in (
            {"intercom_user_id": contact["id"]},
            {"user_id": contact["external_id"]},
            {"email": contact["email"]},
        )
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0]["email"] == contact["email"]
    assert quiet.get("/events", params={"type": "user", "intercom_user_id": "nobody"}).status_code == 404
    assert quiet.get("/events", params={"type": "user"}).status_code == 400
    assert quiet.get("/events", params={"intercom_user_id": contact["id"]}).status_code == 400


def test_a_summary_counts_events_that_are_too_old_to_be_listed(quiet: Any) -> None:
    events = quiet.workspace.truth("events").values()
    contact = next(one["intercom_user_id"] for one in events if one["created_at"] < NOW - NINETY_DAYS)
    asked = {"type": "user", "intercom_user_id": contact, "summary": "true"}
    summary = quiet.get("/events", params=asked).json()
    every = [one for one in events if one["intercom_user_id"] == contact]
    assert {one["name"]: one["count"] for one in summary["events"]} == Counter(
        one["event_name"] for one in every
    )
    assert len(every) > len(expected(quiet.workspace, contact))
    assert all(one["first"] <= one["last"] and one["last"].endswith("Z") for one in summary["events"])


def test_events_may_name_a_next_page_for_ever(serve: Any) -> None:
    served = serve()
    served.workspace.events_always_name_next = True
    contact = served.workspace.add_contact()
    body = served.get("/events", params={"type": "user", "intercom_user_id": contact}).json()
    assert body["events"] == []
    assert served.get(body["pages"]["next"]).json()["events"] == []


def test_a_contact_that_was_added_has_the_events_that_are_added(serve: Any) -> None:
    served = serve()
    contact = served.workspace.add_contact()
    asked = {"type": "user", "intercom_user_id": contact}
    assert served.get("/events", params=asked).json()["events"] == []
    event = served.workspace.add_child("events", contact, event_name="signed-up")
    found = served.get("/events", params=asked).json()["events"]
    assert [(one["id"], one["event_name"], one["created_at"]) for one in found] == [(event, "signed-up", NOW)]
    served.workspace.delete_contact(contact)
    assert event not in served.workspace.truth("events")


def test_a_contact_that_comes_back_from_the_archive_still_has_its_events(serve: Any) -> None:
    served = serve()
    contact = busiest(served.workspace)
    before = expected(served.workspace, contact)
    served.workspace.archive_contact(contact)
    assert expected(served.workspace, contact) == []
    served.workspace.unarchive_contact(contact)
    assert expected(served.workspace, contact) == before


def test_handling_events_are_iso_times_in_order(quiet: Any) -> None:
    found: dict[str, Any] = {}
    for one in quiet.workspace.conversations:
        events = quiet.get(f"/conversations/{one}/handling_events").json()["handling_events"]
        times = [event["timestamp"] for event in events]
        assert times == sorted(times)
        found |= {f"{e['timestamp']}/{e['teammate']['id']}/{e['type']}": e for e in events}
    assert found == quiet.workspace.truth("handling_events")
    assert {event["type"] for event in found.values()} == {"paused", "resumed"}
    assert quiet.code(quiet.get("/conversations/1/handling_events")) == (404, "conversation_not_found")


def test_side_conversations_are_paged_without_a_next(serve: Any) -> None:
    served = serve(Workspace(seed=3, size=Size(20, 600, 3, 2), now=lambda: NOW))
    threads = served.workspace.children["side_conversations"]
    large = max(served.workspace.conversations, key=lambda one: len(threads.of(one)))
    path = f"/conversations/{large}/side_conversations"
    first, second = (served.get(path, params={"page": page}).json() for page in (1, 2))
    assert set(first["pages"]) == {"type", "page", "per_page", "total_pages"}
    assert len(first["side_conversations"]) == 25
    assert first["total_count"] == 25 + len(second["side_conversations"]) > 25
    thread = first["side_conversations"][0]
    assert thread["total_count"] == len(thread["conversation_parts"]) > 0
    assert served.get(path, params={"per_page": 51}).status_code == 400
    assert served.get("/conversations/1/side_conversations").status_code == 404
