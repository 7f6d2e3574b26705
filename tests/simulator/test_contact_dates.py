"""Contact searches compare dates by day of the workspace's time zone, until API 2.17."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from intercom_etl.simulator.workspace import Size, Workspace

NEW_YORK = ZoneInfo("America/New_York")
HOUR = 3600


def local(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=NEW_YORK).timestamp())


def workspace_with(*stamps: int, zone: str = "America/New_York") -> Workspace:
    """Contacts c0, c1, ... that were last changed at these seconds."""
    workspace = Workspace(seed=1, size=Size(contacts=0, conversations=0), timezone=zone, now=lambda: 2e9)
    for number, stamp in enumerate(stamps):
        workspace.add_contact(id=f"c{number}", created_at=stamp, updated_at=stamp)
    return workspace


def found(served: Any, operator: str, value: object) -> list[str]:
    return sorted(
        served.search_ids("contacts", {"field": "updated_at", "operator": operator, "value": value})
    )


def test_contact_search_greater_than_starts_on_the_next_day(serve: Any) -> None:
    midnight = local(2026, 6, 10)
    served = serve(workspace_with(midnight + 23 * HOUR, midnight + 24 * HOUR - 1, midnight + 24 * HOUR))
    assert found(served, ">", midnight) == ["c2"]
    assert found(served, ">", midnight + 5 * HOUR) == ["c2"]
    assert found(served, ">", midnight - 1) == ["c0", "c1", "c2"]


def test_contact_search_less_than_ends_before_the_day(serve: Any) -> None:
    midnight = local(2026, 6, 10)
    served = serve(workspace_with(midnight - 1, midnight, midnight + HOUR))
    assert found(served, "<", midnight + 12 * HOUR) == ["c0"]


def test_contact_search_equal_is_the_whole_day(serve: Any) -> None:
    midnight = local(2026, 6, 10)
    served = serve(workspace_with(midnight - 1, midnight, midnight + 24 * HOUR - 1, midnight + 24 * HOUR))
    assert found(served, "=", midnight + 7 * HOUR) == ["c1", "c2"]


def test_a_day_on_which_clocks_go_back_has_25_hours(serve: Any) -> None:
    midnight = local(2026, 11, 1)
    served = serve(workspace_with(midnight + 24 * HOUR + 1, midnight + 25 * HOUR))
    assert found(served, "=", midnight + HOUR) == ["c0"]
    assert found(served, ">", midnight + HOUR) == ["c1"]


def test_a_day_on_which_clocks_go_forward_has_23_hours(serve: Any) -> None:
    midnight = local(2026, 3, 8)
    served = serve(workspace_with(midnight + 23 * HOUR - 1, midnight + 23 * HOUR))
    assert found(served, "=", midnight) == ["c0"]
    assert found(served, ">", midnight) == ["c1"]


def test_days_are_those_of_the_workspace_not_of_utc(serve: Any) -> None:
    evening_in_new_york = local(2026, 6, 10, 22)  # already the 11th in UTC
    in_new_york = serve(workspace_with(evening_in_new_york))
    in_utc = serve(workspace_with(evening_in_new_york, zone="UTC"))
    assert found(in_new_york, "=", local(2026, 6, 10, 9)) == ["c0"]
    assert found(in_utc, "=", local(2026, 6, 10, 9)) == []


@pytest.mark.parametrize("operator", ["!=", ">=", "<=", "IN", "NIN"])
def test_other_operators_on_contact_dates_are_refused(quiet: Any, operator: str) -> None:
    answer = quiet.search("contacts", {"field": "updated_at", "operator": operator, "value": 1})
    assert quiet.code(answer) == (400, "parameter_invalid")


def test_version_2_17_compares_contact_dates_to_the_second(serve: Any) -> None:
    midnight = local(2026, 6, 10)
    served = serve(workspace_with(midnight + HOUR, midnight + HOUR + 1))
    served.client.headers["Intercom-Version"] = "2.17"
    assert found(served, ">", midnight + HOUR) == ["c1"]


def test_contacts_are_sorted_by_the_full_second_all_the_same(serve: Any, rising: dict[str, str]) -> None:
    midnight = local(2026, 6, 10)
    served = serve(workspace_with(midnight + 30, midnight + 10, midnight + 20))
    query = {"field": "updated_at", "operator": "=", "value": midnight}
    assert served.search_ids("contacts", query, sort=rising) == ["c1", "c2", "c0"]
