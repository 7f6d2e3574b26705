"""`sync --every`: rounds in one process, with real signals, until somebody or something final ends it."""

import gc
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from command_line import TOKEN, CommandLine, assert_says
from forked import Child, Forked
from watchdog import Watchdog

from cli.output import Printer
from cli.request import read_request
from cli.rounds import JITTER, LONGEST_BACK_OFF, Round, pause_after, repeat
from cli.running import SIGNALS, now
from cli.telling import Listeners
from intercom_etl.simulator.server import SimulatorServer


@pytest.fixture
def signals() -> Iterator[None]:
    """Puts back what happens on a signal."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def wait_until_said(child: Child, words: str) -> None:
    until = time.monotonic() + 30
    while words not in child.err.read_text() and time.monotonic() < until:
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_between_two_rounds_ends_it_with_0(forked: Forked, number: int) -> None:
    told = ("--log-file", "log.jsonl", "--metrics-file", "m.prom")
    with Watchdog() as watchdog:
        child = forked.fork("sync", "tags", "--every", "1h", "--ping-url", watchdog.url, *told)
        watchdog.wait_for("")
        time.sleep(0.3)
        os.kill(child.pid, number)
        ended = child.wait()
        assert watchdog.paths == ["/start", ""]
    assert ended.code == 0, ended
    [line] = ended.out.splitlines()
    assert "  ok  run 1  1 stream  " in line
    assert ended.error_lines == ["stopped between two runs: nothing was interrupted"]
    said = [json.loads(line)["message"] for line in (forked.folder / "log.jsonl").read_text().splitlines()]
    assert [message for message in said if message.startswith("sync ended: ok run 1 ")]
    assert "intercom_etl_last_run_exit_code" in (forked.folder / "m.prom").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_of_a_round_ends_it_in_order(
    forked: Forked, simulator: SimulatorServer, number: int
) -> None:
    with SimulatorServer(simulator.workspace, latency=1.0) as server:
        child = forked.fork("sync", "tags", "--every", "1h", INTERCOM_BASE_URL=server.url)
        until = time.monotonic() + 30
        while not server.requests and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(child.pid, number)
        ended = child.wait()
    assert ended.code == 128 + number, ended
    assert ended.error_lines[-1].startswith("interrupted: everything committed is kept; go on with")
    [run] = forked("runs", "--json").json
    assert (run["status"], run["exit_code"]) == ("interrupted", 128 + number)


def test_an_api_or_a_database_that_is_away_does_not_end_it_and_a_refused_token_does(forked: Forked) -> None:
    forked.environment["INTERCOM_ETL_MAX_ATTEMPTS"] = "1"
    away: dict[str, dict[str, str | None]] = {
        "cannot connect to `127.0.0.1:1`": {"INTERCOM_BASE_URL": "http://127.0.0.1:1"},
        "cannot reach PostgreSQL": {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x"},
    }
    command = ("sync", "tags", "--every", "1s", "--quiet")
    children = {word: forked.fork(*command, **changes) for word, changes in away.items()}
    refused = forked(*command, INTERCOM_ACCESS_TOKEN="of-yesterday")
    assert (refused.code, refused.out, len(refused.error_lines)) == (77, "", 1)
    for word, child in children.items():
        wait_until_said(child, "(exit 75)")
        time.sleep(0.1)
        os.kill(child.pid, signal.SIGTERM)
        ended = child.wait()
        assert ended.code == 0, ended
        assert ended.out == ""
        assert ended.error_lines
        assert all(word in line and line.endswith(" (exit 75)") for line in ended.error_lines), ended.err


def test_it_says_when_the_next_run_is_after_a_failure(forked: Forked) -> None:
    forked.environment["INTERCOM_ETL_MAX_ATTEMPTS"] = "1"
    child = forked.fork("sync", "tags", "--every", "5m", INTERCOM_BASE_URL="http://127.0.0.1:1")
    wait_until_said(child, "next run in")
    os.kill(child.pid, signal.SIGINT)
    ended = child.wait()
    assert ended.code == 0
    [line] = [line for line in ended.error_lines if line.startswith("next run in ")]
    assert line[12:] in {f"{seconds // 60}m{seconds % 60:02}s" for seconds in range(540, 661)}


def test_pauses_are_spread_and_grow_with_failures_up_to_a_bound() -> None:
    low, high = 1 - JITTER, 1 + JITTER
    pauses = [pause_after(20, 120, 0) for _ in range(50)]
    assert 100 * low <= min(pauses) < max(pauses) <= 100 * high
    assert pause_after(200, 120, 0) == 0
    for failures, base in ((1, 240), (2, 480), (3, 960), (4, 1800), (400, 1800)):
        assert base * low <= pause_after(20, 120, failures) <= base * high
    assert pause_after(0, 2 * LONGEST_BACK_OFF, 5) >= 2 * LONGEST_BACK_OFF * low


@pytest.mark.parametrize("other", ["--json", "--dry-run"])
def test_what_does_not_go_with_it_is_refused(forked: Forked, other: str) -> None:
    ended = forked("sync", "--every", "2m", other)
    assert ended.code == 2
    assert "--every does not go with --json or --dry-run" in ended.err
    assert_says(forked("sync", "--every", "soon"), 2, ["--every `soon`"], "`30m`")


class Enough(BaseException):
    """So many rounds."""


@dataclass(slots=True)
class Counted(Round):
    """Rounds that notice how much is left behind after each."""

    def __call__(self) -> int:
        code = Round.__call__(self)
        gc.collect()
        sizes.append(len(gc.get_objects()))
        if len(sizes) == ROUNDS:
            raise Enough
        return code


sizes: list[int] = []
ROUNDS, WARM = 14, 6


@pytest.mark.usefixtures("signals")
def test_memory_does_not_grow_from_round_to_round(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(cli.folder)
    for name, value in cli.environment.items():
        monkeypatch.setenv(name, value)
    printer, complete = Printer(), read_request(["tags"], since=None, full=False, limit=None, now=now())
    with Watchdog() as watchdog:
        listeners = Listeners(tmp_path / "m.prom", watchdog.url)
        work = Counted(printer, complete, listeners, False, False, True, "text")
        with pytest.raises(Enough):
            repeat(printer, timedelta(milliseconds=1), work)
        assert watchdog.paths == ["/start", ""] * ROUNDS
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == ROUNDS
    assert all("  ok  run " in line for line in lines)
    assert TOKEN not in "".join(lines)
    # an object that is left behind in each round makes four
    grown = min(sizes[-4:]) - min(sizes[WARM : WARM + 4])
    assert grown < 4, sizes
