import asyncio
import dataclasses
import json
import random
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest

from intercom_etl.endpoint import Cursor, Search
from intercom_etl.errors import ApiError, CredentialsError, FatalApiError, RetriableApiError
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.extract.pages import read_pages
from intercom_etl.page import Gone, Page, Stub
from intercom_etl.record import Record
from intercom_etl.stream import Stream
from intercom_etl.window import Window
from tests.extract.fake_api import Api, Reply, Request

WINDOW = Window(None, datetime.fromtimestamp(10**9, UTC), None)
STREAM = Stream(
    "letters",
    "Letters",
    "Read letters",
    Record,
    Search("/letters/search", "data", 50),
    detail="/letters/{id}",
)


class LettersApi:
    """A list of stubs and an address for each; what the address answers can be changed by id."""

    def __init__(self, count: int, page_size: int = 50) -> None:
        self.stubs = [{"id": str(n), "updated_at": 1000 + n} for n in range(count)]
        self.page_size = page_size
        self.special: Callable[[str], Reply | None] = lambda _: None
        self.size = 10
        self.hang: Callable[[], float] = lambda: 0.0
        self.asked: list[str] = []

    def __call__(self, request: Request) -> Reply:
        if request.path == "/letters/search":
            start = int(request.body["pagination"].get("starting_after", "0"))
            end = start + self.page_size
            following = {"starting_after": str(end)} if end < len(self.stubs) else None
            return Reply(
                {"data": self.stubs[start:end], "total_count": len(self.stubs), "pages": {"next": following}}
            )
        identity = unquote(request.path.rsplit("/", 1)[1])
        self.asked.append(identity)
        special = self.special(identity)
        return special or Reply({"id": identity, "text": "x" * self.size}, hang=self.hang())


async def read(client: IntercomClient, stream: Stream = STREAM, **more: Any) -> list[Page]:
    return [page async for page in read_pages(client, stream, WINDOW, **more)]


async def read_until_error(client: IntercomClient) -> tuple[list[Page], Exception | None]:
    """What was handed on before the error, and the error."""
    pages: list[Page] = []
    try:
        async for page in read_pages(client, STREAM, WINDOW):
            pages.append(page)  # noqa: PERF401 - a comprehension would lose them
    except ApiError as error:
        return pages, error
    return pages, None


def ids(pages: Sequence[Page]) -> list[str]:
    return [json.loads(record)["id"] for page in pages for record in page.records]


def numbers(count: int) -> list[str]:
    return [str(n) for n in range(count)]


async def test_whole_records_come_in_the_order_of_the_listing(api: Api, client: IntercomClient) -> None:
    chance = random.Random(1)
    api.handler = letters = LettersApi(400)
    letters.hang = lambda: chance.uniform(0, 0.02)
    pages = await read(client)
    assert ids(pages) == numbers(400)
    assert [len(page.records) for page in pages] == [150, 150, 100]
    assert [page.position for page in pages] == [
        datetime.fromtimestamp(1000 + n, UTC) for n in (149, 299, 399)
    ]
    assert {page.total for page in pages} == {400}


async def test_as_many_at_once_as_configured_across_pages(api: Api, config: ClientConfig) -> None:
    api.handler = letters = LettersApi(200, page_size=10)
    letters.hang = lambda: 0.3
    async with IntercomClient(dataclasses.replace(config, concurrency=40)) as client:
        await read(client)
    assert 30 <= api.busiest <= 40


async def test_versions_that_are_held_are_not_fetched(api: Api, client: IntercomClient) -> None:
    seen: list[Stub] = []

    async def is_current(stubs: Sequence[Stub]) -> list[str]:
        seen.extend(stubs)
        return [stub.id for stub in stubs if int(stub.id) % 3]

    api.handler = letters = LettersApi(120)
    pages = await read(client, is_current=is_current)
    assert sorted(letters.asked, key=int) == [str(n) for n in range(0, 120, 3)] == ids(pages)
    assert sum(len(page.current) for page in pages) == 80
    assert seen == [Stub(str(n), 1000 + n) for n in range(120)]
    assert pages[-1].position == datetime.fromtimestamp(1119, UTC)


