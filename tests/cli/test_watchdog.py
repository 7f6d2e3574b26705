"""--ping-url: a real server hears of start and end, and nobody else hears of its address."""

import asyncio
import os
import re
import signal
import socket
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine, Ended
from forked import Forked
from watchdog import SECRET, Watchdog

from intercom_etl import ping as pinging
from intercom_etl.errors import ConfigError
from intercom_etl.ping import ping, require_address, secrets_of
from intercom_etl.postgres.connection import open_database
from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.state.leases import leased

PART = SECRET.rpartition("/")[2]


def test_start_and_success_with_the_summary(forked: Forked) -> None:
    with Watchdog() as watchdog:
        ended = forked("sync", "tags", "-q", "--ping-url", watchdog.url)
        assert (ended.code, ended.out + ended.err) == (0, "")
        assert watchdog.paths == ["/start", ""]
        assert watchdog.pings[1][1].startswith("ok  run 1  1 stream  ")
        watchdog.pings.clear()
        assert forked("verify", "tags", "-q", INTERCOM_ETL_PING_URL=watchdog.url).code == 0
        (forked.folder / "address").write_text(watchdog.url + "\n")
        span = ("--from", "9000d", "--window", "9000d")
        ended = forked("backfill", "conversations", *span, "-q", INTERCOM_ETL_PING_URL_FILE="address")
        assert ended.code == 0
        assert watchdog.paths == ["/start", ""] * 2
        assert "0 wrong" in watchdog.pings[1][1]


def test_failures_with_their_code_and_what_was_wrong(forked: Forked, simulator: SimulatorServer) -> None:
    forked.environment["INTERCOM_ETL_MAX_ATTEMPTS"] = "1"
    with Watchdog() as watchdog:
        told = ("-q", "--ping-url", watchdog.url)
        assert forked("sync", "tags", *told, INTERCOM_ACCESS_TOKEN="of-yesterday").code == 77
        assert forked("sync", "tags", *told, INTERCOM_ACCESS_TOKEN=None).code == 78
        assert forked("sync", "tags", *told, DATABASE_URL="postgresql://u:p@127.0.0.1:1/x").code == 75
        with SimulatorServer(simulator.workspace, faults=Faults(Fault("403", path="*/teams"))) as server:
            assert forked("sync", "tags", "teams", *told, INTERCOM_BASE_URL=server.url).code == 3
        assert watchdog.paths == ["/start", "/77", "/start", "/78", "/start", "/75", "/start", "/3"]
        bodies = [body for path, body in watchdog.pings if path != "/start"]
        for body, word in zip(bodies, ("401", "TOKEN is not set", "127.0.0.1:1", "teams"), strict=True):
            assert word in body
            assert SECRET not in body


def test_a_settings_file_that_cannot_be_read_is_told_too(forked: Forked) -> None:
    (forked.folder / ".env").mkdir()
    with Watchdog() as watchdog:
        assert forked("sync", "-q", "--ping-url", watchdog.url).code == 78
        assert watchdog.paths == ["/78"]


def test_a_watchdog_that_is_dead_or_refuses_is_a_warning_and_changes_nothing(forked: Forked) -> None:
    with Watchdog(status=500) as angry:
        for url, why in ((f"http://127.0.0.1:1{SECRET}", "ConnectError"), (angry.url, "it answered 500")):
            ended = forked("sync", "tags", "--ping-url", url)
            assert ended.code == 0
            assert ended.err.count(f"warning: the watchdog could not be told: {why}\n") == 2
            assert "ok  run" in ended.out
            ended = forked("sync", "tags", "--ping-url", url, "-q")
            assert (ended.code, ended.out + ended.err) == (0, "")


