"""The API is busy, broken, or takes back what it allowed: rows 3, 4 and 9 of the fault matrix."""

import json
import signal
import threading
import time
from collections import Counter
from email.utils import formatdate
from pathlib import Path

import pytest
from oracle import assert_fired

from intercom_etl.exit_codes import ExitCode
from intercom_etl.simulator.faults import Fault
from tests.faults.copying import copying
from tests.faults.wire import Spoil

LIST, ONE = "POST */conversations/search", "GET /conversations/[0-9]*"


@pytest.mark.fault(3, "L D")
def test_whatever_a_refusal_for_rate_says_of_waiting_the_run_gets_through(
    database_url: str, tmp_path: Path
) -> None:
    soon, past = (formatdate(time.time() + seconds, usegmt=True) for seconds in (2, -900))
    headers = [
        ("-60", None),
        ("+1", None),
        (None, None),
        ("soon", None),
        (None, "0.2"),
        ("+1", "-5"),
        (None, "a while"),
        (None, soon),
        (None, past),
    ]
    with copying(database_url, tmp_path) as copy:
        asked = [
            Fault("429", path=path, count=1, reset=reset, retry_after=wait)
            for path in (LIST, ONE)
            for reset, wait in headers
        ]
        storm = Fault("429", probability=0.3, reset=None)
        for fault in (*asked, storm):
            copy.server.faults.add(fault)
        assert copy.sync(max_attempts=40).exit_code is ExitCode.OK
        for fault in (*asked, storm):
            assert_fired(fault.fired, f"429 with {fault.reset=} {fault.retry_after=}")
        copy.server.faults.clear()
        copy.assert_is_whole()


@pytest.mark.fault(3, "L D")
@pytest.mark.parametrize("path", [LIST, ONE])
def test_while_the_api_says_wait_nobody_asks(database_url: str, tmp_path: Path, path: str) -> None:
    with copying(database_url, tmp_path) as copy:
        refusal = copy.server.faults.add(Fault("429", path=path, retry_after="1"))
        timer = threading.Timer(0.7, copy.server.faults.clear)
        copy.workspace.before_request(path, timer.start)
        assert copy.sync().exit_code is ExitCode.OK
        timer.join()
        assert_fired(refusal.fired, "429")
        # each was refused once, and no one came again before its time
        refused = Counter(asked for _, asked, status in copy.server.requests if status == 429)
        assert set(refused.values()) == {1}
        copy.assert_is_whole()


@pytest.mark.fault(3, "L D")
@pytest.mark.parametrize(("path", "reset"), [(LIST, "+60"), (ONE, "+1")])
def test_refusals_for_rate_for_ever_end_with_the_patience(
    database_url: str, tmp_path: Path, path: str, reset: str
) -> None:
    with copying(database_url, tmp_path) as copy:
        refusal = copy.server.faults.add(Fault("429", path=path, reset=reset))
        ended = copy.command("--quiet", INTERCOM_ETL_MAX_RETRY_SECONDS="0.5")
        assert_fired(refusal.fired, "429")
        assert (ended.code, len(ended.error_lines)) == (75, 1)
        assert "was answered 429 `rate_limit_exceeded`" in ended.err
        assert "another program uses up the allowance of the workspace: try again later" in ended.err
        assert copy.bookmarks() == []
        copy.assert_recovers()


@pytest.mark.fault(3, "L")
def test_nobody_waits_for_more_than_a_minute_at_a_time(database_url: str, tmp_path: Path) -> None:
    with copying(database_url, tmp_path) as copy:
        refusal = copy.server.faults.add(Fault("429", path="/me", reset="+86400"))
        process = copy.program.start(
            "sync", "-v", "--log-format", "json", INTERCOM_ETL_MAX_RETRY_SECONDS="600"
        )
        with process:
            assert process.stderr
            told = next(line for line in process.stderr if "retry of" in line)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)
        assert process.returncode == 143
        seconds = float(json.loads(told)["message"].split(" in ")[1].split()[0])
        assert 60 <= seconds <= 61
        assert_fired(refusal.fired, "429")
        copy.assert_recovers()


@pytest.mark.fault(4, "L D")
def test_a_burst_of_server_errors_costs_only_time(database_url: str, tmp_path: Path) -> None:
    kinds = ("408", "500", "502", "503", "504")
    with copying(database_url, tmp_path) as copy:
        for path in (LIST, ONE):
            for kind in kinds:
                copy.server.faults.add(Fault(kind, path=path, count=2))
        rules = list(copy.server.faults.rules)
        assert copy.sync(max_attempts=20).exit_code is ExitCode.OK
        for rule in rules:
            assert_fired(rule.fired, f"{rule.kind} on {rule.path}", at_least=2)
        copy.assert_is_whole()