async def test_a_run_that_finds_nothing_new_still_shows_how_far_it_is(
    api: Api, client: IntercomClient
) -> None:
    async def is_current(stubs: Sequence[Stub]) -> list[str]:
        return [stub.id for stub in stubs]

    api.handler = LettersApi(4000, page_size=500)
    pages = await read(client, is_current=is_current)
    assert [len(page.current) for page in pages] == [1500, 1500, 1000]
    assert all(page.position for page in pages)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_record_that_is_gone_is_handed_on_as_its_stub(
    api: Api, client: IntercomClient, status: int
) -> None:
    api.handler = letters = LettersApi(100)
    letters.special = lambda identity: Reply({}, status) if int(identity) % 2 else None
    pages = await read(client)
    gone = [json.loads(gone.stub) for page in pages for gone in page.gone]
    assert gone == [stub for n, stub in enumerate(letters.stubs) if n % 2]
    assert len(ids(pages)) == 50


@pytest.mark.parametrize(
    "reply",
    [Reply({}, 500), Reply({}, 422), Reply({"id": "other"}), Reply({}), Reply(cut=-1)],
    ids=["500", "422", "another record", "no record", "dropped"],
)
async def test_a_few_that_cannot_be_read_do_not_cost_the_others(
    api: Api, client: IntercomClient, reply: Reply
) -> None:
    api.handler = letters = LettersApi(60)
    letters.special = lambda identity: reply if identity in ("7", "33") else None
    pages = await read(client)
    missing = [one for page in pages for one in page.unavailable]
    assert [(one.id, json.loads(one.stub)) for one in missing] == [
        ("7", letters.stubs[7]), ("33", letters.stubs[33]),
    ]  # fmt: skip
    assert all(f"/letters/{one.id}" in one.reason or "127.0.0.1" in one.reason for one in missing)
    assert len(ids(pages)) == 58


@pytest.mark.parametrize(("status", "kind"), [(503, RetriableApiError), (403, FatalApiError)])
async def test_when_many_cannot_be_read_it_is_not_the_records(
    api: Api, client: IntercomClient, status: int, kind: type[Exception]
) -> None:
    api.handler = letters = LettersApi(200)
    letters.special = lambda identity: Reply({}, status) if int(identity) >= 30 else None
    pages, error = await read_until_error(client)
    assert isinstance(error, kind)
    assert ids(pages) == numbers(30)
    assert sum(len(page.unavailable) for page in pages) == 5
    assert pages[-1].position == datetime.fromtimestamp(1034, UTC)


async def test_one_in_twenty_is_borne_for_ever(api: Api, client: IntercomClient) -> None:
    api.handler = letters = LettersApi(400)
    letters.special = lambda identity: Reply({}, 422) if int(identity) % 20 == 7 else None
    pages = await read(client)
    assert sum(len(page.unavailable) for page in pages) == 20


async def test_a_token_that_is_revoked_in_the_middle_stops_at_once(api: Api, client: IntercomClient) -> None:
    api.handler = letters = LettersApi(500)
    letters.special = lambda identity: Reply({}, 401) if int(identity) >= 100 else None
    pages, error = await read_until_error(client)
    assert isinstance(error, CredentialsError)
    assert ids(pages) == numbers(100)


async def test_records_left_over_from_an_earlier_run_come_first(api: Api, client: IntercomClient) -> None:
    async def is_current(stubs: Sequence[Stub]) -> list[str]:
        return [stub.id for stub in stubs if stub.id == "900"]

    api.handler = letters = LettersApi(3)
    letters.special = lambda identity: Reply({}, 404) if identity == "901" else None
    also = [b'{"id":"900","updated_at":5}', b'{"id":"901"}']
    [page] = await read(client, also=also, is_current=is_current)
    assert ids([page]) == ["900", "0", "1", "2"]
    assert page.gone == (Gone(also[1], "not_found"),)


async def test_records_left_over_need_an_address(api: Api, client: IntercomClient) -> None:
    with pytest.raises(ValueError, match="letters"):
        await read(client, dataclasses.replace(STREAM, detail=None), also=[b"{}"])


async def test_odd_ids_stay_one_part_of_the_address(api: Api, client: IntercomClient) -> None:
    odd = ["a/b", "a b", "ä", "?x=1", "#", "%2e%2e", "a%2Fb", "..", ".", "\\", "x" * 300, ";", "a\n"]
    api.handler = letters = LettersApi(0)
    letters.stubs = [{"id": identity, "updated_at": 1} for identity in odd]
    await read(client)
    paths = {request.path for request in api.requests if request.method == "GET"}
    assert len(paths) == len(odd) - 2  # neither "." nor ".." was asked for
    assert all(path.startswith("/letters/") and path.count("/") == 2 for path in paths)


