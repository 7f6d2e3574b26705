"""Planted records are served as the very bytes that were planted."""

from typing import Any

import pytest

from intercom_etl.simulator.nasty import RECIPES


@pytest.fixture(scope="module")
def served(serve_session: Any) -> Any:
    """One for all: what is planted is taken out again."""
    return serve_session()


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("kind", ["contacts", "conversations", "tickets"])
def test_nasty_records_are_served_byte_for_byte(
    served: Any, kind: str, recipe: str, everything: object
) -> None:
    one = next(iter(getattr(served.workspace, kind)))
    raw = served.workspace.plant_nasty(kind, one, recipe)
    assert served.get(f"/{kind}/{one}").content == raw
    assert raw in served.search(kind, everything, pagination={"per_page": 150}).content
    served.workspace.unplant(kind, one)
    assert served.get(f"/{kind}/{one}").json()["id"] == one


@pytest.mark.parametrize(
    ("kind", "path"),
    [("companies", "/companies/scroll"), ("admins", "/admins"), ("tags", "/tags"), ("teams", "/teams")],
)
def test_any_bytes_can_be_planted_in_lists(serve: Any, kind: str, path: str) -> None:
    served = serve()
    one = next(iter(getattr(served.workspace, kind)))
    served.workspace.plant(kind, one, b'{"id": NaN}')
    assert b'{"id": NaN}' in served.get(path).content
    assert served.get(f"/{kind}/{one}").content == b'{"id": NaN}'


def test_nothing_can_be_planted_for_nobody(serve: Any) -> None:
    with pytest.raises(KeyError):
        serve().workspace.plant("contacts", "nobody", b"{}")


def test_unknown_recipes_are_refused(quiet: Any) -> None:
    with pytest.raises(ValueError, match="poison"):
        quiet.workspace.plant_nasty("contacts", next(iter(quiet.workspace.contacts)), "poison")
