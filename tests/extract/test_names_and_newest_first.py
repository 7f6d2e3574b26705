"""Lists that are read name by name, and lists that need not be read to their end."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from intercom_etl.endpoint import Paged, PerName
from intercom_etl.errors import FatalApiError
from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.pages import read_pages
from intercom_etl.page import Page
from intercom_etl.record import Record
from intercom_etl.stream import Stream
from intercom_etl.window import Window
from tests.extract.fake_api import Api, Reply, Request

NAMED = Stream(
    "objects",
    "Objects",
    "Read objects",
    Record,
    PerName("OBJECTS", Paged("/objects/{id}", page_size=2), "object_type"),
)
NEWEST = Stream("gone", "Gone", "Read gone", Record, Paged("/gone", page_size=10, newest_first="deleted_at"))


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


async def read(
    client: IntercomClient, stream: Stream, start: float | None = None, names: Sequence[str] = ()
) -> list[Page]:
    window = Window(None if start is None else moment(start), moment(10**6), None)
    return [page async for page in read_pages(client, stream, window, names=names)]


class ObjectsApi:
    """So many objects of each type; ids are unique within a type only."""

    def __init__(self, **counts: int) -> None:
        self.counts = counts

    def __call__(self, request: Request) -> Reply:
        count = self.counts.get(request.path.split("/")[2])
        if count is None:
            return Reply({"errors": [{"code": "not_found", "message": "no such type"}]}, 404)
        page = int(request.params["page"])
        found = [{"id": str(n)} for n in range(count)][(page - 1) * 2 : page * 2]
        pages = {"page": page, "total_pages": -(-count // 2)}
        return Reply({"data": found, "total_count": count, "pages": pages})


async def test_one_list_after_the_other_each_said_to_be_whole_at_its_end(
    api: Api, client: IntercomClient
) -> None:
    api.handler = ObjectsApi(Order=5, Device=1, Empty=0)
    pages = await read(client, NAMED, names=("Order", "Empty", "Device"))
    records = [
        (name, json.loads(record)["id"])
        for page in pages
        for name, record in zip(page.parents, page.records, strict=True)
    ]
    assert records == [*(("Order", str(n)) for n in range(5)), ("Device", "0")]
    assert [page.whole for page in pages if page.whole] == [("Order",), ("Empty",), ("Device",)]
    assert [page.total for page in pages] == [5, 5, 5, 5, 5, 6, 6]


async def test_a_name_that_does_not_exist_is_an_error_that_shows_it(api: Api, client: IntercomClient) -> None:
    api.handler = ObjectsApi(Order=1)
    with pytest.raises(FatalApiError, match="/objects/Oder"):
        await read(client, NAMED, names=("Order", "Oder"))


class GoneApi:
    """Thirty pages of ten, newest first: 1000 second apart, the newest at 300,000."""

    def __init__(self, oddities: dict[int, object] | None = None) -> None:
        times: list[object] = [300_000 - 1000 * n for n in range(300)]
        for place, value in (oddities or {}).items():
            times[place] = value
        self.records = [{"id": str(n), "deleted_at": at} for n, at in enumerate(times)]

    def __call__(self, request: Request) -> Reply:
        page, size = int(request.params["page"]), int(request.params["per_page"])
        found = self.records[(page - 1) * size : page * size]
        return Reply({"data": found, "pages": {"page": page, "total_pages": 30}})


async def test_the_first_time_all_of_it_is_read(api: Api, client: IntercomClient) -> None:
    api.handler = GoneApi()
    pages = await read(client, NEWEST)
    assert sum(len(page.records) for page in pages) == 300


@pytest.mark.parametrize(("start", "requests"), [(300_001, 1), (291_000, 2), (281_500, 3), (1, 30)])
async def test_then_only_up_to_the_first_page_that_is_older_than_the_window(
    api: Api, client: IntercomClient, start: int, requests: int
) -> None:
    api.handler = gone = GoneApi()
    pages = await read(client, NEWEST, start)
    wanted = {one["id"] for one in gone.records if int(str(one["deleted_at"])) >= start}
    assert wanted <= {json.loads(record)["id"] for page in pages for record in page.records}
    assert len(api.requests) == requests


async def test_a_page_of_the_second_in_which_the_window_begins_does_not_end_it(
    api: Api, client: IntercomClient
) -> None:
    api.handler = GoneApi(dict.fromkeys(range(10), 300_000))
    assert len(await read(client, NEWEST, 300_000.7)) == 2


@pytest.mark.parametrize("odd", [None, "", "soon", {}], ids=str)
async def test_a_record_without_a_time_does_not_end_it(api: Api, client: IntercomClient, odd: object) -> None:
    api.handler = GoneApi({5: odd, 15: odd})
    pages = await read(client, NEWEST, 299_000)
    assert [len(page.records) for page in pages] == [10, 10, 10]


async def test_an_empty_list_is_one_request(api: Api, client: IntercomClient) -> None:
    api.answer(Reply({"data": [], "total_count": 0, "pages": {"page": 1, "total_pages": 0}}))
    assert await read(client, NEWEST, 5) == []
    assert len(api.requests) == 1
