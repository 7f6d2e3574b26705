"""Row 31: a tight cap on memory. What is read ahead is bounded in bytes, whatever the order of sizes."""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from capped import MB, run_capped, workspace_of_parts
from own_place import Place
from truth import TOKEN, rows, run_sync

from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Workspace

# conversations of 3 MB, 120 MB of them: whoever holds all of them dies of the cap
LARGE, LONG, SHORT = 40, 75, 2
BODY = "<p>" + "x" * 40_000 + "</p>"
CAP = 240 * MB


def wait_until_nothing_more_is_asked(server: SimulatorServer) -> int:
    """How many requests there were once the reader is as far ahead as it may be."""
    asked = -1
    while asked < len(server.requests):
        asked = len(server.requests)
        time.sleep(1.0)
    return asked


@pytest.mark.fault(31, "L D P S M F")
def test_while_the_database_makes_it_wait_the_reader_fills_its_bound_and_not_the_memory(
    make_place: Callable[[Workspace], Place], tmp_path: Path
) -> None:
    counts = [*[LONG] * LARGE, *[SHORT] * 10]
    place = make_place(workspace_of_parts(counts, lambda _: BODY, now=int(time.time())))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "INTERCOM_ACCESS_TOKEN": TOKEN,
        "INTERCOM_BASE_URL": place.server.url,
        "INTERCOM_ETL_HOME": str(tmp_path / "home"),
        "DATABASE_URL": place.url,
    }
    with ThreadPoolExecutor() as pool:
        with place.own.locked("intercom.conversations", place.name):
            run = pool.submit(
                run_capped, ["sync", "conversations", "--quiet"], environment, tmp_path, cap=CAP
            )
            place.own.wait_for_waiting("intercom.conversations", place.name)
            asked = wait_until_nothing_more_is_asked(place.server)
        watched = run.result()
    assert watched.code == 0, watched.err
    assert asked < len(counts), "it never had to wait"
    stored = rows(
        place.url, "select count(*) as n, sum(length(body)) as bytes from intercom.conversation_parts"
    )
    assert stored == [{"n": sum(counts), "bytes": sum(counts) * len(BODY)}]
    again = asyncio.run(run_sync(place.server, place.url, "conversations"))
    assert (again.exit_code, again.rows) == (0, 0)
