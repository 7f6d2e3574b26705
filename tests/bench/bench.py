"""`make bench`: how fast each stage is, beside a yardstick that ran in the same minute on the same machine.

Believe the ratios, not the absolute numbers. Nothing here asserts a time.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.load.write import Loader
from intercom_etl.page import Page
from intercom_etl.postgres.connection import Database, open_database
from intercom_etl.postgres.embedded import EmbeddedPostgres
from intercom_etl.postgres.schema import bring_up_to_date
from intercom_etl.report import StreamReport
from intercom_etl.request import SyncRequest
from intercom_etl.streams import all_streams
from intercom_etl.sync import sync
from intercom_etl.transform.validate import to_batch

TOKEN = "simulator-token"
CONVERSATIONS = all_streams()["conversations"]
NOW = datetime.now(UTC)
PAGE = 150


def say(what: str, number: float, unit: str, ratio: float | None = None, of: str = "") -> None:
    compared = f"   {ratio:6.2f} x {of}" if ratio is not None else ""
    print(f"  {what:<46}{number:>10,.0f} {unit}{compared}", flush=True)


def conversation(number: int, version: int = 0) -> bytes:
    """About 7 KB: ten parts of 350 characters, which is what real ones look like."""
    parts = [
        {
            "type": "conversation_part",
            "id": f"{number}{part:02d}",
            "part_type": "comment",
            "body": f"<p>{'hello again ' * 28}{part}</p>",
            "created_at": 1_700_000_000 + part,
            "updated_at": 1_700_000_000 + part,
            "author": {"type": "user", "id": str(number), "name": "Ada", "email": "ada@example.com"},
        }
        for part in range(10)
    ]
    return json.dumps(
        {
            "type": "conversation",
            "id": str(number),
            "created_at": 1_700_000_000,
            "updated_at": 1_700_000_000 + version,
            "state": "closed" if version else "open",
            "source": {"type": "conversation", "body": "<p>hello</p>", "author": {"type": "user", "id": "1"}},
            "contacts": {"contacts": [{"type": "contact", "id": str(number)}]},
            "tags": {"tags": [{"type": "tag", "id": "1", "name": "billing"}]},
            "statistics": {"count_reopens": 1, "time_to_admin_reply": 60, "first_close_at": 1_700_000_100},
            "conversation_parts": {"conversation_parts": parts, "total_count": len(parts)},
        }
    ).encode()


def bench_transform(count: int) -> None:
    """JSON text to validated rows, beside the cheapest thing that can be done with the text."""
    page = Page(tuple(conversation(n) for n in range(count)), NOW)
    to_batch(CONVERSATIONS, page)
    began = time.perf_counter()
    for record in page.records:
        json.loads(record)
    yardstick = count / (time.perf_counter() - began)
    began = time.perf_counter()
    to_batch(CONVERSATIONS, page)
    ours = count / (time.perf_counter() - began)
    say("json.loads, nothing checked (yardstick)", yardstick, "conversations/s")
    say("transform", ours, "conversations/s", ours / yardstick, "yardstick")


@asynccontextmanager
async def database() -> AsyncIterator[tuple[str, Database]]:
    """A fresh durable server: fsync as in real life."""
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres(Path(folder)).running() as url,
    ):
        async with open_database(url) as opened:
            await bring_up_to_date(opened)
            yield url, opened


async def bench_load(count: int) -> None:
    """Batches of a page each, with eleven rows a conversation, one transaction a batch."""
    async with database() as (_, opened):
        loader = await Loader.create(opened.connection, CONVERSATIONS)

        async def write(versions: Callable[[int], int], minute: int) -> float:
            batches = [
                to_batch(
                    CONVERSATIONS,
                    Page(
                        tuple(conversation(n, versions(n)) for n in range(start, start + PAGE)),
                        NOW + timedelta(minutes=minute),
                    ),
                )
                for start in range(0, count, PAGE)
            ]
            began = time.perf_counter()
            for batch in batches:
                async with opened.transaction() as tx:
                    await loader.write(tx, batch, workspace_id="w", run_id=1, now=NOW)
            return count / (time.perf_counter() - began)

        yardstick = await _copy_finished_rows(opened, count)
        say("COPY of the finished raw text (yardstick)", yardstick, "conversations/s")
        for what, versions, minute in (
            ("load, all new", lambda _: 0, 0),
            ("load, nothing changed", lambda _: 0, 1),
            ("load, one in ten changed", lambda n: int(n % 10 == 0), 2),
        ):
            ours = await write(versions, minute)
            say(what, ours, "conversations/s", ours / yardstick, "yardstick")


async def _copy_finished_rows(opened: Database, count: int) -> float:
    """The same text and the same number of rows into tables without keys, by one COPY each."""
    await opened.connection.execute(b"create table parent (raw jsonb); create table child (raw jsonb)")
    texts = [conversation(n) for n in range(count)]
    children = [
        json.dumps(part).encode() for part in json.loads(texts[0])["conversation_parts"]["conversation_parts"]
    ]
    began = time.perf_counter()
    async with opened.connection.cursor() as cursor:
        async with cursor.copy(b"copy parent from stdin") as copy:
            for text in texts:
                await copy.write(text.replace(b"\\", b"\\\\") + b"\n")
        async with cursor.copy(b"copy child from stdin") as copy:
            for _ in range(count):
                await copy.write(b"".join(child + b"\n" for child in children))
    return count / (time.perf_counter() - began)


@contextmanager
def simulator(*options: str) -> Iterator[str]:
    """The simulator in a process of its own; gives its address."""
    command = [sys.executable, "-m", "intercom_etl.simulator", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if found := re.search(r"http://\S+", line):
                    yield found[0]
                    break
        finally:
            process.terminate()


async def bench_extract(count: int) -> None:
    """Single records at 50 ms latency, 64 in flight, beside httpx with its own connection pool."""
    with simulator("--conversations", "200", "--latency", "0.05") as url:

        async def rate(get: Callable[[str], Awaitable[object]]) -> float:
            slots = asyncio.Semaphore(64)

            async def one(identity: str) -> None:
                async with slots:
                    await get(f"/conversations/{identity}")

            began = time.perf_counter()
            await asyncio.gather(*(one(ids[n % len(ids)]) for n in range(count)))
            return count / (time.perf_counter() - began)

        headers = {"Authorization": f"Bearer {TOKEN}", "Intercom-Version": "2.16"}
        async with httpx.AsyncClient(
            base_url=url, headers=headers, limits=httpx.Limits(max_connections=64)
        ) as plain:
            listed = (await plain.get("/conversations", params={"per_page": 150})).json()
            ids = [record["id"] for record in listed["conversations"]]
            yardstick = await rate(plain.get)
        async with IntercomClient(ClientConfig(base_url=url, token=TOKEN)) as client:
            ours = await rate(client.get)
    say("httpx with its own pool (yardstick)", yardstick, "requests/s")
    say("our client, limiter and checks included", ours, "requests/s", ours / yardstick, "yardstick")
    say("the API allows (10,000 a minute)", 10_000 / 60, "requests/s")


class _Silent:
    def started(self, workspace: str, streams: object, run_id: int | None) -> None: ...

    def advanced(self, report: StreamReport) -> None: ...

    def finished(self, report: StreamReport) -> None: ...


async def bench_sync(count: int) -> None:
    """The whole way at 50 ms latency: search, details, validation, COPY, merge, durable commits."""
    with simulator("--conversations", str(count), "--contacts", "500", "--latency", "0.05") as url:
        async with database() as (database_url, _):
            for what in ("sync, first time", "sync, nothing changed"):
                request = SyncRequest((CONVERSATIONS,), lookback=timedelta(minutes=15))
                report = await sync(
                    request,
                    api=ClientConfig(base_url=url, token=TOKEN),
                    database_url=database_url,
                    clock=lambda: datetime.now(UTC),
                    observer=_Silent(),
                )
                say(what, count / report.seconds, "conversations/s")
                say("    requests per conversation", report.requests / count * 1000, "per thousand")


def main() -> None:
    """Runs what is asked for, everything by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3_000, help="conversations per measurement")
    parser.add_argument("only", nargs="*", choices=["transform", "load", "extract", "sync", []], default=[])
    asked = parser.parse_args()
    chosen = asked.only or ["transform", "load", "extract", "sync"]
    if "transform" in chosen:
        print("transform")
        bench_transform(asked.count)
    for name, bench in (("load", bench_load), ("extract", bench_extract), ("sync", bench_sync)):
        if name in chosen:
            print(name)
            asyncio.run(bench(asked.count))


if __name__ == "__main__":
    main()
