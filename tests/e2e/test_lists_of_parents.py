"""Collections that are read list by list, and one whose list comes in two forms."""

import pytest
from truth import assert_equals_truth_of, rows, run_sync

from intercom_etl.exit_codes import ExitCode
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

SIZE = Size(contacts=1, conversations=1, companies=1, tickets=1, redirects=300, news_items=60)
LISTS = ("help_center_redirects", "newsfeed_items", "office_hours_exceptions")
NAMES = ("help_centers", "newsfeeds", "office_hours_schedules", *LISTS)


def live_items(url: str) -> set[tuple[str, str]]:
    held = rows(url, "select newsfeed_id, news_item_id from intercom.newsfeed_items where deleted_at is null")
    return {(row["newsfeed_id"], row["news_item_id"]) for row in held}


def items_on_feeds(workspace: Workspace) -> set[tuple[str, str]]:
    return {
        (str(assignment["newsfeed_id"]), item["id"])
        for item in workspace.truth("news_items").values()
        if item["state"] == "live"
        for assignment in item["newsfeed_assignments"]
    }


async def test_lists_follow_the_workspace_though_their_parents_show_no_change(database_url: str) -> None:
    workspace = Workspace(seed=71, size=SIZE)
    with SimulatorServer(workspace) as server:
        first = await run_sync(server, database_url, *NAMES)
        assert first.exit_code is ExitCode.OK
        assert live_items(database_url) == items_on_feeds(workspace)
        assert_equals_truth_of(database_url, workspace, "help_center_redirects", "office_hours_exceptions")
        workspace.add("redirects")
        workspace.drop("redirects", next(iter(workspace.truth("redirects"))))
        workspace.add("office_hours_exceptions")
        live = next(item for item in workspace.truth("news_items").values() if item["newsfeed_assignments"])
        workspace.update("news_items", live["id"], state="draft", newsfeed_assignments=[])
        second = await run_sync(server, database_url, *NAMES)
        assert second.exit_code is ExitCode.OK
        assert live_items(database_url) == items_on_feeds(workspace)
        assert_equals_truth_of(database_url, workspace, "help_center_redirects", "office_hours_exceptions")
        assert (await run_sync(server, database_url, *NAMES)).rows == 0


@pytest.mark.parametrize("is_bare", [False, True])
async def test_reasons_for_being_away_come_with_and_without_an_object_around(
    database_url: str, is_bare: bool
) -> None:
    workspace = Workspace(seed=72, size=SIZE)
    workspace.away_status_reasons_bare = is_bare
    with SimulatorServer(workspace) as server:
        report = await run_sync(server, database_url, "away_status_reasons")
    assert report.exit_code is ExitCode.OK
    assert_equals_truth_of(database_url, workspace, "away_status_reasons")
    assert rows(database_url, "select 1 from intercom.away_status_reasons where deleted")
