"""Row 31: a tight cap on memory. What is read ahead is bounded in bytes, whatever the order of sizes."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from capped import MB, run_capped, workspace_of_parts
from own_place import Place
from truth import TOKEN, rows, run_sync

from intercom_etl.simulator.workspace import Workspace

# so many parts of so many bytes are 160 MB in all, of which a reader may hold a part only
LARGE, LONG, SHORT = 40, 100, 2
BODY = "<p>" + "x" * 40_000 + "</p>"
CAP = 300 * MB


@pytest.mark.fault(31, "L D P S M F")
def test_memory_is_bounded_by_bytes_and_not_by_records(
    make_place: Callable[[Workspace], Place], tmp_path: Path
) -> None:
    counts = [*[SHORT] * 20, *[LONG] * LARGE, *[SHORT] * 20]
    place = make_place(workspace_of_parts(counts, lambda _: BODY, now=int(time.time())))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "INTERCOM_ACCESS_TOKEN": TOKEN,
        "INTERCOM_BASE_URL": place.server.url,
        "INTERCOM_ETL_HOME": str(tmp_path / "home"),
        "DATABASE_URL": place.url,
    }
    watched = run_capped(["sync", "conversations", "--quiet"], environment, tmp_path, cap=CAP)
    assert watched.code == 0, watched.err
    stored = rows(place.url, "select count(*) as n, sum(length(body)) as bytes from intercom.conversation_parts")
    assert stored == [{"n": sum(counts), "bytes": sum(counts) * len(BODY)}]
    again = asyncio.run(run_sync(place.server, place.url, "conversations"))
    assert (again.exit_code, again.rows) == (0, 0)
