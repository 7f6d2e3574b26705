"""A workspace that changes, also while somebody pages through it."""

from typing import Any

import pytest

from intercom_etl.simulator.workspace import Size, Workspace

NOW = 1_795_448_000


class Clock:
    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def served(serve: Any) -> Any:
    return serve(Workspace(seed=4, size=Size(60, 40, 12, 10), now=Clock()))


def test_a_contact_updated_while_paging_moves_to_the_end(
    served: Any, everything: object, rising: dict[str, str]
) -> None:
    ids = served.search_ids("contacts", everything, sort=rising)
    second = ids[1]
    served.workspace.before_request(
        "POST /contacts/search", lambda: served.workspace.update_contact(second, name="New"), nth=2
    )
    served.workspace.schedule.run("GET", "/contacts")  # another request: nothing happens
    pages = list(served.pages("contacts", everything, 10, sort=rising))
    seen = [record["id"] for page in pages for record in page]
    assert seen.count(second) == 2
    assert set(seen) == set(ids)
    assert pages[-1][-1]["name"] == "New"


def test_a_conversation_updated_while_paging_downwards_is_missed(served: Any, everything: object) -> None:
    ids = served.search_ids("conversations", everything)
    served.workspace.before_request(
        "POST /conversations/search", lambda: served.workspace.reply(ids[-1]), nth=2
    )
    seen = [record["id"] for page in served.pages("conversations", everything, 10) for record in page]
    assert ids[-1] not in seen
    assert set(seen) == set(ids[:-1])


def test_actions_may_run_before_every_nth_request(served: Any) -> None:
    served.workspace.before_request("/tags", lambda: served.workspace.add_tag("more"), nth=2, every=True)
    assert [len(served.get("/tags").json()["data"]) for _ in range(4)] == [30, 31, 31, 32]


def test_a_reply_adds_a_part_opens_and_bumps(served: Any) -> None:
    one = next(iter(served.workspace.conversations))
    before = served.get(f"/conversations/{one}").json()
    part = served.workspace.reply(one, "<p>Hello?</p>")
    after = served.get(f"/conversations/{one}").json()
    assert after["updated_at"] > before["updated_at"]
    assert after["state"] == "open"
    last = after["conversation_parts"]["conversation_parts"][-1]
    assert (last["id"], last["body"], last["author"]["type"]) == (part, "<p>Hello?</p>", "user")
    assert after["conversation_parts"]["total_count"] == before["conversation_parts"]["total_count"] + 1
    assert served.workspace.truth("conversations")[one] == after


def test_closing_and_tagging_a_conversation_show(served: Any) -> None:
    one = next(iter(served.workspace.conversations))
    tag = served.workspace.add_tag("urgent")
    served.workspace.close_conversation(one)
    served.workspace.tag_conversation(one, tag)
    after = served.get(f"/conversations/{one}").json()
    assert (after["state"], after["open"]) == ("closed", False)
    assert after["conversation_parts"]["conversation_parts"][-1]["part_type"] == "close"
    assert after["tags"]["tags"][-1]["id"] == tag
    assert tag in served.workspace.truth("tags")


def test_a_redacted_part_loses_its_body_without_a_new_updated_at(served: Any) -> None:
    one = next(iter(served.workspace.conversations))
    part = served.workspace.reply(one, "secret")
    before = served.get(f"/conversations/{one}").json()["updated_at"]
    served.workspace.redact_part(one, part)
    after = served.get(f"/conversations/{one}").json()
    last = after["conversation_parts"]["conversation_parts"][-1]
    assert (last["redacted"], last["body"]) == (True, None)
    assert after["updated_at"] == before


def test_a_deleted_conversation_is_only_among_the_deleted(served: Any, everything: object) -> None:
    first, second, *_ = served.workspace.conversations
    served.workspace.delete_conversation(first)
    served.workspace.delete_conversation(second, retain_metrics=False)
    assert served.code(served.get(f"/conversations/{first}")) == (404, "not_found")
    assert first not in served.search_ids("conversations", everything)
    assert first not in served.workspace.truth("conversations")
    newest = served.get("/conversations/deleted", params={"per_page": 1}).json()
    assert [one["id"] for one in newest["conversations"]] == [second]
    assert newest["conversations"][0]["metrics_retained"] is False
    older = served.get(newest["pages"]["next"]).json()
    assert [one["id"] for one in older["conversations"]] == [first]
    assert older["pages"]["next"] is None
    rising = served.get("/conversations/deleted", params={"order": "asc"}).json()
    assert [one["id"] for one in rising["conversations"]] == [first, second]
    assert served.get("/conversations/deleted", params={"per_page": 61}).status_code == 400


