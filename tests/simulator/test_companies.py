"""Companies: the one scroll, the list with its limits, the filters."""

from typing import Any

from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.workspace import Size, Workspace

NOW = 1_795_448_000
MANY = Size(contacts=50, conversations=0, companies=250)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def scrolled(served: Any, token: str | None = None) -> Any:
    return served.get("/companies/scroll", params={"scroll_param": token} if token else {})


def workspace(ticks: Clock) -> Workspace:
    return Workspace(seed=2, size=MANY, now=lambda: NOW, ticks=ticks)


def test_a_scroll_gives_a_hundred_a_page_under_one_token_and_ends_empty(serve: Any) -> None:
    served = serve(workspace(Clock()))
    first = scrolled(served).json()
    token = first["scroll_param"]
    pages = [first] + [scrolled(served, token).json() for _ in range(3)]
    assert [len(page["data"]) for page in pages] == [100, 100, 50, 0]
    assert {page["scroll_param"] for page in pages} == {token}
    assert {one["id"] for page in pages for one in page["data"]} == set(served.workspace.companies)
    assert scrolled(served, token).status_code == 404
    assert scrolled(served).status_code == 200


def test_there_is_one_scroll_at_a_time(serve: Any) -> None:
    served = serve(workspace(Clock()))
    token = scrolled(served).json()["scroll_param"]
    assert served.code(scrolled(served)) == (400, "scroll_exists")
    assert scrolled(served, token).status_code == 200
    assert served.code(scrolled(served, "another")) == (404, "not_found")


def test_an_idle_scroll_expires_after_a_minute(serve: Any) -> None:
    clock = Clock()
    served = serve(workspace(clock))
    token = scrolled(served).json()["scroll_param"]
    clock.now += 59
    assert scrolled(served, token).status_code == 200
    clock.now += 61
    assert scrolled(served, token).status_code == 404
    assert scrolled(served).status_code == 200


def test_the_idle_time_can_be_shortened(serve: Any) -> None:
    clock = Clock()
    served = serve(workspace(clock))
    served.workspace.scroll.idle_seconds = 2
    token = scrolled(served).json()["scroll_param"]
    clock.now += 3
    assert scrolled(served, token).status_code == 404


def test_a_server_error_in_the_middle_ends_the_scroll(serve: Any) -> None:
    served = serve(workspace(Clock()), faults=Faults(Fault("500", "/companies/scroll", nth=2)))
    token = scrolled(served).json()["scroll_param"]
    assert scrolled(served, token).status_code == 500
    assert scrolled(served, token).status_code == 404
    assert len(scrolled(served).json()["data"]) == 100


def test_the_list_leaves_out_companies_without_users_and_the_scroll_does_not(quiet: Any) -> None:
    truth = quiet.workspace.truth("companies")
    unused = {key for key, company in truth.items() if not company["user_count"]}
    assert unused
    listed = {one["id"] for n in (1, 2) for one in listing(quiet, page=n, per_page=60)["data"]}
    assert listed == set(truth) - unused


def listing(served: Any, **params: object) -> Any:
    return served.client.post("/companies/list", params=params).json()


def test_the_list_is_sorted_by_last_request_and_pages_by_url(quiet: Any) -> None:
    first = listing(quiet, per_page=20)
    stamps = [one.get("last_request_at", 0) for one in first["data"]]
    assert stamps == sorted(stamps, reverse=True)
    assert first["pages"]["next"].startswith(f"{quiet.server.url}/companies/list?")
    second = quiet.client.post(first["pages"]["next"]).json()
    assert second["pages"]["page"] == 2
    assert not {one["id"] for one in first["data"]} & {one["id"] for one in second["data"]}


def test_the_list_defaults_to_fifteen_and_refuses_more_than_sixty(quiet: Any) -> None:
    assert len(listing(quiet)["data"]) == 15
    answer = quiet.client.post("/companies/list", params={"per_page": 61})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"] == "Per Page is too big"


def test_the_list_ends_at_ten_thousand(quiet: Any) -> None:
    assert quiet.client.post("/companies/list", params={"per_page": 50, "page": 200}).status_code == 200
    answer = quiet.client.post("/companies/list", params={"per_page": 50, "page": 201})
    assert answer.status_code == 400
    assert "scroll API" in answer.json()["errors"][0]["message"]


def test_companies_can_be_found_by_their_own_id_name_and_tag(quiet: Any) -> None:
    truth = quiet.workspace.truth("companies")
    tagged = next(one for one in truth.values() if one["tags"]["tags"])
    tag = tagged["tags"]["tags"][0]["id"]
    assert quiet.get("/companies", params={"company_id": tagged["company_id"]}).json() == tagged
    assert quiet.get("/companies", params={"name": tagged["name"]}).json()["name"] == tagged["name"]
    found = quiet.get("/companies", params={"tag_id": tag, "per_page": 60}).json()["data"]
    assert {one["id"] for one in found} == {
        key for key, one in truth.items() if any(t["id"] == tag for t in one["tags"]["tags"])
    }
    assert quiet.code(quiet.get("/companies", params={"name": "nobody"})) == (404, "company_not_found")


def test_contacts_and_companies_name_each_other(quiet: Any) -> None:
    for company in list(quiet.workspace.truth("companies").values())[:10]:
        users = quiet.get(f"/companies/{company['id']}/contacts", params={"per_page": 150}).json()
        assert len(users["data"]) == company["user_count"] == users["total_count"]
        for user in users["data"][:2]:
            companies = quiet.get(f"/contacts/{user['id']}/companies").json()["data"]
            assert company["id"] in {one["id"] for one in companies}


def test_empty_fields_of_companies_are_left_out(quiet: Any) -> None:
    truth = quiet.workspace.truth("companies").values()
    assert any("website" not in one for one in truth)
    assert not any(value is None for one in truth for value in one.values())
