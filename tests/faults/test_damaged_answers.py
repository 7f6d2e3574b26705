"""Answers with status 200 that are none: once they are passing trouble, for ever they are an error."""

from collections.abc import Callable
from pathlib import Path

import pytest
from oracle import assert_fired

from intercom_etl.exit_codes import ExitCode
from tests.faults.copying import DETAIL, SEARCH, SMALL, copying
from tests.faults.wire import HTML, Spoil

DEEP = b"[" * 100_000 + b"]" * 100_000
DIGITS = b"9" * 5_000
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "html": lambda _: HTML,
    "nothing": lambda _: b"",
    "half": lambda body: body[: len(body) // 2],
    "all but its end": lambda body: body[:-1],
    "NaN": lambda _: b"NaN",
    "nothing but depth": lambda _: DEEP,
    "depth without an end": lambda _: b'{"a":' * 100_000,
    "a number of 5,000 digits": lambda _: DIGITS,
    "an error with status 200": lambda _: b'{"type":"error.list","errors":[]}',
}


def each(request: str) -> list[Spoil]:
    return [Spoil("edit", request, edit=edit, count=1) for edit in DAMAGE.values()]


@pytest.mark.fault(5, "L D")
def test_what_is_not_json_once_is_asked_for_again(database_url: str, tmp_path: Path) -> None:
    with copying(database_url, tmp_path, *each(SEARCH), *each(DETAIL)) as copy:
        assert copy.sync(max_attempts=20).exit_code is ExitCode.OK
        for spoil in copy.wire.spoils:
            assert_fired(spoil.fired, "damage")
        copy.assert_is_whole()


@pytest.mark.fault(5, "L D")
def test_what_is_never_json_ends_the_stream_and_costs_only_time(database_url: str, tmp_path: Path) -> None:
    with copying(database_url, tmp_path) as copy:
        copy.spoil(Spoil("edit", SEARCH, edit=DAMAGE["html"], after=1))
        ended = copy.command("--quiet")
        assert (ended.code, len(ended.error_lines)) == (75, 1)
        assert "`POST /conversations/search` is not a whole JSON object" in ended.err
        assert "hint: a proxy or login page may stand in for the api (exit 75)" in ended.err
        # what came before the trouble is saved: one page, and what had been waiting
        assert 10 <= copy.stored() < SMALL.conversations
        assert copy.bookmarks() == []
        # few for the details: each run leaves some in quarantine, which the next one asks for and forgives
        for request, kinds in ((SEARCH, ("html", "nothing", "half", "NaN")), (DETAIL, ("html", "half"))):
            for damage in kinds:
                (spoil,) = copy.spoil(Spoil("edit", request, edit=DAMAGE[damage]))
                report = copy.sync(max_attempts=1)
                assert_fired(spoil.fired, damage)
                assert report.exit_code is ExitCode.TRY_AGAIN, damage
                copy.assert_sound()
        copy.assert_recovers()


@pytest.mark.fault(5, "D")
def test_one_record_that_is_never_json_waits_in_quarantine(database_url: str, tmp_path: Path) -> None:
    with copying(database_url, tmp_path) as copy:
        lost = sorted(copy.workspace.truth("conversations"))[11]
        (spoil,) = copy.spoil(Spoil("edit", f"GET /conversations/{lost}", edit=lambda _: DEEP))
        ended = copy.command("--quiet")
        assert_fired(spoil.fired, "a record that is no JSON")
        assert (ended.code, len(ended.error_lines)) == (3, 1)
        assert "run 1 partial: 1 record in quarantine (exit 3)" in ended.err
        assert copy.quarantined() == [(lost, True)]
        assert copy.stored() == len(copy.workspace.truth("conversations")) - 1
        copy.assert_sound()
        copy.spoil()
        assert copy.sync().exit_code is ExitCode.OK
        copy.assert_is_whole()


@pytest.mark.fault(5, "P")
@pytest.mark.parametrize("value", [b"NaN", DIGITS, DEEP], ids=["NaN", "digits", "depth"])
def test_odd_values_in_a_whole_answer_cost_no_neighbour(
    database_url: str, tmp_path: Path, value: bytes
) -> None:
    def in_record(body: bytes) -> bytes:
        return body.replace(b'"custom_attributes":{', b'"custom_attributes":{"odd":' + value + b",", 1)

    def beside_records(body: bytes) -> bytes:
        return b'{"odd":' + value + b',"total_count":' + value + b"," + body.lstrip()[1:]

    with copying(database_url, tmp_path, names=["conversations", "contacts"]) as copy:
        spoils = copy.spoil(
            Spoil("edit", SEARCH, edit=beside_records, count=1),
            Spoil("edit", "POST /contacts/search", edit=in_record, count=1),
            Spoil("edit", DETAIL, edit=in_record, count=1),
        )
        report = copy.sync()
        for spoil in spoils:
            assert_fired(spoil.fired, "an odd value")
        assert [stream.error for stream in report.streams] == [None, None]
        refused = 2 if value is DEEP else 0  # neither validation nor jsonb can hold it
        assert [pending for _, pending in copy.quarantined()] == [False] * refused
        stored = copy.stored() + copy.stored("contacts")
        assert stored == SMALL.conversations + SMALL.contacts - refused
        for identity in copy.workspace.truth("conversations"):
            copy.workspace.reply(identity)
        for identity in copy.workspace.truth("contacts"):
            copy.workspace.update_contact(identity, name="changed")
        copy.assert_recovers()
