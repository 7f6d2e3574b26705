"""Small lists: whole ones, and those by page number."""

from typing import Any

import pytest

from intercom_etl.simulator.workspace import Size, Workspace

NOW = 1_795_448_000
WHOLE = {
    "/subscription_types": "subscription_types",
    "/brands": "brands",
    "/emails": "emails",
    "/office_hours_schedules": "office_hours_schedules",
    "/help_center/help_centers": "help_centers",
    "/away_status_reasons": "away_status_reasons",
}
NUMBERED = {
    "/articles": "articles",
    "/help_center/collections": "collections",
    "/internal_articles": "internal_articles",
    "/news/news_items": "news_items",
    "/news/newsfeeds": "newsfeeds",
    "/ai/content_import_sources": "content_import_sources",
    "/ai/external_pages": "external_pages",
    "/calls": "calls",
    "/custom_object_instances/Order": "custom_object_instances",
}
SINGLE = {
    "/articles", "/help_center/collections", "/internal_articles", "/news/news_items", "/news/newsfeeds",
    "/ai/content_import_sources", "/ai/external_pages", "/brands", "/emails", "/office_hours_schedules",
    "/help_center/help_centers", "/calls", "/content_snippets", "/audiences", "/macros", "/data_connectors",
}  # fmt: skip


def moment(record: dict[str, Any]) -> int:
    from intercom_etl.simulator.stamps import seconds

    return seconds(record["updated_at"])


@pytest.mark.parametrize("path", WHOLE)
def test_whole_lists_give_everything_at_once(quiet: Any, path: str) -> None:
    assert quiet.get(path).json()["data"] == list(quiet.workspace.truth(WHOLE[path]).values())


