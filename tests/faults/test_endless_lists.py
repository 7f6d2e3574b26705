"""Lists that do not end, end too early, or lie about themselves: rows 19 and 22 of the fault matrix."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from oracle import assert_fired
from truth import rows

from intercom_etl.exit_codes import ExitCode
from intercom_etl.simulator.workspace import Size, Workspace
from tests.faults.copying import SEARCH, Copy, copying
from tests.faults.wire import Spoil

Page = dict[str, Any]
LATER = SEARCH + ".*starting_after"  # every page but the first


def page(change: Callable[[Page], Any]) -> Callable[[bytes], bytes]:
    """An edit of the decoded page, in place."""

    def edit(body: bytes) -> bytes:
        decoded = json.loads(body)
        change(decoded)
        return json.dumps(decoded).encode()

    return edit


def assert_stops_and_recovers(copy: Copy, spoil: Spoil, what: str) -> None:
    ended = copy.command("--quiet", INTERCOM_ETL_MAX_RETRY_SECONDS="60")
    assert_fired(spoil.fired, what, at_least=2)
    assert (ended.code, len(ended.error_lines)) == (3, 1)
    assert f"goes in circles: {what}" in ended.err
    assert copy.bookmarks() == []
    copy.assert_recovers()


@pytest.mark.fault(19, "L")
def test_the_same_page_for_ever_stops_the_stream(database_url: str, tmp_path: Path) -> None:
    first: list[bytes] = []

    def again(body: bytes) -> bytes:
        first.append(body)
        return first[0]

    with copying(database_url, tmp_path) as copy:
        (spoil,) = copy.spoil(Spoil("edit", SEARCH, edit=again))
        assert_stops_and_recovers(copy, spoil, "the same page again")


@pytest.mark.fault(19, "L")
def test_the_same_cursor_for_ever_stops_the_stream(database_url: str, tmp_path: Path) -> None:
    first: list[Any] = []

    def same_cursor(decoded: Page) -> None:
        first.append(decoded["pages"]["next"])
        decoded["pages"]["next"] = first[0]

    with copying(database_url, tmp_path, page_size=7) as copy:
        (spoil,) = copy.spoil(Spoil("edit", SEARCH, edit=page(same_cursor)))
        assert_stops_and_recovers(copy, spoil, "cursor `")


@pytest.mark.fault(19, "L")
def test_ever_new_pages_of_ever_the_same_records_stop_the_stream(database_url: str, tmp_path: Path) -> None:
    random, known = Random(5), dict[str, Any]()

    def another_choice(decoded: Page) -> None:
        # the simulator does not know our cursors: it answers the later ones with an error
        known.update({record["id"]: record for record in decoded.get("tickets", ())})
        decoded.pop("errors", None)
        decoded["type"], decoded["pages"] = "list", {}
        decoded["tickets"] = random.sample(list(known.values()), k=min(15, len(known)))
        decoded["pages"]["next"] = {"page": 2, "starting_after": f"cursor-{random.random()}"}

    workspace = Workspace(seed=62, size=Size(contacts=18, conversations=5, companies=5, tickets=18))
    with copying(database_url, tmp_path, names=["tickets"], workspace=workspace, page_size=None) as copy:
        (spoil,) = copy.spoil(Spoil("edit", "POST /tickets/search", edit=page(another_choice)))
        assert_stops_and_recovers(copy, spoil, "the same 18 records again and again")
        assert spoil.fired < 200


@pytest.mark.fault(19, "L")
def test_a_scroll_that_expires_begins_again_from_the_first_page(database_url: str, tmp_path: Path) -> None:
    size = Size(contacts=5, conversations=5, companies=230, tickets=5)
    workspace, expired = Workspace(seed=63, size=size), list[int]()

    def expire() -> None:
        workspace.scroll.break_off()
        expired.append(1)

    with copying(database_url, tmp_path, names=["companies"], workspace=workspace) as copy:
        for nth in (2, 5):
            workspace.before_request("GET /companies/scroll", expire, nth=nth)
        assert copy.sync().exit_code is ExitCode.OK
        assert_fired(len(expired), "an expired scroll", at_least=2)
        begun = [asked for asked in copy.wire.asked if "/companies/scroll" in asked and "=" not in asked]
        assert len(begun) == 3
        copy.assert_is_whole()


@pytest.mark.fault(22, "L")
def test_a_total_that_lies_costs_no_record(database_url: str, tmp_path: Path) -> None:
    with copying(database_url, tmp_path) as copy:
        assert copy.sync().exit_code is ExitCode.OK
        gone, *_ = copy.workspace.truth("conversations")
        copy.workspace.delete_conversation(gone)
        for total in (1_000_000_000, 0, 7, None, -5, "many"):
            edit = page(lambda decoded, total=total: decoded.update(total_count=total))
            (spoil,) = copy.spoil(Spoil("edit", SEARCH, edit=edit))
            assert copy.sync(full=True).exit_code is ExitCode.OK
            assert_fired(spoil.fired, "a total that lies")
            marked = rows(database_url, "select id from intercom.conversations where deleted_at is not null")
            assert [row["id"] for row in marked] == [gone]
        copy.spoil()
        assert copy.sync(full=True).exit_code is ExitCode.OK
        copy.assert_is_whole()


@pytest.mark.fault(22, "L")
def test_a_next_page_behind_the_last_one_is_an_empty_one(database_url: str, tmp_path: Path) -> None:
    def one_more(decoded: Page) -> None:
        decoded["pages"].setdefault("next", {"page": 9, "starting_after": "beyond"})

    def nothing(_: bytes) -> bytes:
        return b'{"type":"conversation.list","conversations":[],"total_count":30,"pages":{"next":null}}'

    beyond, more = Spoil("edit", "beyond", edit=nothing), Spoil("edit", SEARCH, edit=page(one_more))
    with copying(database_url, tmp_path, beyond, more) as copy:
        assert copy.sync().exit_code is ExitCode.OK
        assert_fired(beyond.fired, "a page behind the last one")
        copy.assert_is_whole()


@pytest.mark.fault(22, "L")
def test_an_empty_page_in_the_middle_is_not_the_end(database_url: str, tmp_path: Path) -> None:
    seen: list[str] = []

    def empty(decoded: Page) -> None:
        """The same place again, under another name, behind an empty page."""
        asked = copy.wire.asked[-1].split('"starting_after":"')[1].split('"')[0]
        *place, number = json.loads(base64.b64decode(asked))
        renamed = base64.b64encode(json.dumps([*place, number + 1_000]).encode()).decode()
        seen.append(renamed)
        decoded["conversations"] = []
        decoded["pages"]["next"] = {"page": 2, "starting_after": renamed}

    with copying(database_url, tmp_path) as copy:
        (spoil,) = copy.spoil(Spoil("edit", LATER, edit=page(empty), count=1))
        assert copy.sync(concurrency=1).exit_code is ExitCode.OK
        assert_fired(spoil.fired, "an empty page")
        assert any(seen[0] in asked for asked in copy.wire.asked)
        copy.assert_is_whole()
