"""What every fault must leave behind, asked of a real database: nothing lost, twice, or claimed too early.

(a) what the bookmarks claim is stored        `assert_sound`, at any moment, also just after a kill
(b) no key twice, no part without its parent  `assert_sound`
(c) after a run that ended well, every row is the truth, to the byte of its record   `assert_recovered`
(d) one more run changes nothing              `assert_recovered`, with a function that runs it
(e) the fault has really fired                `assert_fired`
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from truth import PARTS, SIMULATED, assert_has_all_parts, assert_nothing_twice_and_no_orphans, contents, rows

from intercom_etl.endpoint import Search
from intercom_etl.simulator.workspace import Workspace
from intercom_etl.streams import all_streams, usual_streams

USUAL = tuple(stream.name for stream in usual_streams((), ()))
# what a listing leaves out of a record, or shortens, against the record by its id
UNLISTED: Mapping[str, Collection[str]] = {
    "companies": ("notes", "tags", "segments"),
    "contacts": ("tags", "notes", "companies", "opted_in_subscription_types", "opted_out_subscription_types"),
    "data_connectors": (
        *("token_ids", "audiences", "object_mappings", "url", "data_inputs", "customer_authentication"),
        *("execution_type", "headers", "configuration_response_type", "bypass_authentication"),
        "response_fields",
    ),
    "segments": ("count",),
}


def assert_sound(
    url: str, workspace: Workspace, names: Sequence[str] = USUAL, *, except_ids: Collection[str] = ()
) -> None:
    """True at every moment of every run: no bookmark speaks of a change that is not stored.

    `except_ids` are records that are meant to be in quarantine.
    """
    assert_nothing_twice_and_no_orphans(url)
    for name in names:
        if not isinstance(all_streams()[name].endpoint, Search):
            continue
        claimed = [
            moment.timestamp()
            for mark in rows(url, f"select value, resume_from from etl.bookmark where stream = '{name}'")
            for moment in mark.values()
            if moment is not None
        ]
        if not claimed:
            continue
        stored = rows(url, f"select id, updated_at from intercom.{name} where updated_at is not null")
        held = {row["id"]: row["updated_at"].timestamp() for row in stored}
        # the next window begins with the whole second of the bookmark
        until = int(max(claimed))
        for identity, record in workspace.truth(name).items():
            if record["updated_at"] < until and identity not in except_ids:
                assert held.get(identity, 0) >= record["updated_at"], (name, identity, "is not stored")


def assert_recovered(
    url: str,
    workspace: Workspace,
    names: Sequence[str] = USUAL,
    *,
    run_again: Callable[[], None] | None = None,
    except_ids: Collection[str] = (),
) -> None:
    """True after a run that ended well; `run_again` is one more of them, which must change nothing."""
    assert_sound(url, workspace, names, except_ids=except_ids)
    for name in names:
        assert_equals_records(url, workspace, name, except_ids=except_ids)
    if run_again is not None:
        before = contents(url)
        run_again()
        after = contents(url)
        for table, held in before.items():
            assert after[table] == held, (table, "changed, although nothing was new")


def assert_equals_records(
    url: str, workspace: Workspace, name: str, *, except_ids: Collection[str] = ()
) -> None:
    """The live rows of a stream are the workspace's records, whole, and have all of their parts."""
    truth = {i: r for i, r in workspace.truth(SIMULATED.get(name, name)).items() if i not in except_ids}
    stored = rows(url, f"select id, raw from intercom.{name} where deleted_at is null")
    held = {row["id"]: row["raw"] for row in stored if row["id"] not in except_ids}
    differ = {"lost": truth.keys() - held.keys(), "extra": held.keys() - truth.keys()}
    assert not any(differ.values()), (name, differ)
    for identity, record in truth.items():
        expected, found = _listed(name, record), _listed(name, held[identity])
        assert found == expected, (name, identity, _difference(expected, found))
    if name in PARTS:
        assert_has_all_parts(url, name, truth)


def assert_fired(fired: int, what: str, at_least: int = 1) -> None:
    """A fault that did not happen proves nothing."""
    assert fired >= at_least, f"{what}: fired {fired} times, at least {at_least} are needed"


def _listed(name: str, record: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(record))
    shortened = UNLISTED.get(name)
    if shortened is None:
        return plain
    return {key: value for key, value in plain.items() if key not in shortened and value is not None}


def _difference(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    return sorted(key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key))