@pytest.mark.parametrize("path", NUMBERED)
@pytest.mark.parametrize("per_page", [1, 7, 25])
def test_numbered_lists_lead_through_everything_by_url(quiet: Any, path: str, per_page: int) -> None:
    truth = quiet.workspace.truth(NUMBERED[path])
    if path.startswith("/custom"):
        truth = {key: one for key, one in truth.items() if one["type"] == "Order"}
    found = quiet.follow_ids(path, per_page=per_page)
    assert len(found) == len(set(found))
    assert set(found) == set(truth)
    first = quiet.get(path, params={"per_page": per_page}).json()
    assert first["total_count"] == len(truth)
    assert first["pages"]["total_pages"] == -(-len(truth) // per_page)


@pytest.mark.parametrize("path", NUMBERED)
def test_numbered_lists_begin_with_what_changed_last(quiet: Any, path: str) -> None:
    records = [record for page in quiet.follow(path, per_page=10) for record in page]
    stamps = [moment(record) for record in records]
    assert stamps == sorted(stamps, reverse=True)


@pytest.mark.parametrize(
    ("path", "default", "most"),
    [
        ("/articles", 25, 150),
        ("/help_center/collections", 20, 150),
        ("/news/news_items", 10, 150),
        ("/calls", 25, 25),
        ("/content_snippets", 50, 50),
        ("/audiences", 50, 50),
        ("/custom_object_instances/Order", 20, 150),
        ("/help_center/help_centers/70/redirects", 50, 250),
        ("/macros", 50, 150),
        ("/data_connectors", 20, 50),
        ("/data_connectors/12345/execution_results", 10, 30),
    ],
)
def test_page_sizes_have_a_default_and_an_end(quiet: Any, path: str, default: int, most: int) -> None:
    body = quiet.get(path).json()
    assert (body.get("pages") or body)["per_page"] == default
    assert quiet.get(path, params={"per_page": most}).status_code == 200
    assert quiet.code(quiet.get(path, params={"per_page": most + 1})) == (400, "parameter_invalid")
    assert quiet.get(path, params={"per_page": 0}).status_code == 400


@pytest.mark.parametrize("path", ["/content_snippets", "/audiences"])
def test_snippets_and_audiences_count_pages_beside_the_records(quiet: Any, path: str) -> None:
    truth = quiet.workspace.truth(path[1:])
    pages = [quiet.get(path, params={"page": page, "per_page": 4}).json() for page in range(1, 6)]
    found = [record["id"] for page in pages for record in page["data"]]
    assert sorted(found) == sorted(truth)
    first = pages[0]
    assert "pages" not in first
    assert first["page"] == 1
    assert first["total_pages"] == -(-len(truth) // 4)
    assert first["total_count"] == len(truth)


@pytest.mark.parametrize("path", sorted(SINGLE))
def test_a_record_can_be_had_by_its_id(quiet: Any, path: str) -> None:
    kind = path.rsplit("/", 1)[1]
    for key, record in quiet.workspace.truth(kind).items():
        assert quiet.get(f"{path}/{key}").json() == record


def test_only_single_articles_have_statistics_and_translations(quiet: Any) -> None:
    for listed in quiet.get("/articles").json()["data"]:
        whole = quiet.get(f"/articles/{listed['id']}").json()
        assert set(whole) - set(listed) == {"statistics", "translated_content"}
        assert listed.items() <= whole.items()
    assert any(one["statistics"] for one in quiet.workspace.truth("articles").values())


def test_away_status_reasons_come_in_either_of_two_shapes(serve: Any) -> None:
    served = serve()
    reasons = list(served.workspace.truth("away_status_reasons").values())
    assert served.get("/away_status_reasons").json() == {"type": "list", "data": reasons}
    served.workspace.away_status_reasons_bare = True
    assert served.get("/away_status_reasons").json() == reasons
    assert any(one["deleted"] for one in reasons)


def test_archived_conversation_attributes_are_shown_when_asked_for(quiet: Any) -> None:
    every = quiet.get("/conversations/attributes", params={"include_archived": "true"}).json()["data"]
    shown = quiet.get("/conversations/attributes").json()["data"]
    assert [one for one in every if not one["archived"]] == shown
    assert len(every) == len(quiet.workspace.truth("conversation_attributes")) == len(shown) + 1
    used = {
        name for one in quiet.workspace.truth("conversations").values() for name in one["custom_attributes"]
    }
    assert used <= {one["name"] for one in every}


def test_the_default_brand_has_the_id_of_the_workspace(quiet: Any) -> None:
    default = next(one for one in quiet.get("/brands").json()["data"] if one["is_default"])
    assert default["id"] == quiet.workspace.id_code


def test_exceptions_belong_to_their_schedule(quiet: Any) -> None:
    for schedule in quiet.workspace.truth("office_hours_schedules"):
        found = quiet.get(f"/office_hours_schedules/{schedule}/office_hours_exceptions").json()["data"]
        assert all(one["office_hours_schedule_id"] == schedule for one in found)
    assert quiet.code(quiet.get("/office_hours_schedules/1/office_hours_exceptions")) == (404, "not_found")


def test_redirects_belong_to_their_help_center(quiet: Any) -> None:
    found = {
        center: quiet.follow_ids(f"/help_center/help_centers/{center}/redirects", per_page=3)
        for center in quiet.workspace.truth("help_centers")
    }
    assert all(found.values())
    assert sorted(one for ids in found.values() for one in ids) == sorted(quiet.workspace.truth("redirects"))
    assert quiet.code(quiet.get("/help_center/help_centers/1/redirects")) == (404, "not_found")


def test_a_newsfeed_shows_its_live_items(quiet: Any) -> None:
    items = quiet.workspace.truth("news_items").values()
    for feed in quiet.workspace.truth("newsfeeds"):
        assigned = {
            one["id"]
            for one in items
            if any(str(where["newsfeed_id"]) == feed for where in one["newsfeed_assignments"])
        }
        assert set(quiet.follow_ids(f"/news/newsfeeds/{feed}/items", per_page=2)) == assigned
    assert any(one["state"] == "draft" for one in items)


def test_custom_objects_are_listed_by_a_type_that_one_has_to_know(quiet: Any) -> None:
    assert quiet.code(quiet.get("/custom_object_instances/Invoice")) == (404, "not_found")
    devices = quiet.follow_ids("/custom_object_instances/Device", per_page=3)
    orders = quiet.follow_ids("/custom_object_instances/Order", per_page=3)
    assert devices
    assert sorted(devices + orders) == sorted(quiet.workspace.truth("custom_object_instances"))


def test_custom_objects_can_be_found_by_their_own_id_contact_and_conversation(quiet: Any) -> None:
    instance = quiet.get("/custom_object_instances/Order").json()["data"][0]
    by_id = quiet.get("/custom_object_instances/Order", params={"external_id": instance["external_id"]})
    assert by_id.json() == instance
    assert quiet.get(f"/custom_object_instances/Order/{instance['external_id']}").json() == instance
    conversation = next(
        one for one in quiet.workspace.truth("conversations").values() if "Orders" in one["custom_attributes"]
    )
    asked = {"references_conversation_id": conversation["id"]}
    linked = {one["id"] for one in conversation["custom_attributes"]["Orders"]["instances"]}
    assert set(quiet.follow_ids("/custom_object_instances/Order", **asked)) == linked
    contacts = list(quiet.workspace.contacts)
    found = [
        one
        for contact in contacts[:30]
        for one in quiet.follow_ids("/custom_object_instances/Order", references_contact_id=contact)
    ]
    assert found
    assert set(found) <= set(quiet.workspace.truth("custom_object_instances"))


def test_notes_of_a_company_are_listed_newest_first_and_ten_are_embedded(quiet: Any) -> None:
    company = max(quiet.workspace.truth("companies").values(), key=lambda one: one["notes"]["total_count"])
    pages = list(quiet.follow(f"/companies/{company['id']}/notes", per_page=4))
    notes = [note for page in pages for note in page]
    assert len(notes) == company["notes"]["total_count"] > 10
    stamps = [note["created_at"] for note in notes]
    assert stamps == sorted(stamps, reverse=True)
    embedded = quiet.get(f"/companies/{company['id']}").json()["notes"]
    assert embedded["has_more"] is True
    assert [one["id"] for one in embedded["data"]] == [one["id"] for one in notes[:10]]
    assert quiet.code(quiet.get("/companies/nobody/notes")) == (404, "company_not_found")


def test_small_kinds_can_be_many_or_none(serve: Any) -> None:
    size = Size(contacts=3, conversations=3, companies=2, tickets=1, articles=400, macros=0, newsfeeds=0)
    served = serve(Workspace(size=size, now=lambda: NOW))
    assert len(served.follow_ids("/articles", per_page=150)) == 400
    assert served.get("/macros").json()["data"] == []
    assert served.get("/news/newsfeeds").json()["pages"]["total_pages"] == 0
    assert all(not one["newsfeed_assignments"] for one in served.workspace.truth("news_items").values())
