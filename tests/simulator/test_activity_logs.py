"""Activity logs: bounds, order, pages, types."""

from typing import Any

import pytest

from intercom_etl.simulator.workspace import Size, Workspace

NOW = 1_795_448_000
LOGS = "/admins/activity_logs"


def stamps(workspace: Workspace) -> list[int]:
    return sorted(one["created_at"] for one in workspace.truth("activity_logs").values())


def test_logs_come_twenty_a_page_latest_first_and_lead_on_by_url(quiet: Any) -> None:
    pages = list(quiet.follow(LOGS, "activity_logs", created_at_after=1, per_page=5))
    assert [len(page) for page in pages] == [20] * 6
    found = [log for page in pages for log in page]
    assert {log["id"]: log for log in found} == quiet.workspace.truth("activity_logs")
    times = [log["created_at"] for log in found]
    assert times == sorted(times, reverse=True)
    body = quiet.get(LOGS, params={"created_at_after": 1}).json()
    assert body["pages"]["next"].startswith(f"{quiet.server.url}{LOGS}?created_at_after=1&")
    assert "total_count" not in body


def test_logs_need_a_beginning(quiet: Any) -> None:
    assert quiet.code(quiet.get(LOGS)) == (400, "parameter_not_found")
    assert quiet.code(quiet.get(LOGS, params={"created_at_after": "monday"})) == (400, "parameter_invalid")
    assert quiet.code(quiet.client.post(f"{LOGS}/search", json={})) == (400, "parameter_not_found")


@pytest.mark.parametrize("include_equal", [False, True])
def test_whether_bounds_belong_to_the_range_can_be_switched(serve: Any, include_equal: bool) -> None:
    served = serve()
    served.workspace.bounds_include_equal = include_equal
    every = stamps(served.workspace)
    start, end = every[10], every[60]
    asked = {"created_at_after": start, "created_at_before": end}
    expected = [stamp for stamp in every if start < stamp < end or (include_equal and stamp in (start, end))]
    listed = [log for page in served.follow(LOGS, "activity_logs", **asked) for log in page]
    assert sorted(log["created_at"] for log in listed) == expected
    searched = served.client.post(f"{LOGS}/search", json=asked | {"per_page": 250}).json()["activity_logs"]
    assert sorted(log["created_at"] for log in searched) == expected


def test_a_search_takes_types_page_and_page_size_from_its_body(quiet: Any) -> None:
    truth = quiet.workspace.truth("activity_logs").values()
    types = ["app_name_change", "macro_creation"]
    expected = {one["id"] for one in truth if one["activity_type"] in types}
    assert 4 < len(expected) < len(truth)
    asked = {"created_at_after": 1, "event_types": types, "per_page": 3}
    found: list[str] = []
    for page in range(1, -(-len(expected) // 3) + 2):
        body = quiet.client.post(f"{LOGS}/search", json=asked | {"page": page}).json()
        found += [log["id"] for log in body["activity_logs"]]
    assert len(found) == len(expected)
    assert set(found) == expected
    large = quiet.client.post(f"{LOGS}/search", json={"created_at_after": 1, "per_page": 251})
    assert quiet.code(large) == (400, "parameter_invalid")


def test_every_type_in_the_logs_is_listed_among_the_types(quiet: Any) -> None:
    listed = quiet.get("/admins/activity_log_event_types").json()["event_types"]
    assert {one["activity_type"] for one in quiet.workspace.truth("activity_logs").values()} <= set(listed)


def test_a_million_logs_cost_nothing_before_they_are_read(serve: Any) -> None:
    import time

    began = time.monotonic()
    workspace = Workspace(size=Size(5, 5, 2, 1, activity_logs=1_000_000, articles=1_000_000), now=lambda: NOW)
    assert time.monotonic() - began < 1
    served = serve(workspace)
    assert served.get("/tags").status_code == 200
