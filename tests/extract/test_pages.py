import asyncio
import json
import logging
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intercom_etl.endpoint import Cursor, Endpoint, Listing, Paged, Search
from intercom_etl.errors import FatalApiError, RetriableApiError
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.extract.pages import read_pages
from intercom_etl.page import Page
from intercom_etl.record import Record
from intercom_etl.stream import Stream
from intercom_etl.window import Window
from tests.extract.fake_api import Api, Reply, Request


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


WINDOW = Window(moment(1_000), moment(2_000), None)
ALL = Window(None, moment(2_000), None)


def stream(endpoint: Endpoint) -> Stream:
    return Stream("things", "Things", "Read things", Record, endpoint)


def thing(number: int, updated_at: int | None = None) -> dict[str, Any]:
    return {"id": str(number), "updated_at": number if updated_at is None else updated_at}


async def read(client: IntercomClient, endpoint: Endpoint, window: Window = ALL) -> list[Page]:
    return [page async for page in read_pages(client, stream(endpoint), window)]


def ids(pages: Sequence[Page]) -> list[str]:
    return [json.loads(record)["id"] for page in pages for record in page.records]


class SearchApi:
    """A search over records in a given order, with the cursor that a keyset has: the place reached."""

    def __init__(self, things: list[dict[str, Any]], too_heavy: int = 10**9) -> None:
        self.things = things
        self.too_heavy = too_heavy
        self.sizes: list[int] = []

    def __call__(self, request: Request) -> Reply:
        pagination = request.body["pagination"]
        size, start = pagination["per_page"], int(pagination.get("starting_after", "0"))
        self.sizes.append(size)
        if start <= self.too_heavy < start + size and size > 1:
            return Reply({}, 504)
        found = self.things[start : start + size]
        more = start + size < len(self.things)
        following = {"page": 2, "starting_after": str(start + size)} if more else None
        return Reply({"data": found, "total_count": len(self.things), "pages": {"next": following}})


async def test_a_search_asks_for_both_bounds_and_the_order(api: Api, client: IntercomClient) -> None:
    api.handler = SearchApi([])
    await read(client, Search("/things/search", "data", 50), WINDOW)
    [request] = api.requests
    assert request.method == "POST"
    assert request.body == {
        "query": {
            "operator": "AND",
            "value": [
                {"field": "updated_at", "operator": ">", "value": 999},
                {"field": "updated_at", "operator": "<", "value": 2001},
            ],
        },
        "pagination": {"per_page": 50},
        "sort": {"field": "updated_at", "order": "ascending"},
    }
    await read(client, Search("/things/search", "data"), ALL)
    assert api.requests[1].body["query"]["value"][0]["value"] == 0


async def test_a_search_of_days_asks_for_a_day_more_and_has_no_end(api: Api, client: IntercomClient) -> None:
    api.handler = SearchApi([])
    window = Window(moment(1_000_000), moment(2_000_000), None)
    endpoint = Search("/things/search", "data", granularity="day")
    await read(client, endpoint, window)
    await read(client, endpoint, ALL)
    first, second = (request.body["query"] for request in api.requests)
    assert first == {"field": "updated_at", "operator": ">", "value": 910_000}
    assert second == {"field": "updated_at", "operator": ">", "value": 0}


async def test_a_search_is_read_to_its_end_with_positions(api: Api, client: IntercomClient) -> None:
    api.handler = SearchApi([thing(n) for n in range(1000, 1025)])
    pages = await read(client, Search("/things/search", "data", 10), WINDOW)
    assert ids(pages) == [str(n) for n in range(1000, 1025)]
    assert [page.position for page in pages] == [moment(1009), moment(1019), moment(1024)]
    assert {page.total for page in pages} == {25}


async def test_records_keep_their_bytes(api: Api, client: IntercomClient) -> None:
    poison = b'{"id":"1", "n":1e400,"s":"\\ud800","x":NaN}'
    api.answer(Reply(body=b'{"data":[' + poison + b',7,null,{"no":"id"}]}'))
    [page] = await read(client, Listing("/things"))
    assert page.records == (poison, b"7", b"null", b'{"no":"id"}')


