"""kill -9 at any moment: nothing lost, nothing twice, and the bookmark never ahead of the data."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
from truth import TOKEN, assert_equals_truth, assert_nothing_twice_and_no_orphans, contents, rows

from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

SIZE = Size(contacts=450, conversations=500, companies=150, tickets=160)


@pytest.fixture
def environment(tmp_path: Path, database_url: str) -> dict[str, str]:
    """What the command needs, and nothing else of this machine's."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "INTERCOM_ACCESS_TOKEN": TOKEN,
        "INTERCOM_ETL_HOME": str(tmp_path / "home"),
        "DATABASE_URL": database_url,
    }


def start_sync(environment: dict[str, str], server: SimulatorServer, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "sync", "--quiet"],
        env={**environment, "INTERCOM_BASE_URL": server.url},
        cwd=folder,
        stderr=subprocess.PIPE,
    )


def kill_after(process: subprocess.Popen[bytes], server: SimulatorServer, requests: int, more: float) -> bool:
    """kill -9 once so many more requests were answered and `more` seconds passed; False: it had ended before.

    By requests and not by time alone: on a fast machine all would be over before the first kill.
    """
    until = len(server.requests) + requests
    while len(server.requests) < until and process.poll() is None:
        time.sleep(0.005)
    time.sleep(more)
    if process.poll() is not None:
        return False
    process.kill()
    return True


def assert_bookmarks_are_not_ahead(url: str, workspace: Workspace) -> None:
    """Every record of the truth that changed before the bookmark is stored in that version."""
    for name in ("contacts", "conversations", "tickets"):
        held = {
            row["id"]: row["updated_at"] for row in rows(url, f"select id, updated_at from intercom.{name}")
        }
        marks = rows(url, f"select value, resume_from from etl.bookmark where stream = '{name}'")
        for mark in marks:
            until = max(t for t in (mark["value"], mark["resume_from"]) if t is not None)
            for identity, record in workspace.truth(name).items():
                if record["updated_at"] < until.timestamp():
                    assert identity in held, (name, identity)
                    assert held[identity].timestamp() == record["updated_at"]


@pytest.mark.fault(1, "L D P S M F")
def test_killed_again_and_again_it_still_ends_equal_to_the_truth(
    environment: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    seed = int(os.environ.get("KILL_SEED", "20261123"))
    random, workspace, kills = Random(seed), Workspace(seed=21, size=SIZE, scroll_idle_seconds=1), 0
    with SimulatorServer(workspace, latency=0.02) as server:
        for _ in range(8):
            process = start_sync(environment, server, tmp_path)
            kills += kill_after(process, server, random.randrange(1, 200), random.uniform(0, 0.2))
            process.communicate()
            assert_nothing_twice_and_no_orphans(database_url)
            assert_bookmarks_are_not_ahead(database_url, workspace)
        process = start_sync(environment, server, tmp_path)
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
        before = contents(database_url)
        assert_equals_truth(database_url, workspace)
        process = start_sync(environment, server, tmp_path)
        process.communicate(timeout=120)
        assert process.returncode == 0
        assert contents(database_url) == before
    assert kills >= 3, f"only {kills} kills fired (seed {seed})"
    states = rows(database_url, "select status, count(*) as n from etl.run group by 1")
    assert {row["status"] for row in states} <= {"ok", "abandoned"}


@pytest.mark.fault(2, "L D P S M")
@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_the_run_in_good_order(
    environment: dict[str, str], database_url: str, tmp_path: Path, sent: signal.Signals, code: int
) -> None:
    workspace = Workspace(seed=22, size=SIZE)
    if sent is signal.SIGHUP:
        signal.signal(sent, signal.SIG_DFL)  # who ignores it hands that down, as `nohup` does
    with SimulatorServer(workspace, latency=0.1) as server:
        process = start_sync(environment, server, tmp_path)
        deadline = time.monotonic() + 60
        while not rows(database_url, "select 1 from intercom.conversations") and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(sent)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == code, errors.decode()
    assert b"Traceback" not in errors
    assert b"intercom-etl sync" in errors
    assert rows(database_url, "select status, exit_code from etl.run") == [
        {"status": "interrupted", "exit_code": code}
    ]
    assert rows(database_url, "select expires_at from etl.lease") == [{"expires_at": None}]
    assert_bookmarks_are_not_ahead(database_url, workspace)


@pytest.mark.fault(16, "L D P S M")
def test_a_run_that_slept_through_its_lease_cannot_write_any_more(
    environment: dict[str, str], database_url: str, tmp_path: Path
) -> None:
    workspace = Workspace(seed=23, size=SIZE, scroll_idle_seconds=1)
    with SimulatorServer(workspace, latency=0.05) as server:
        sleeper = start_sync(environment, server, tmp_path)
        deadline = time.monotonic() + 60
        while not rows(database_url, "select 1 from intercom.conversations") and time.monotonic() < deadline:
            time.sleep(0.05)
        sleeper.send_signal(signal.SIGSTOP)
        try:
            time.sleep(11)  # one second more than a lease lasts
            second = start_sync(environment, server, tmp_path)
            _, errors = second.communicate(timeout=120)
            assert second.returncode == 0, errors.decode()
        finally:
            sleeper.send_signal(signal.SIGCONT)
        _, errors = sleeper.communicate(timeout=60)
    assert sleeper.returncode == 11, errors.decode()
    assert_equals_truth(database_url, workspace)
    assert rows(database_url, "select epoch, run_id from etl.lease") == [{"epoch": 2, "run_id": 2}]


def test_a_run_that_is_killed_before_it_knows_its_workspace_is_closed_by_the_next(
    database_url: str, environment: dict[str, str], tmp_path: Path
) -> None:
    workspace = Workspace(seed=46, size=Size(contacts=5, conversations=5, companies=5, tickets=5))
    with SimulatorServer(workspace, faults=Faults(Fault("hang", path="/me"))) as server:
        process = start_sync(environment, server, tmp_path)
        until = time.monotonic() + 60
        while not server.requests and time.monotonic() < until:
            time.sleep(0.01)
        process.kill()
        process.communicate()
        assert rows(database_url, "select status, workspace_id from etl.run") == [
            {"status": "running", "workspace_id": None}
        ]
        server.faults = Faults()
        following = start_sync(environment, server, tmp_path)
        _, errors = following.communicate(timeout=120)
        assert following.returncode == 0, errors.decode()
    assert [row["status"] for row in rows(database_url, "select status from etl.run order by id")] == [
        "abandoned",
        "ok",
    ]
