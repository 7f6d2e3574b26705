"""Answers that are too large, as they come or once they are inflated: row 23 of the fault matrix."""

from pathlib import Path

import pytest
from oracle import assert_fired

from intercom_etl.exit_codes import ExitCode
from intercom_etl.simulator.faults import Fault
from tests.faults.copying import DETAIL, SEARCH, copying
from tests.faults.wire import Spoil

MB = 1024 * 1024
LARGE_PAGE = r'/search .*"per_page":(1\d|[2-9]\d|\d{3})\b'


def huge(body: bytes) -> bytes:
    return body.rstrip()[:-1] + b',"surprise":"' + b"x" * (3 * MB) + b'"}'


@pytest.mark.fault(23, "L P")
def test_a_page_over_the_cap_is_asked_for_in_smaller_ones(database_url: str, tmp_path: Path) -> None:
    with copying(database_url, tmp_path, page_size=None) as copy:
        (spoil,) = copy.spoil(Spoil("edit", LARGE_PAGE, edit=huge))
        assert copy.sync(max_response_bytes=MB).exit_code is ExitCode.OK
        assert_fired(spoil.fired, "a page over the cap", at_least=4)
        copy.assert_is_whole()


@pytest.mark.fault(23, "L")
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip bomb"])
def test_a_list_that_is_always_over_the_cap_ends_the_stream_and_names_the_setting(
    database_url: str, tmp_path: Path, packed: bool
) -> None:
    with copying(database_url, tmp_path) as copy:
        bomb = Fault("gzip_bomb", path="POST /conversations/search", size=64 * MB)
        spoil = Spoil("edit", SEARCH, edit=huge)
        if packed:
            copy.server.faults.add(bomb)
        else:
            copy.spoil(spoil)
        ended = copy.command("--quiet", INTERCOM_ETL_MAX_RESPONSE_MB="1")
        assert_fired(bomb.fired + spoil.fired, "a list over the cap")
        assert (ended.code, len(ended.error_lines)) == (3, 1)
        assert "answer to `POST /conversations/search` is larger than the cap" in ended.err
        assert "raise INTERCOM_ETL_MAX_RESPONSE_MB" in ended.err
        assert copy.bookmarks() == []
        copy.assert_recovers()


@pytest.mark.fault(23, "D P")
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip bomb"])
def test_one_record_over_the_cap_waits_in_quarantine_and_costs_no_other(
    database_url: str, tmp_path: Path, packed: bool
) -> None:
    with copying(database_url, tmp_path) as copy:
        large = sorted(copy.workspace.truth("conversations"))[3]
        bomb = Fault("gzip_bomb", path=f"GET /conversations/{large}", size=64 * MB)
        spoil = Spoil("edit", f"GET /conversations/{large}", edit=huge)
        if packed:
            copy.server.faults.add(bomb)
        else:
            copy.spoil(spoil)
        ended = copy.command("--quiet", INTERCOM_ETL_MAX_RESPONSE_MB="1")
        assert_fired(bomb.fired + spoil.fired, "a record over the cap")
        assert (ended.code, len(ended.error_lines)) == (3, 1)
        assert copy.quarantined() == [(large, True)]
        # it is asked for again in every run, and waits on
        assert copy.sync(max_response_bytes=MB).exit_code is ExitCode.PARTIAL
        assert_fired(bomb.fired + spoil.fired, "the same record", at_least=2)
        assert copy.quarantined() == [(large, True)]
        assert copy.stored() == len(copy.workspace.truth("conversations")) - 1
        copy.assert_recovers()


@pytest.mark.fault(23, "D")
def test_when_all_details_are_over_the_cap_it_is_the_setting(database_url: str, tmp_path: Path) -> None:
    with copying(database_url, tmp_path) as copy:
        (spoil,) = copy.spoil(Spoil("edit", DETAIL, edit=huge))
        ended = copy.command("--quiet", INTERCOM_ETL_MAX_RESPONSE_MB="1")
        assert_fired(spoil.fired, "details over the cap", at_least=6)
        assert ended.code == 3
        assert "raise INTERCOM_ETL_MAX_RESPONSE_MB" in ended.err
        assert copy.bookmarks() == []
        copy.assert_recovers()


@pytest.mark.fault(23, "P")
def test_a_record_of_megabytes_below_the_cap_is_stored(database_url: str, tmp_path: Path) -> None:
    with copying(database_url, tmp_path) as copy:
        large, *_ = sorted(copy.workspace.truth("conversations"))
        copy.workspace.reply(large, "x" * (12 * MB))
        assert copy.sync().exit_code is ExitCode.OK
        copy.assert_is_whole()