async def test_a_search_of_days_drops_older_records_and_stops_after_the_end(
    api: Api, client: IntercomClient
) -> None:
    things = [thing(n) for n in (*range(990, 1004), *range(1998, 2030))]
    things[3]["updated_at"] = None
    api.handler = SearchApi(things)
    pages = await read(client, Search("/things/search", "data", 5, "day"), WINDOW)
    expected = [t["id"] for t in things if t["updated_at"] is None or t["updated_at"] >= 1000]
    assert ids(pages) == expected[: len(ids(pages))]
    assert "2000" in ids(pages)
    assert len(api.requests) < len(things) // 5
    assert pages[-1].position == WINDOW.end


async def test_a_busy_record_at_the_tail_of_a_search_of_days_is_no_circle(
    api: Api, client: IntercomClient
) -> None:
    """Updated again and again while being read, it comes again and again, past the window."""
    moving = [2000]

    def handle(request: Request) -> Reply:
        moving[0] += 1
        return Reply({"data": [thing(1, moving[0])], "pages": {"next": {"starting_after": str(moving[0])}}})

    api.handler = handle
    pages = await read(client, Search("/things/search", "data", 1, "day"), WINDOW)
    assert len(ids(pages)) == 1


async def test_disorder_ends_positions_for_good(
    api: Api, client: IntercomClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    api.handler = SearchApi([thing(n) for n in (1000, 1001, 1002, 1003, 1001, 1004, 1005, 1006)])
    pages = await read(client, Search("/things/search", "data", 2), WINDOW)
    assert [page.position for page in pages] == [moment(1001), moment(1003), None, None]
    assert sum("not sorted" in record.message for record in caplog.records) == 1


@pytest.mark.parametrize("wild", [10**10, 10**13])
async def test_a_time_out_of_this_world_is_a_position_at_the_end(
    api: Api, client: IntercomClient, wild: int
) -> None:
    api.handler = SearchApi([thing(1500), thing(1, wild)])
    [page] = await read(client, Search("/things/search", "data"), WINDOW)
    assert page.position == WINDOW.end


async def test_a_page_that_is_too_heavy_is_asked_for_in_halves(api: Api, client: IntercomClient) -> None:
    api.handler = heavy = SearchApi([thing(n) for n in range(1000, 1100)], too_heavy=35)
    pages = await read(client, Search("/things/search", "data", 20), WINDOW)
    assert ids(pages) == [str(n) for n in range(1000, 1100)]
    assert heavy.sizes[:5] == [20, 20, 20, 20, 10]
    assert min(heavy.sizes) == 1
    assert heavy.sizes[-1] > 4


async def test_a_page_that_takes_long_is_followed_by_a_smaller_one(api: Api, client: IntercomClient) -> None:
    search = SearchApi([thing(n) for n in range(1000, 1030)])

    def answer(request: Request) -> Reply:
        reply = search(request)
        reply.hang = 0.5 * client.config.request_timeout if search.sizes[-1] > 5 else 0.0
        return reply

    api.handler = answer
    pages = await read(client, Search("/things/search", "data", 20), WINDOW)
    assert ids(pages) == [str(n) for n in range(1000, 1030)]
    assert search.sizes[:2] == [20, 10]


async def test_a_page_that_fails_even_alone_fails_the_stream(api: Api, client: IntercomClient) -> None:
    api.answer(Reply({}, 503))
    with pytest.raises(RetriableApiError, match="503"):
        await read(client, Search("/things/search", "data", 4), WINDOW)
    assert [request.body["pagination"]["per_page"] for request in api.requests] == [4] * 3 + [2] * 3 + [1] * 4


async def test_refusals_do_not_make_a_page_smaller(api: Api, client: IntercomClient) -> None:
    api.answer(Reply({"errors": []}, 422))
    with pytest.raises(FatalApiError):
        await read(client, Search("/things/search", "data", 4), WINDOW)
    assert len(api.requests) == 1


@pytest.mark.parametrize("shape", ["object", "address"])
async def test_a_cursor_list_follows_the_cursor_and_never_the_address(
    api: Api, client: IntercomClient, shape: str
) -> None:
    def handle(request: Request) -> Reply:
        page = int(request.params.get("starting_after", "0"))
        following: object = {"starting_after": str(page + 1)}
        if shape == "address":
            following = f"https://evil.example/things?per_page=2&starting_after={page + 1}"
        return Reply({"data": [thing(page)], "pages": {"next": following if page < 3 else None}})

    api.handler = handle
    assert ids(await read(client, Cursor("/things", page_size=2))) == ["0", "1", "2", "3"]
    assert {request.params["per_page"] for request in api.requests} == {"2"}


class PagedApi:
    def __init__(self, pages: int, **pages_object: Any) -> None:
        self.pages, self.extra = pages, pages_object

    def __call__(self, request: Request) -> Reply:
        page = int(request.params["page"])
        things = [thing(page * 10), thing(page * 10 + 1)] if page <= self.pages else []
        return Reply({"data": things, "pages": {"page": page, **self.extra}})


@pytest.mark.parametrize(
    ("extra", "requests"),
    [
        ({"total_pages": 3, "next": "https://api.example.test/things?page=9"}, 3),
        ({"total_pages": "3"}, 3),
        ({"next": "https://api.example.test/things?page=9"}, 4),
    ],
    ids=["next on the last page too", "number as text", "only next"],
)
async def test_a_list_by_number_ends_with_the_last_page(
    api: Api, client: IntercomClient, extra: dict[str, Any], requests: int
) -> None:
    api.handler = PagedApi(3, **extra)
    assert len(ids(await read(client, Paged("/things")))) == 6
    assert [request.params["page"] for request in api.requests] == [str(n + 1) for n in range(requests)]


async def test_a_list_by_number_without_any_next_is_one_page(api: Api, client: IntercomClient) -> None:
    api.answer(Reply({"data": [thing(1)]}))
    assert len(ids(await read(client, Paged("/things")))) == 1


async def test_page_numbers_at_the_top_level_are_read(api: Api, client: IntercomClient) -> None:
    api.handler = lambda r: Reply(
        {"data": [thing(int(r.params["page"]))], "page": int(r.params["page"]), "total_pages": 4}
    )
    assert len(ids(await read(client, Paged("/things")))) == 4


async def test_a_listing_is_one_page_that_knows_its_total(api: Api, client: IntercomClient) -> None:
    api.answer(Reply({"things": [thing(1), thing(2)]}))
    [page] = await read(client, Listing("/things", key="things"))
    assert (len(page.records), page.total, page.position) == (2, 2, None)


async def test_a_listing_may_be_a_bare_array(api: Api, client: IntercomClient) -> None:
    api.answer(Reply([thing(1), thing(2)]))
    [page] = await read(client, Listing("/things"))
    assert (ids([page]), page.total) == (["1", "2"], 2)
    api.answer(Reply([]))
    assert await read(client, Listing("/things")) == []


KINDS = [Search("/things", "data", 5), Cursor("/things"), Paged("/things"), Listing("/things")]
KIND_NAMES = ["search", "cursor", "paged", "listing"]


@pytest.mark.parametrize("endpoint", KINDS, ids=KIND_NAMES)
async def test_null_is_an_empty_list(api: Api, client: IntercomClient, endpoint: Endpoint) -> None:
    api.answer(Reply({"data": None}))
    assert await read(client, endpoint) == []


@pytest.mark.parametrize("endpoint", KINDS, ids=KIND_NAMES)
@pytest.mark.parametrize(
    "answer", [{}, {"type": "list", "thing\x1bs": []}, {"data": {}}, {"data": "x"}, {"data": 0}], ids=str
)
async def test_an_answer_without_its_list_is_an_error_that_names_the_key(
    api: Api, client: IntercomClient, endpoint: Endpoint, answer: object
) -> None:
    api.answer(Reply(answer))
    with pytest.raises(FatalApiError, match="`data`") as caught:
        await read(client, endpoint)
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("endpoint", KINDS[:3], ids=KIND_NAMES[:3])
async def test_the_same_page_again_stops_the_stream(
    api: Api, client: IntercomClient, endpoint: Endpoint
) -> None:
    def handle(_: Request) -> Reply:
        cursor = {"page": len(api.requests) + 1, "starting_after": str(len(api.requests))}
        return Reply({"data": [thing(1)], "pages": {"next": cursor, "page": len(api.requests)}})

    api.handler = handle
    with pytest.raises(FatalApiError, match="the same page again"):
        await read(client, endpoint)
    assert len(api.requests) == 2


@pytest.mark.parametrize("endpoint", KINDS[:3], ids=KIND_NAMES[:3])
async def test_the_same_cursor_or_number_again_stops_the_stream(
    api: Api, client: IntercomClient, endpoint: Endpoint
) -> None:
    api.handler = lambda _: Reply(
        {
            "data": [thing(1000 + len(api.requests))],
            "pages": {"page": 1, "next": {"page": 2, "starting_after": "abc"}},
        }
    )
    with pytest.raises(FatalApiError, match=r"(cursor `abc`|page `1`) again"):
        await read(client, endpoint)


async def test_the_same_records_in_ever_new_pages_stop_the_stream(api: Api, client: IntercomClient) -> None:
    def handle(_: Request) -> Reply:
        number = len(api.requests)
        things = [thing(1000 + (number * 37 + n * 11) % 600) for n in range(100)]
        return Reply({"data": things, "pages": {"next": {"starting_after": str(number)}}})

    api.handler = handle
    with pytest.raises(FatalApiError, match="again"):
        await read(client, Search("/things", "data", 100), WINDOW)
    assert len(api.requests) < 40


@pytest.mark.parametrize(("before", "circle"), [(0, 20), (3_000, 20), (3_000, 900)])
async def test_a_circle_is_found_wherever_it_begins_and_however_it_is_cut(
    api: Api, client: IntercomClient, before: int, circle: int
) -> None:
    random = Random(before + circle)

    def handle(_: Request) -> Reply:
        place = 100 * len(api.requests)
        numbers = range(place, place + 100) if place < before else random.choices(range(circle), k=100)
        things = [thing(1000 + number + (before if place >= before else 0)) for number in numbers]
        return Reply({"data": things, "total_count": 50, "pages": {"next": {"starting_after": str(place)}}})

    api.handler = handle
    with pytest.raises(FatalApiError, match=f"the same {min(circle, 500)} records again and again"):
        await read(client, Search("/things", "data", 100), WINDOW)
    assert len(api.requests) < 3 * (before + circle) / 100 + 80


async def test_many_more_records_than_the_total_are_read_with_a_warning(
    api: Api, client: IntercomClient, caplog: pytest.LogCaptureFixture
) -> None:
    def handle(_: Request) -> Reply:
        number = len(api.requests)
        things = [thing(1000 + number * 100 + n) for n in range(100)]
        following = {"starting_after": str(number)} if number < 30 else None
        return Reply({"data": things, "total_count": 10, "pages": {"next": following}})

    api.handler = handle
    assert len(ids(await read(client, Search("/things", "data", 100), WINDOW))) == 3_000
    assert [record.message for record in caplog.records if "of a total of 10" in record.message] != []


async def test_a_total_that_is_too_small_or_too_large_loses_nothing(api: Api, client: IntercomClient) -> None:
    for lie in (1, 10**9, None, "many"):
        search = SearchApi([thing(n) for n in range(1000, 1030)])

        def handle(request: Request, search: SearchApi = search, lie: object = lie) -> Reply:
            reply = search(request)
            reply.json["total_count"] = lie
            return reply

        api.handler = handle
        assert len(ids(await read(client, Search("/things", "data", 10), WINDOW))) == 30


async def test_an_empty_page_in_the_middle_does_not_end_a_search(api: Api, client: IntercomClient) -> None:
    answers = [[thing(1001)], [], [], [thing(1002)]]

    def handle(_: Request) -> Reply:
        number = len(api.requests)
        following = {"starting_after": str(number)} if number < len(answers) else None
        return Reply({"data": answers[number - 1], "pages": {"next": following}})

    api.handler = handle
    assert ids(await read(client, Search("/things", "data"), WINDOW)) == ["1001", "1002"]


async def test_empty_pages_for_ever_stop_the_stream(api: Api, client: IntercomClient) -> None:
    api.handler = lambda _: Reply({"data": [], "pages": {"next": {"starting_after": str(len(api.requests))}}})
    with pytest.raises(FatalApiError, match="empty pages in a row"):
        await read(client, Cursor("/things"))


async def test_a_missing_permission_is_named_as_in_the_developer_hub(
    api: Api, client: IntercomClient
) -> None:
    api.answer(Reply({}, 403))
    with pytest.raises(FatalApiError) as caught:
        await read(client, Listing("/things"))
    assert "`Read things`" in str(caught.value.hint)


async def test_pages_before_the_trouble_are_handed_on(api: Api, client: IntercomClient) -> None:
    search = SearchApi([thing(n) for n in range(1000, 1030)])
    api.handler = lambda request: search(request) if len(api.requests) <= 2 else Reply({}, 400)
    pages: list[Page] = []
    reading = read_pages(client, stream(Search("/things", "data", 10)), WINDOW)
    pages += [await anext(reading), await anext(reading)]
    with pytest.raises(FatalApiError):
        await anext(reading)
    assert len(ids(pages)) == 20


async def test_one_page_is_read_ahead_and_no_more(api: Api, client: IntercomClient) -> None:
    api.handler = SearchApi([thing(n) for n in range(1000, 1100)])
    async with aclosing(read_pages(client, stream(Search("/things", "data", 10)), WINDOW)) as pages:
        await anext(pages)
        await asyncio.sleep(0.1)
        assert len(api.requests) == 2
    await asyncio.sleep(0.05)
    assert len(api.requests) == 2
    assert len(asyncio.all_tasks()) <= 1 + api.connections


async def test_fetched_at_is_not_later_than_the_request(api: Api, config: ClientConfig) -> None:
    seen: list[datetime] = []

    def handle(_: Request) -> Reply:
        seen.append(datetime.now(UTC))
        return Reply({"data": [thing(1)]}, hang=0.1)

    api.handler = handle
    async with IntercomClient(config) as client:
        await client.get("/me")
        [page] = await read(client, Listing("/things"))
    assert page.fetched_at <= seen[-1]


@settings(max_examples=15, deadline=None)
@given(
    times=st.lists(st.integers(990, 2010), max_size=40),
    size=st.integers(1, 7),
    heavy=st.integers(0, 40),
)
def test_whatever_the_order_and_page_size_nothing_of_the_window_is_lost(
    times: list[int], size: int, heavy: int
) -> None:
    """In ascending order only: with disorder a search of days may not end early either."""

    async def run(day: bool, ordered: bool) -> None:
        things = [thing(n, at) for n, at in enumerate(sorted(times) if ordered else times)]
        api = Api()
        api.handler = SearchApi(things, too_heavy=heavy)
        async with api.serving():
            config = ClientConfig(api.url, "t", backoff_base=0.0001, backoff_cap=0.001)
            async with IntercomClient(config) as client:
                endpoint = Search("/things", "data", size, "day" if day else "second")
                found = set(ids(await read(client, endpoint, WINDOW)))
        assert {t["id"] for t in things if 1000 <= t["updated_at"] <= 2000} <= found

    asyncio.run(run(day=False, ordered=False))
    asyncio.run(run(day=True, ordered=True))
