"""The small kinds of records: their truth, and how tests change them."""

import json
from typing import Any

import pytest

from intercom_etl.simulator.kinds import CHILD_KINDS, KINDS
from intercom_etl.simulator.stamps import seconds
from intercom_etl.simulator.workspace import Size, Workspace

NOW = 1_795_448_000
LATER = NOW + 500
NOTHING = Size(0, 0, 0, 0, 0, 0, 0, 0)


def make(seed: int = 9, now: int = NOW) -> Workspace:
    return Workspace(seed=seed, size=Size(40, 40, 10, 10), now=lambda: now)


@pytest.mark.parametrize("kind", [*KINDS, *CHILD_KINDS])
def test_every_kind_has_records_and_the_same_seed_gives_the_same(kind: str) -> None:
    one, two = json.dumps(make().truth(kind)), json.dumps(make().truth(kind))
    assert one == two
    assert make().truth(kind)


@pytest.mark.parametrize("kind", ["articles", "calls", "activity_logs", "events", "handling_events"])
def test_another_seed_gives_other_records(kind: str) -> None:
    assert make().truth(kind) != make(seed=10).truth(kind)


@pytest.mark.parametrize("kind", [*KINDS, *CHILD_KINDS])
def test_every_kind_can_do_without_people_and_conversations(kind: str) -> None:
    workspace = Workspace(size=NOTHING, now=lambda: NOW)
    assert bool(workspace.truth(kind)) == (kind in KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_records_are_born_within_two_years_and_changed_since(kind: str) -> None:
    for record in make().truth(kind).values():
        if "created_at" in record:
            born = seconds(record["created_at"])
            assert NOW - 731 * 86_400 < born < NOW
            assert kind in ("calls", "conversation_attributes") or born <= seconds(
                record.get("updated_at", NOW)
            )


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_record_is_like_the_others_but_born_now(kind: str) -> None:
    workspace = make()
    before = workspace.truth(kind)
    workspace.now = lambda: LATER
    fields = {"visible_to": "everyone"} if kind == "macros" else {}
    new, newer = workspace.add(kind, **fields), workspace.add(kind, **fields)
    after = workspace.truth(kind)
    assert set(after) - set(before) == {new, newer}
    assert set(after[new]) >= set.intersection(*map(set, before.values()))
    if "updated_at" in after[new]:
        assert seconds(after[new]["updated_at"]) == LATER
        assert type(after[new]["created_at"]) in {type(one["created_at"]) for one in before.values()}


def test_a_changed_article_comes_first_and_a_dropped_one_is_gone(serve: Any) -> None:
    served = serve(make())
    *_, third, last = served.follow_ids("/articles")
    served.workspace.now = lambda: LATER
    served.workspace.update("articles", last, title="Changed")
    first = served.get("/articles").json()["data"][0]
    assert (first["id"], first["title"], first["updated_at"]) == (last, "Changed", LATER)
    assert served.get(f"/articles/{last}").json() == served.workspace.truth("articles")[last]
    served.workspace.drop("articles", third)
    assert served.code(served.get(f"/articles/{third}")) == (404, "not_found")
    assert third not in served.follow_ids("/articles")


def test_a_change_may_bring_its_own_time_and_keeps_the_writing_of_times() -> None:
    workspace = make(now=NOW)
    one = next(iter(workspace.truth("macros")))
    workspace.update("macros", one, name="New")
    assert workspace.truth("macros")[one]["updated_at"].endswith(".000Z")
    workspace.update("macros", one, updated_at="2026-01-01T00:00:00.000Z")
    assert workspace.truth("macros")[one]["updated_at"] == "2026-01-01T00:00:00.000Z"


def test_a_record_can_be_put_exactly_as_it_should_be(serve: Any) -> None:
    served = serve(make())
    assert served.workspace.put("brands", {"type": "brand", "id": "77"}) == "77"
    assert served.get("/brands/77").json() == {"type": "brand", "id": "77"}
    served.workspace.put("content_import_sources", {"id": 78})
    assert served.get("/ai/content_import_sources/78").json() == {"id": 78}


def test_a_record_can_be_planted_as_bytes(serve: Any) -> None:
    served = serve(make())
    one = served.follow_ids("/articles")[0]
    served.workspace.plant("articles", one, b'{"id": null}')
    assert served.get("/articles").json()["data"][0] == {"id": None}
    assert served.get(f"/articles/{one}").content == b'{"id": null}'
    served.workspace.unplant("articles", one)
    served.workspace.plant_nasty("articles", one, "negative_times")
    assert served.get("/articles").json()["data"][0]["created_at"] == -86_400


@pytest.mark.parametrize("kind", CHILD_KINDS)
def test_what_hangs_on_a_parent_can_be_added_replaced_and_goes_with_it(kind: str) -> None:
    workspace = make()
    parents = getattr(workspace, CHILD_KINDS[kind].parents)
    parent = next(iter(parents))
    before = len(workspace.children[kind].of(parent))
    key = workspace.add_child(kind, parent)
    assert key in workspace.truth(kind)
    assert len(workspace.children[kind].of(parent)) == before + 1
    workspace.put_children(kind, parent, [])
    assert workspace.children[kind].of(parent) == []
    workspace.add_child(kind, parent)
    parents.remove(parent)
    assert key not in workspace.truth(kind)
    with pytest.raises(KeyError):
        workspace.add_child(kind, parent)


def test_a_company_shows_a_new_note(serve: Any) -> None:
    served = serve(make())
    company = served.workspace.add_company()
    note = served.workspace.add_child("company_notes", company, body="<p>Big</p>")
    assert served.get(f"/companies/{company}/notes").json()["data"][0]["body"] == "<p>Big</p>"
    embedded = served.get(f"/companies/{company}").json()["notes"]
    assert [one["id"] for one in embedded["data"]] == [note]
