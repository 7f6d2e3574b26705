"""Lists by cursor: macros, data connectors and their results, merges of a contact."""

import base64
import json
from typing import Any

import pytest

from intercom_etl.simulator.stamps import seconds
from intercom_etl.simulator.workspace import Size, Workspace

NOW = 1_795_448_000
RESULTS = "/data_connectors/12345/execution_results"


@pytest.mark.parametrize("per_page", [1, 4, 15, 50])
def test_macros_lead_through_everything_that_the_teammate_may_see(quiet: Any, per_page: int) -> None:
    found = quiet.follow_ids("/macros", per_page=per_page)
    assert len(found) == len(set(found))
    assert set(found) == set(quiet.workspace.truth("macros"))


def test_macros_of_other_teams_are_hidden_from_the_list_and_by_id(serve: Any) -> None:
    served = serve()
    hidden = served.workspace.add("macros", visible_to="specific_teams", visible_to_team_ids=["1"])
    shown = served.workspace.add("macros", visible_to="everyone", visible_to_team_ids=[])
    assert hidden not in served.workspace.truth("macros")
    assert shown in served.workspace.truth("macros")
    assert served.follow_ids("/macros", per_page=3).count(hidden) == 0
    assert served.code(served.get(f"/macros/{hidden}")) == (404, "not_found")


def test_times_of_macros_and_connectors_are_iso_text(quiet: Any) -> None:
    macro = quiet.get("/macros").json()["data"][0]
    assert macro["updated_at"].endswith(".000Z")
    connector = quiet.get("/data_connectors").json()["data"][0]
    assert connector["created_at"].endswith("Z")
    assert NOW - 731 * 86_400 < seconds(connector["created_at"]) < NOW


def test_the_cursor_of_macros_is_time_and_id_of_the_last_one(quiet: Any) -> None:
    body = quiet.get("/macros", params={"per_page": 2}).json()
    last = body["data"][-1]
    cursor = json.loads(base64.b64decode(body["pages"]["next"]["starting_after"]))
    assert cursor == [seconds(last["updated_at"]), last["id"]]
    assert quiet.code(quiet.get("/macros", params={"starting_after": "odd"})) == (400, "client_error")


def test_macros_can_be_had_since_a_time_and_the_bound_itself_is_a_matter_of_reading(serve: Any) -> None:
    served = serve()
    stamps = sorted(seconds(one["updated_at"]) for one in served.workspace.truth("macros").values())
    middle = stamps[len(stamps) // 2]

    def since() -> list[int]:
        pages = served.follow("/macros", updated_since=middle, per_page=2)
        return sorted(seconds(one["updated_at"]) for page in pages for one in page)

    assert since() == [stamp for stamp in stamps if stamp > middle]
    served.workspace.bounds_include_equal = True
    assert since() == [stamp for stamp in stamps if stamp >= middle]
    assert served.get("/macros", params={"updated_since": "yesterday"}).status_code == 400


def test_a_macro_that_changes_while_paging_is_missed_or_met_again(serve: Any) -> None:
    served = serve()
    order = served.follow_ids("/macros", per_page=50)
    served.workspace.before_request(
        "GET /macros", lambda: served.workspace.update("macros", order[-1], name="New"), nth=2
    )
    assert order[-1] not in served.follow_ids("/macros", per_page=3)
    assert served.follow_ids("/macros", per_page=50)[0] == order[-1]


def test_listed_connectors_are_shorter_than_single_ones(quiet: Any) -> None:
    found = quiet.follow_ids("/data_connectors", per_page=1)
    assert sorted(found) == sorted(quiet.workspace.truth("data_connectors"))
    listed = quiet.get("/data_connectors").json()["data"][0]
    whole = quiet.get(f"/data_connectors/{listed['id']}").json()
    assert listed.items() <= whole.items()
    assert {"url", "data_inputs", "audiences"} <= set(whole) - set(listed)


def test_results_are_those_of_the_last_hour_unless_bounds_are_given(quiet: Any) -> None:
    truth = [
        one
        for one in quiet.workspace.truth("execution_results").values()
        if one["data_connector_id"] == "12345"
    ]
    recent = [one["id"] for one in truth if seconds(one["created_at"]) > NOW - 3600]
    assert 0 < len(recent) < len(truth)
    assert sorted(quiet.follow_ids(RESULTS, per_page=2)) == sorted(recent)
    found = quiet.follow_ids(RESULTS, start_ts=1, end_ts=NOW, per_page=7)
    assert sorted(found) == sorted(one["id"] for one in truth)
    end = sorted(seconds(one["created_at"]) for one in truth)[3]
    assert len(quiet.follow_ids(RESULTS, start_ts=1, end_ts=end)) == 3


def test_results_have_bodies_when_asked_for(quiet: Any) -> None:
    asked = {"start_ts": 1, "per_page": 30}
    plain = quiet.get(RESULTS, params=asked).json()["data"]
    full = quiet.get(RESULTS, params=asked | {"include_bodies": "true"}).json()["data"]
    assert all("request_body" not in one for one in plain)
    assert all("request_body" in one for one in full)
    assert quiet.get(f"{RESULTS}/{full[0]['id']}").json() == full[0]


def test_results_can_be_filtered_by_success_and_error(quiet: Any) -> None:
    asked = {"start_ts": 1, "per_page": 30}
    failed = [one for page in quiet.follow(RESULTS, **asked, success="false") for one in page]
    assert failed
    assert not any(one["success"] for one in failed)
    kind = failed[0]["error_type"]
    found = [one for page in quiet.follow(RESULTS, **asked, error_type=kind) for one in page]
    assert {one["error_type"] for one in found} == {kind}
    assert quiet.get(RESULTS, params={"error_type": "bad_luck"}).status_code == 400
    assert quiet.code(quiet.get("/data_connectors/1/execution_results")) == (404, "data_connector_not_found")


def merged(count: int) -> tuple[Workspace, str, list[str]]:
    workspace = Workspace(seed=4, size=Size(30, 5, 3, 2), now=lambda: NOW)
    target, *sources = workspace.contacts
    workspace.update_contact(target, role="user")
    for source in sources[:count]:
        workspace.merge_contacts(source, target)
    return workspace, target, sources[:count]


@pytest.mark.parametrize("per_page", [1, 2, 5, 7, 50])
def test_merge_history_pages_by_a_cursor_of_its_own(serve: Any, per_page: int) -> None:
    workspace, target, sources = merged(7)
    served = serve(workspace)

    def history(**params: object) -> list[str]:
        found: list[str] = []
        cursor: dict[str, object] = {}
        while True:
            asked = {"per_page": per_page, **params, **cursor}
            body = served.get(f"/contacts/{target}/merge_history", params=asked).json()
            found += [one["source_contact_id"] for one in body["data"]]
            assert body["has_more"] == (body["next_cursor"] is not None)
            if not body["has_more"]:
                return found
            cursor = {"cursor": body["next_cursor"]}

    assert history(order="asc") == sources
    assert history() == sources[::-1]


def test_leads_and_strangers_have_no_merge_history(serve: Any) -> None:
    workspace, target, sources = merged(1)
    served = serve(workspace)
    workspace.update_contact(target, role="lead")
    assert served.code(served.get(f"/contacts/{target}/merge_history")) == (404, "not_found")
    assert served.get("/contacts/nobody/merge_history").status_code == 404
    assert served.code(served.get(f"/contacts/{sources[0]}/merge_history")) == (410, "contact_merged")
