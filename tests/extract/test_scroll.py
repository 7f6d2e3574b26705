import dataclasses
import json
from collections.abc import Callable

import pytest

from intercom_etl.endpoint import Scroll
from intercom_etl.errors import FatalApiError, RetriableApiError
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.extract.pages import read_pages
from intercom_etl.record import Record
from intercom_etl.stream import Stream
from intercom_etl.window import Window
from tests.extract.fake_api import Api, Reply, Request
from tests.extract.test_pages import ALL

COMPANIES = Stream("companies", "Companies", "Read companies", Record, Scroll("/companies/scroll"))


class ScrollApi:
    """One scroll at a time, kept by the server, the same token on every page."""

    def __init__(self, records: int, size: int = 10, *, ends_with_404: bool = False) -> None:
        self.records, self.size, self.ends_with_404 = records, size, ends_with_404
        self.place = 0
        self.opened = 0
        self.busy_looks = 0
        self.trouble: Callable[[int, int], Reply | None] = lambda _opened, _place: None

    def __call__(self, request: Request) -> Reply:
        if "scroll_param" not in request.params:
            if self.busy_looks:
                self.busy_looks -= 1
                return Reply({"errors": [{"code": "scroll_exists"}]}, 400)
            self.opened += 1
            self.place = 0
        trouble = self.trouble(self.opened, self.place)
        if trouble is not None and trouble.status == 429:
            return trouble
        found = [{"id": str(n)} for n in range(self.place, min(self.records, self.place + self.size))]
        self.place += self.size
        if trouble is not None:
            return trouble
        if not found and self.ends_with_404:
            return Reply({"errors": [{"code": "not_found"}]}, 404)
        return Reply({"data": found, "scroll_param": "same" if found else None, "total_count": None})


async def read(client: IntercomClient, window: Window = ALL) -> list[str]:
    pages = [page async for page in read_pages(client, COMPANIES, window)]
    return [json.loads(record)["id"] for page in pages for record in page.records]


def numbers(count: int) -> list[str]:
    return [str(n) for n in range(count)]


@pytest.mark.parametrize("records", [0, 1, 10, 25, 30])
async def test_a_scroll_ends_with_an_empty_page(api: Api, client: IntercomClient, records: int) -> None:
    api.handler = ScrollApi(records)
    assert await read(client) == numbers(records)
    assert [request.params.get("scroll_param") for request in api.requests[1:]] == ["same"] * (
        len(api.requests) - 1
    )


@pytest.mark.parametrize("records", [1, 10, 25, 30])
async def test_a_scroll_that_ends_with_404_loses_nothing(
    api: Api, client: IntercomClient, records: int
) -> None:
    api.handler = scroll = ScrollApi(records, ends_with_404=True)
    found = await read(client)
    assert found[-records:] == numbers(records)
    assert scroll.opened == (1 if records == 25 else 2)  # a full last page might be a lost scroll: look twice


@pytest.mark.parametrize(
    "trouble",
    [
        Reply({}, 500),
        Reply({}, 404),
        Reply(cut=-1),
        Reply({"data": []}, cut=3),
        Reply(body=b"<html>"),
        Reply({}, 408),
    ],
    ids=["500", "expired", "dropped", "cut", "html", "408"],
)
async def test_trouble_in_the_middle_begins_again_and_loses_nothing(
    api: Api, client: IntercomClient, trouble: Reply
) -> None:
    api.handler = scroll = ScrollApi(55)
    scroll.trouble = lambda opened, place: trouble if opened == 1 and place == 20 else None
    found = await read(client)
    assert found == numbers(20) + numbers(55)
    assert scroll.opened == 2


async def test_a_refusal_for_rate_goes_on_where_it_was(api: Api, client: IntercomClient) -> None:
    refused: list[int] = []

    def trouble(_: int, place: int) -> Reply | None:
        if place == 20 and len(refused) < 3:
            refused.append(place)
            return Reply({}, 429)
        return None

    api.handler = scroll = ScrollApi(55)
    scroll.trouble = trouble
    assert await read(client) == numbers(55)
    assert scroll.opened == 1


async def test_a_scroll_that_breaks_ever_later_gets_there(api: Api, client: IntercomClient) -> None:
    api.handler = scroll = ScrollApi(200)
    scroll.trouble = lambda opened, place: Reply({}, 500) if place == opened * 10 and place < 190 else None
    assert (await read(client))[-200:] == numbers(200)
    assert scroll.opened == 19


async def test_a_scroll_that_always_breaks_at_the_same_place_is_given_up(
    api: Api, client: IntercomClient
) -> None:
    api.handler = scroll = ScrollApi(55)
    scroll.trouble = lambda _, place: Reply({}, 500) if place == 20 else None
    with pytest.raises(RetriableApiError, match="10 times"):
        await read(client)
    assert scroll.opened == 11


async def test_an_open_scroll_is_waited_for(api: Api, client: IntercomClient) -> None:
    api.handler = scroll = ScrollApi(15)
    scroll.busy_looks = 12
    assert await read(client) == numbers(15)
    scroll.busy_looks = 13
    with pytest.raises(RetriableApiError, match="stays open"):
        await read(client)


async def test_a_scroll_that_gives_the_same_page_for_ever_is_stopped(
    api: Api, client: IntercomClient
) -> None:
    api.answer(Reply({"data": [{"id": "1"}], "scroll_param": "same"}))
    with pytest.raises(FatalApiError, match="the same page again"):
        await read(client)


async def test_records_without_a_token_to_go_on_are_an_error(api: Api, client: IntercomClient) -> None:
    api.answer(Reply({"data": [{"id": str(n)} for n in range(100)]}))
    with pytest.raises(FatalApiError, match="scroll_param"):
        await read(client)


async def test_a_short_page_without_a_token_is_the_last(api: Api, client: IntercomClient) -> None:
    api.answer(Reply({"data": [{"id": str(n)} for n in range(99)]}))
    assert await read(client) == numbers(99)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refusal_in_the_middle_is_final(api: Api, client: IntercomClient, status: int) -> None:
    api.handler = scroll = ScrollApi(55)
    scroll.trouble = lambda _, place: Reply({}, status) if place == 20 else None
    with pytest.raises(FatalApiError) as caught:
        await read(client)
    assert caught.value.status == status
    assert scroll.opened == 1


async def test_a_silent_server_in_the_middle_begins_again(api: Api, config: ClientConfig) -> None:
    api.handler = scroll = ScrollApi(30)
    scroll.trouble = lambda opened, place: Reply({}, hang=1) if opened == 1 and place == 10 else None
    async with IntercomClient(dataclasses.replace(config, request_timeout=0.2)) as client:
        assert await read(client) == numbers(10) + numbers(30)
    assert scroll.opened == 2