def test_a_merged_contact_points_to_its_survivor(served: Any, everything: object) -> None:
    first, second, third, *_ = served.workspace.contacts
    served.workspace.update_contact(third, role="user")
    served.workspace.merge_contacts(first, second)
    served.workspace.merge_contacts(second, third)
    answer = served.get(f"/contacts/{first}")
    assert served.code(answer) == (410, "contact_merged")
    assert answer.headers["link"] == f'</contacts/{third}>; rel="canonical"'
    assert not {first, second} & set(served.search_ids("contacts", everything))
    survivor = served.get(f"/contacts/{third}", params={"include_merge_history": "true"}).json()
    assert [one["source_contact_id"] for one in survivor["merge_history"]] == [second]
    assert "merge_history" not in served.get(f"/contacts/{third}").json()


def test_an_archived_contact_disappears_and_can_come_back(served: Any, everything: object) -> None:
    one = next(iter(served.workspace.contacts))
    served.workspace.archive_contact(one)
    assert served.get(f"/contacts/{one}").json()["id"] == one
    served.workspace.archived_contact_status = 404
    assert served.get(f"/contacts/{one}").status_code == 404
    assert one not in served.search_ids("contacts", everything)
    served.workspace.unarchive_contact(one)
    assert one in served.search_ids("contacts", everything)


def test_an_archived_contact_can_be_deleted_for_good(served: Any) -> None:
    one = next(iter(served.workspace.contacts))
    served.workspace.archive_contact(one)
    served.workspace.delete_contact(one)
    assert served.code(served.get(f"/contacts/{one}")) == (404, "not_found")


def test_subscriptions_and_notes_of_a_contact_change(served: Any) -> None:
    one = served.workspace.add_contact()
    for kind in [*served.workspace.truth("subscription_types"), served.workspace.add("subscription_types")]:
        served.workspace.opt(one, kind, into=True)
    served.workspace.opt(one, "92", into=False)
    shown = served.get(f"/contacts/{one}").json()
    assert shown["opted_in_subscription_types"]["total_count"] == 14
    assert shown["opted_in_subscription_types"]["has_more"] is True
    assert [item["id"] for item in shown["opted_out_subscription_types"]["data"]] == ["92"]
    assert len(served.get(f"/contacts/{one}/subscriptions").json()["data"]) == 15
    notes = [served.workspace.add_note(one) for _ in range(12)]
    assert [item["id"] for item in served.get(f"/contacts/{one}/notes").json()["data"]] == notes[::-1]
    assert served.get(f"/contacts/{one}").json()["notes"]["has_more"] is True


def test_new_contacts_and_companies_are_found_and_linked(served: Any, everything: object) -> None:
    contact = served.workspace.add_contact(name="Newcomer")
    company = served.workspace.add_company(name="Startup")
    served.workspace.attach_contact(contact, company)
    assert contact in served.search_ids("contacts", everything)
    assert [one["id"] for one in served.get(f"/contacts/{contact}/companies").json()["data"]] == [company]
    assert served.get(f"/companies/{company}").json()["user_count"] == 1


def test_a_deleted_company_lets_go_of_its_contacts(served: Any) -> None:
    company = max(served.workspace.truth("companies").values(), key=lambda one: one["user_count"])
    user = served.get(f"/companies/{company['id']}/contacts").json()["data"][0]
    served.workspace.delete_company(company["id"])
    assert served.code(served.get(f"/companies/{company['id']}")) == (404, "company_not_found")
    left = served.get(f"/contacts/{user['id']}").json()
    assert company["id"] not in {one["id"] for one in left["companies"]["data"]}
    assert left["updated_at"] == user["updated_at"]


def test_tags_of_a_contact_come_and_go(served: Any) -> None:
    one = next(iter(served.workspace.contacts))
    tag = served.workspace.add_tag("fresh")
    served.workspace.tag_contact(one, tag)
    listed = served.get(f"/contacts/{one}/tags").json()["data"]
    assert listed[-1]["name"] == "fresh"
    assert listed[-1]["applied_at"] > NOW
    served.workspace.untag_contact(one, tag)
    assert tag not in {item["id"] for item in served.get(f"/contacts/{one}/tags").json()["data"]}


def test_tickets_change_and_vanish(served: Any, everything: object) -> None:
    first, second, *_ = served.workspace.tickets
    served.workspace.update_ticket(first, open=False)
    served.workspace.delete_ticket(second)
    assert served.get(f"/tickets/{first}").json()["open"] is False
    assert served.code(served.get(f"/tickets/{second}")) == (404, "ticket_not_found")
    assert second not in served.search_ids("tickets", everything)


def test_a_removed_admin_leaves_the_list(served: Any) -> None:
    one = next(iter(served.workspace.admins))
    served.workspace.remove_admin(one)
    assert one not in {admin["id"] for admin in served.get("/admins").json()["admins"]}
    assert served.code(served.get(f"/admins/{one}")) == (404, "admin_not_found")
