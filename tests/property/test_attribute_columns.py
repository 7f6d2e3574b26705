"""Names of columns for attributes that anybody may name: typeable, all different, and never moved."""

import re

from hypothesis import given
from hypothesis import strategies as st

from intercom_etl.load.attribute_columns import (
    MOST_COLUMNS,
    RESERVED,
    Definition,
    choose_columns,
    name_columns,
    plain_name,
)
from intercom_etl.load.attribute_views import workspace_view

hostile = st.sampled_from(
    [
        "",
        " ",
        '"',
        'x"; drop table intercom.contacts; --',
        "'; --",
        "%s",
        "{name}",
        "id",
        "ID",
        "Id",
        "workspace_id",
        "Workspace ID",
        "ctid",
        "2fa",
        "ß" * 200,
        "x" * 200,
        "x" * 200 + "y",
        "X" * 63,
        "😀",
        "プラン",
        "a\nb",
        "a\\b",
        "attribute",
        "plan",
        "Plan",
        "plan_64879f7d",
    ]
)
names = st.one_of(hostile, st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
sets = st.lists(names, max_size=30).map(lambda found: list(dict.fromkeys(found)))


@given(sets)
def test_every_attribute_has_a_column_of_its_own(attributes: list[str]) -> None:
    named = name_columns(attributes, {})
    assert named.keys() == set(attributes)
    assert len(set(named.values())) == len(attributes)
    assert not RESERVED & set(named.values())
    for name in named.values():
        assert 0 < len(name.encode()) <= 63
        assert not re.search(r"[\x00-\x2f:-^`{-\x7f]", name), "needs quotes"
        assert not name[0].isdigit()
        assert name == plain_name(name)


@given(sets, sets, st.randoms())
def test_a_column_never_changes_its_attribute_whatever_comes_later(
    first: list[str], later: list[str], chance: object
) -> None:
    before = name_columns(first, {})
    after = name_columns([*later, *first], before)
    assert list(after.items())[: len(before)] == list(before.items())
    assert name_columns(sorted([*later, *first]), before) == after


@given(sets)
def test_an_attribute_that_is_gone_has_no_column(attributes: list[str]) -> None:
    known = name_columns(attributes, {})
    kept = attributes[::2]
    assert name_columns(kept, known) == {name: known[name] for name in known if name in kept}


def test_names_read_as_people_would_write_them() -> None:
    assert plain_name("The One Ring!") == "the_one_ring"
    assert plain_name("Größe (cm²)") == "größe_cm2"
    assert plain_name("2fa") == "_2fa"
    assert plain_name("😀") == "attribute"


def test_too_many_attributes_leave_the_first_by_name() -> None:
    many = [f"attribute {number:05}" for number in range(2_000)]
    named = name_columns(many[::-1], {})
    assert list(named) == many[:MOST_COLUMNS]
    assert list(name_columns(["a", *many], named)) == many[:MOST_COLUMNS]


def test_definitions_that_disagree_make_a_column_that_shows_any_value() -> None:
    columns = choose_columns(
        [
            Definition("a", "plan", "string"),
            Definition("b", "plan", "integer", retired=True),
            Definition("a", "due", "date"),
            Definition("b", "due", "datetime"),
            Definition("a", "order", "relationship"),
            Definition("a", "gone", None, retired=True),
        ],
        {},
    )
    assert [(c.name, c.kind, c.retired) for c in columns] == [
        ("due", "timestamptz", False),
        ("gone", "jsonb", True),
        ("order", "jsonb", False),
        ("plan", "mixed", False),
    ]
    assert columns[-1].data_types == ("integer", "string")


@given(st.lists(names, min_size=2, max_size=2, unique=True))
def test_every_workspace_has_a_view_of_its_own_name(workspaces: list[str]) -> None:
    views = {workspace_view("conversation_attributes", workspace) for workspace in workspaces}
    assert len(views) == 2
    assert all(len(view.encode()) <= 63 for view in views)


def test_an_ordinary_workspace_is_in_the_name_of_its_view() -> None:
    assert workspace_view("contact_attributes", "ecahpwf5") == "contact_attributes_ecahpwf5"
