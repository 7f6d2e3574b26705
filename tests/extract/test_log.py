"""A log is read in steps between two times: nothing falls between steps, and empty years cost little."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intercom_etl.endpoint import Log
from intercom_etl.errors import FatalApiError
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.extract.log import FIRST, LONGEST_STEP, STEP
from intercom_etl.extract.pages import read_pages
from intercom_etl.page import Page
from intercom_etl.record import Record
from intercom_etl.stream import Stream
from intercom_etl.window import Window
from tests.extract.fake_api import Api, Reply, Request

ENDPOINT = Log("/logs/search", key="logs", page_size=3)
STREAM = Stream("logs", "Logs", "Read logs", Record, ENDPOINT, replication_key="created_at")
END = datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)
DAY = 86_400


class LogApi:
    """Entries of a log, newest first; `inclusive`: whether the bounds belong to the span."""

    def __init__(self, *times: int, inclusive: bool = False) -> None:
        self.entries = [{"id": str(n), "created_at": at} for n, at in enumerate(sorted(times, reverse=True))]
        self.inclusive = inclusive

    def __call__(self, request: Request) -> Reply:
        after, before = request.body["created_at_after"], request.body["created_at_before"]
        found = [one for one in self.entries if self._fits(one["created_at"], after, before)]
        page, size = request.body["page"], request.body["per_page"]
        pages = {"type": "pages", "page": page, "per_page": size, "total_pages": -(-len(found) // size)}
        return Reply({"logs": found[(page - 1) * size : page * size], "pages": pages})

    def _fits(self, at: int, after: int, before: int) -> bool:
        return after <= at <= before if self.inclusive else after < at < before


async def read(client: IntercomClient, start: datetime | None, end: datetime = END) -> list[Page]:
    return [page async for page in read_pages(client, STREAM, Window(start, end, None))]


def ids(pages: list[Page]) -> list[str]:
    return [record.split(b'"')[3].decode() for page in pages for record in page.records]


def spans(api: Api) -> list[tuple[int, int]]:
    bounds = [
        (request.body["created_at_after"], request.body["created_at_before"]) for request in api.requests
    ]
    return [bound for bound, _ in itertools.groupby(bounds)]


async def test_a_span_is_asked_for_in_pages_newest_first(api: Api, client: IntercomClient) -> None:
    start = END - timedelta(days=2)
    first = int(start.timestamp())
    api.handler = LogApi(*(first + 100 * n for n in range(1, 8)))
    pages = await read(client, start)
    assert ids(pages) == [str(n) for n in range(7)]
    assert [request.body for request in api.requests] == [
        {
            "created_at_after": first - 1,
            "created_at_before": int(END.timestamp()) + 1,
            "page": page,
            "per_page": 3,
        }
        for page in (1, 2, 3)
    ]
    assert {page.position for page in pages} == {start}


async def test_steps_follow_each_other_without_a_gap_up_to_the_end(api: Api, client: IntercomClient) -> None:
    start = END - timedelta(days=100)
    api.handler = LogApi(*(int(start.timestamp()) + day * DAY for day in range(100)))
    pages = await read(client, start)
    assert len(set(ids(pages))) == 100
    found = spans(api)
    assert len(found) == 4
    assert found[0][0] == int(start.timestamp()) - 1
    assert found[-1][1] == int(END.timestamp()) + 1
    assert all(following[0] < before[1] for before, following in itertools.pairwise(found))


async def test_a_position_is_the_beginning_of_a_step_and_never_goes_back(
    api: Api, client: IntercomClient
) -> None:
    start = END - timedelta(days=100)
    api.handler = LogApi(*(int(start.timestamp()) + day * DAY for day in range(100)))
    positions = [page.position for page in await read(client, start)]
    assert positions == sorted(positions, key=lambda position: position or END)
    assert positions[0] == start
    assert positions[-1] == start + 3 * (STEP + timedelta(seconds=1))


async def test_who_goes_on_from_any_position_gets_all_that_is_left(api: Api, client: IntercomClient) -> None:
    start = END - timedelta(days=100)
    api.handler = LogApi(*(int(start.timestamp()) + day * DAY for day in range(100)))
    pages = await read(client, start)
    for number, page in enumerate(pages):
        again = await read(client, page.position)
        assert set(ids(pages[number:])) <= set(ids(again))


async def test_empty_steps_grow_and_shrink_again_where_there_is_something(
    api: Api, client: IntercomClient
) -> None:
    api.handler = LogApi(int((END - timedelta(days=1)).timestamp()))
    pages = await read(client, None)
    assert len(ids(pages)) == 1
    found = spans(api)
    assert found[0][0] == int(FIRST.timestamp()) - 1
    lengths = [(before - after) // DAY for after, before in found]
    assert lengths[:6] == [30, 60, 120, 240, 480, 480]
    assert max(lengths) == LONGEST_STEP.days
    assert len(found) < 20


async def test_steps_are_short_again_after_one_that_had_something(api: Api, client: IntercomClient) -> None:
    start = END - timedelta(days=400)
    api.handler = LogApi(int((start + timedelta(days=50)).timestamp()))
    await read(client, start)
    assert [(before - after) // DAY for after, before in spans(api)][:4] == [30, 60, 30, 60]


@pytest.mark.parametrize("numbered", [True, False])
async def test_the_same_page_again_stops_the_stream(api: Api, client: IntercomClient, numbered: bool) -> None:
    def handle(request: Request) -> Reply:
        number = 1 if numbered else None
        entries = [{"id": str(len(api.requests)) if numbered else "1", "created_at": 5}]
        return Reply({"logs": entries, "pages": {"page": number, "total_pages": 9}})

    api.handler = handle
    with pytest.raises(FatalApiError, match="in circles"):
        await read(client, END - timedelta(days=1))
    assert len(api.requests) == 2


async def test_the_same_page_in_two_steps_is_no_circle(api: Api, client: IntercomClient) -> None:
    """Where bounds belong to the span, an entry on the border is in both steps."""
    start = END - timedelta(days=45)
    border = int((start + STEP).timestamp())
    api.handler = LogApi(border, border + 1, inclusive=True)
    assert set(ids(await read(client, start))) == {"0", "1"}


async def test_a_window_of_no_length_is_one_request(api: Api, client: IntercomClient) -> None:
    api.handler = LogApi(int(END.timestamp()))
    assert len(ids(await read(client, END))) == 1
    assert len(api.requests) == 1


@settings(max_examples=25, deadline=None)
@given(
    ages=st.lists(st.integers(0, 120 * DAY), max_size=25),
    started=st.integers(0, 110 * DAY),
    fraction=st.sampled_from([0, 0.4, 0.999999]),
    inclusive=st.booleans(),
)
def test_nothing_of_the_window_is_lost_whatever_the_bounds_mean(
    ages: list[int], started: int, fraction: float, inclusive: bool
) -> None:
    end = datetime.fromtimestamp(int(END.timestamp()) + fraction, UTC)
    start = end - timedelta(seconds=started)

    async def run() -> None:
        api = Api()
        times = [int(end.timestamp()) - age for age in ages]
        api.handler = log = LogApi(*times, inclusive=inclusive)
        async with api.serving(), IntercomClient(ClientConfig(api.url, "t")) as client:
            found = set(ids(await read(client, start, end)))
        wanted: list[dict[str, Any]] = log.entries
        assert {one["id"] for one in wanted if start.timestamp() <= one["created_at"]} <= found

    asyncio.run(run())