@pytest.mark.parametrize("url", ["hc-ping.com/u", "ftp://h/u", "http://", "https://[u", "mailto:u@h", "x\ny"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ConfigError, match="not an http"):
        require_address(url)


def test_an_address_that_is_none_is_refused_before_the_run(forked: Forked) -> None:
    ended = forked("sync", "tags", "--ping-url", "hc-ping.com/u", "-q")
    assert ended.code == 78
    assert "the address to ping is not an http(s) address; hint: give --ping-url or" in ended.err
    assert "hc-ping.com/u;" not in ended.err
    assert forked("runs", "--json").json == []


def test_a_query_stays_behind_the_path() -> None:
    with Watchdog() as watchdog:
        assert ping(f"{watchdog.url}/?key=a/b", "75", "what") is None
        assert ping(f"{watchdog.url}?key=a") is None
        assert watchdog.paths == ["/75?key=a/b", "?key=a"]


def test_who_never_answers_or_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pinging, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        assert ping(address, tries=2) == "ReadTimeout"

        def answer() -> None:
            with ExitStack() as stack:
                for _ in range(3):  # the two from before wait there
                    near = stack.enter_context(listener.accept()[0])
                    with suppress(OSError):
                        near.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
                is_over.wait(10)

        is_over = threading.Event()
        answering = threading.Thread(target=answer, daemon=True)
        answering.start()
        assert ping(address) is None
        is_over.set()
        answering.join()


def test_every_part_of_an_address_that_lets_one_ping_is_secret() -> None:
    url = "https://user:pass-word-of-it@h/a/0123456789abcdef?key=fedcba9876543210"
    assert secrets_of(url) >= {url, "pass-word-of-it", "0123456789abcdef", "fedcba9876543210"}
    assert secrets_of("https://hc-ping.com/ab") == {"https://hc-ping.com/ab"}


def everything(folder: Path, *ended: Ended) -> str:
    files = [path.read_text(errors="replace") for path in folder.parent.rglob("*") if path.is_file()]
    return "\n".join([*files, *(each.out + each.err for each in ended)])


def test_its_address_shows_nowhere(forked: Forked, cli: CommandLine) -> None:
    """Not where it is down, not where the run fails, is ended, or has a bug."""
    told = (
        "--ping-url",
        f"http://127.0.0.1:1{SECRET}",
        "--log-file",
        "log.jsonl",
        "--metrics-file",
        "m.prom",
    )
    forked.environment["INTERCOM_ETL_MAX_ATTEMPTS"] = "1"
    ended = [
        forked("sync", "tags", "-v", *told),
        forked("sync", "tags", "--json", *told, INTERCOM_ACCESS_TOKEN="no"),
        forked("sync", "tags", "--log-format", "json", *told),
        forked("sync", "nothing", *told),
    ]
    assert [each.code for each in ended] == [0, 77, 0, 2]
    (cli.folder / "sitecustomize.py").write_text(
        "import sys, intercom_etl.api as api\n"
        "def broken(settings):\n"
        "    raise RuntimeError(' '.join(sys.argv))\n"
        "api.api_config = broken\n"
    )
    ended.append(cli("sync", "tags", *told, PYTHONPATH=str(cli.folder)))
    assert ended[-1].code == 1
    assert re.search(r"_last_run_exit_code\{.*\} 1\.0\n", (cli.folder / "m.prom").read_text())
    assert "broken" in everything(cli.folder)
    text = everything(cli.folder, *ended)
    assert PART not in text
    assert "****" in text


def test_ended_by_a_signal_it_says_how_to_go_on_without_the_address(
    forked: Forked, simulator: SimulatorServer
) -> None:
    with (
        Watchdog() as watchdog,
        SimulatorServer(simulator.workspace, latency=1.0) as server,
    ):
        arguments = ("sync", "tags", "--json", "--ping-url", watchdog.url)
        child = forked.fork(*arguments, INTERCOM_BASE_URL=server.url)
        until = time.monotonic() + 30
        while not server.requests and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(child.pid, signal.SIGTERM)
        ended = child.wait()
        assert ended.code == 143
        assert watchdog.paths == ["/start", "/143"]
    document: dict[str, Any] = ended.json
    assert "go on with `intercom-etl sync tags --json --ping-url ****`" in document["error"]["message"]
    assert PART not in ended.out + ended.err


async def test_who_finds_the_workspace_taken_tells_nothing_when_it_may_skip(
    forked: Forked, database_url: str
) -> None:
    assert forked("sync", "tags", "-q").code == 0
    with Watchdog() as watchdog:
        async with open_database(database_url) as database:
            [found] = await database.rows("list_run_workspaces")
            async with leased(database, found["workspace_id"], 1):
                told = ("sync", "tags", "-q", "--ping-url", watchdog.url)
                skipping, waiting = forked.fork(*told, "--skip-if-locked"), forked.fork(*told)
                assert (await asyncio.to_thread(skipping.wait)).code == 0
                assert (await asyncio.to_thread(waiting.wait)).code == 11
        assert watchdog.paths == ["/start", "/11"]
        assert "works on workspace" in watchdog.pings[1][1]