async def test_a_stub_without_an_id_is_handed_on_as_it_is(api: Api, client: IntercomClient) -> None:
    api.answer(Reply(body=b'{"data":[{"x":1},null]}'))
    [page] = await read(client, dataclasses.replace(STREAM, endpoint=Cursor("/letters")))
    assert page.records == (b'{"x":1}', b"null")


async def test_pages_end_with_8_mb(api: Api, client: IntercomClient) -> None:
    api.handler = letters = LettersApi(12)
    letters.size = 3_000_000
    pages = await read(client)
    assert [len(page.records) for page in pages] == [3, 3, 3, 3]


async def test_a_slow_consumer_bounds_what_is_read_ahead(api: Api, config: ClientConfig) -> None:
    api.handler = letters = LettersApi(1000)
    few = dataclasses.replace(config, concurrency=8)
    async with IntercomClient(few) as client, aclosing(read_pages(client, STREAM, WINDOW)) as pages:
        await anext(pages)
        await asyncio.sleep(0.2)
        assert len(letters.asked) <= 150 + 2 * 8 + 2


async def test_a_slow_consumer_of_large_records_bounds_the_bytes_that_are_read_ahead(
    api: Api, config: ClientConfig
) -> None:
    api.handler = letters = LettersApi(200)
    letters.size = 4 * 1024 * 1024
    async with (
        IntercomClient(dataclasses.replace(config, concurrency=24)) as client,
        aclosing(read_pages(client, STREAM, WINDOW)) as pages,
    ):
        page = await anext(pages)
        asked = 0
        while asked < len(letters.asked):
            asked = len(letters.asked)
            await asyncio.sleep(0.7)
        # 32 MB are eight records, in flight or held; 48 by number
        assert asked - len(page.records) <= 8 + 1


@pytest.mark.parametrize("how", ["aclose", "cancel", "error"])
async def test_whatever_ends_the_reading_no_request_stays_behind(
    api: Api, client: IntercomClient, how: str
) -> None:
    api.handler = letters = LettersApi(1000)
    letters.hang = lambda: 0.01 if len(letters.asked) < 200 else 60

    async def consume() -> None:
        async with aclosing(read_pages(client, STREAM, WINDOW)) as pages:
            async for _ in pages:
                if how == "aclose":
                    return
                if how == "error":
                    raise RuntimeError("the consumer broke")

    before = asyncio.all_tasks()
    task = asyncio.create_task(consume())
    if how == "cancel":
        await asyncio.sleep(0.3)
        task.cancel()
    result = (await asyncio.gather(task, return_exceptions=True))[0]
    assert {"aclose": result is None, "cancel": isinstance(result, asyncio.CancelledError)}.get(how, True)
    asked = len(letters.asked)
    await asyncio.sleep(0.05)
    mine = {t for t in asyncio.all_tasks() - before if "_connected" not in repr(t)}
    assert mine == set()
    assert len(letters.asked) == asked
    letters.hang = lambda: 0
    assert (await client.get("/letters/1")).status == 200  # every slot is free again


async def test_an_error_of_the_listing_comes_after_what_was_listed(api: Api, client: IntercomClient) -> None:
    letters = LettersApi(200)

    def handle(request: Request) -> Reply:
        late = request.body is not None and "starting_after" in request.body["pagination"]
        return Reply({}, 400) if late else letters(request)

    api.handler = handle
    pages, error = await read_until_error(client)
    assert isinstance(error, FatalApiError)
    assert ids(pages) == numbers(50)


async def test_memory_does_not_grow_with_the_stream(api: Api, config: ClientConfig) -> None:
    api.handler = letters = LettersApi(900)
    letters.size = 30_000
    peaks: list[int] = []
    async with IntercomClient(dataclasses.replace(config, concurrency=16)) as client:
        tracemalloc.start()
        async for _ in read_pages(client, STREAM, WINDOW):
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.reset_peak()
        tracemalloc.stop()
    assert len(peaks) == 6
    assert max(peaks[3:]) < 1.5 * max(peaks[1:3])
