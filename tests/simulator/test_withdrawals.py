"""Permissions, plans and versions that a path may lack, and stores that answer with nothing."""

from typing import Any

import pytest

from intercom_etl.simulator.routes import ENDPOINTS, SINCE


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "intercom_version_invalid"),
        (401, "unauthorized"),
        (402, "payment_required"),
        (403, "api_plan_restricted"),
    ],
)
def test_a_path_can_be_withdrawn_and_given_back(serve: Any, status: int, code: str) -> None:
    served = serve()
    served.workspace.forbid("/calls*", status)
    assert served.code(served.get("/calls")) == (status, code)
    assert served.code(served.get("/calls/123000")) == (status, code)
    assert served.get("/articles").status_code == 200
    served.workspace.restore("/calls*")
    assert served.get("/calls").status_code == 200


def test_a_withdrawal_may_have_a_code_and_a_method_of_its_own(serve: Any) -> None:
    served = serve()
    served.workspace.forbid("POST /contacts/search", 403, code="action_forbidden")
    everything = {"field": "updated_at", "operator": ">", "value": 1}
    assert served.code(served.search("contacts", everything)) == (403, "action_forbidden")
    assert served.get("/contacts").status_code == 200


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/contacts", "data"),
        ("/conversations", "conversations"),
        ("/companies/scroll", "data"),
        ("/tags", "data"),
        ("/articles", "data"),
        ("/audiences", "data"),
        ("/macros?per_page=2", "data"),
        ("/admins/activity_logs?created_at_after=1", "activity_logs"),
        ("/segments", "segments"),
        ("/conversations/215470000000001/handling_events", "handling_events"),
    ],
)
def test_a_list_can_be_empty_as_if_its_store_were_broken(serve: Any, path: str, key: str) -> None:
    served = serve()
    full = served.get(path).json()
    assert full[key]
    served.workspace.scroll.break_off()
    served.workspace.empty(path.partition("?")[0])
    answer = served.get(path)
    assert answer.status_code == 200
    empty = answer.json()
    assert empty[key] == []
    assert set(empty) - {"scroll_param"} == set(full) - {"scroll_param"}
    assert not empty.get("total_count")
    assert (empty.get("pages") or {}).get("next") is None
    served.workspace.scroll.break_off()
    served.workspace.restore(path.partition("?")[0])
    assert served.get(path).json()[key] == full[key]


def test_a_bare_array_can_be_empty_too_and_records_are_left_alone(serve: Any) -> None:
    served = serve()
    served.workspace.away_status_reasons_bare = True
    served.workspace.empty("/away_status_reasons")
    served.workspace.empty("/articles*")
    article = next(iter(served.workspace.truth("articles").values()))
    assert served.get("/away_status_reasons").json() == []
    assert served.get("/articles").json()["data"] == []
    assert served.get(f"/articles/{article['id']}").json() == article
    assert served.get("/articles/none").status_code == 404


@pytest.mark.parametrize(
    ("path", "last_without"),
    [
        ("/macros", "2.15"),
        ("/data_connectors", "2.15"),
        ("/conversations/attributes", "2.15"),
        ("/brands", "2.14"),
        ("/calls", "2.13"),
        ("/internal_articles", "2.12"),
        ("/ai/external_pages", "2.11"),
    ],
)
def test_a_version_without_the_path_is_told_so(quiet: Any, path: str, last_without: str) -> None:
    answer = quiet.get(path, headers={"Intercom-Version": last_without})
    assert quiet.code(answer) == (400, "intercom_version_invalid")
    major, minor = last_without.split(".")
    first_with = f"{major}.{int(minor) + 1}"
    assert quiet.get(path, headers={"Intercom-Version": first_with}).status_code == 200
    assert quiet.get(path, headers={"Intercom-Version": "Preview"}).status_code == 200


def test_every_version_rule_is_about_a_path_that_there_is() -> None:
    paths = [path for _, path, _ in ENDPOINTS]
    assert all(any(path.startswith(beginning) for path in paths) for beginning, _ in SINCE)