@pytest.mark.fault(4, "L")
def test_pages_get_smaller_until_the_api_can_give_them(database_url: str, tmp_path: Path) -> None:
    too_many = r'/search .*"per_page":(1\d|[2-9]\d|\d{3})\b'
    with copying(database_url, tmp_path, page_size=None) as copy:
        (spoil,) = copy.spoil(Spoil("504", too_many))
        assert copy.sync().exit_code is ExitCode.OK
        assert_fired(spoil.fired, "504 on large pages", at_least=8)
        assert any('"per_page":9}' in asked for asked in copy.wire.asked)
        copy.assert_is_whole()


@pytest.mark.fault(4, "L D")
@pytest.mark.parametrize(
    ("path", "request_"), [(LIST, "POST /conversations/search"), (ONE, "GET /conversations/")]
)
def test_a_server_that_is_broken_for_ever_is_named(
    database_url: str, tmp_path: Path, path: str, request_: str
) -> None:
    with copying(database_url, tmp_path) as copy:
        broken = copy.server.faults.add(Fault("503", path=path, after=1))
        ended = copy.command("--quiet")
        assert_fired(broken.fired, "503")
        assert (ended.code, len(ended.error_lines)) == (75, 1)
        assert f"conversations: `{request_}" in ended.err
        assert "was answered 503 `service_unavailable`" in ended.err
        assert copy.bookmarks() == []
        copy.assert_recovers()


@pytest.mark.fault(4, "D")
def test_one_record_that_the_api_cannot_give_is_asked_for_again_next_time(
    database_url: str, tmp_path: Path
) -> None:
    with copying(database_url, tmp_path) as copy:
        lost = sorted(copy.workspace.truth("conversations"))[17]
        broken = copy.server.faults.add(Fault("500", path=f"/conversations/{lost}"))
        assert copy.sync(max_attempts=3).exit_code is ExitCode.PARTIAL
        assert_fired(broken.fired, "500", at_least=3)
        assert copy.quarantined() == [(lost, True)]
        assert copy.sync(max_attempts=3).exit_code is ExitCode.PARTIAL
        assert copy.quarantined() == [(lost, True)]
        copy.assert_recovers()


@pytest.mark.fault(9, "L D")
@pytest.mark.parametrize(("path", "after"), [(LIST, 1), (ONE, 12)])
def test_a_token_that_is_revoked_half_way_ends_the_run_at_once(
    database_url: str, tmp_path: Path, path: str, after: int
) -> None:
    with copying(database_url, tmp_path) as copy:
        revoked = copy.server.faults.add(Fault("401", path=path, after=after))
        copy.server.faults.add(Fault("401", path="/me", after=1))
        ended = copy.command("--quiet", INTERCOM_ETL_CONCURRENCY="2", INTERCOM_ETL_MAX_RETRY_SECONDS="60")
        assert_fired(revoked.fired, "401")
        assert (ended.code, len(ended.error_lines)) == (77, 1)
        assert "was answered 401 `unauthorized`" in ended.err
        assert "check INTERCOM_ACCESS_TOKEN" in ended.err
        refused = Counter(asked for _, asked, status in copy.server.requests if status == 401)
        assert set(refused.values()) == {1}
        assert refused.total() < 8  # what was under way, and one look at whether all is lost
        assert copy.bookmarks() == []
        assert copy.stored() <= after + 10
        copy.assert_recovers()


@pytest.mark.fault(9, "L D")
@pytest.mark.parametrize(("path", "after", "code"), [(LIST, 0, 77), (LIST, 1, 3), (ONE, 12, 3)])
def test_a_permission_that_is_lost_is_named_and_not_asked_for_again(
    database_url: str, tmp_path: Path, path: str, after: int, code: int
) -> None:
    with copying(database_url, tmp_path) as copy:
        lost = copy.server.faults.add(Fault("403", path=path, after=after))
        ended = copy.command("--quiet", INTERCOM_ETL_CONCURRENCY="2", INTERCOM_ETL_MAX_RETRY_SECONDS="60")
        assert_fired(lost.fired, "403")
        assert (ended.code, len(ended.error_lines)) == (code, 1)
        assert "conversations: " in ended.err
        assert "was answered 403" in ended.err
        assert "`Read conversations`" in ended.err
        refused = Counter(asked for _, asked, status in copy.server.requests if status == 403)
        assert set(refused.values()) == {1}
        assert copy.bookmarks() == []
        copy.assert_recovers()
