"""The token goes to the configured host and to nobody else, and into no log."""

import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from intercom_etl.endpoint import Cursor, Endpoint, Linked, Paged, Scroll, Search
from intercom_etl.errors import ApiError, FatalApiError
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.extract.pages import read_pages
from intercom_etl.record import Id, Record
from intercom_etl.stream import Stream
from intercom_etl.window import Window
from tests.extract.conftest import TOKEN
from tests.extract.fake_api import Api, Reply, Request

NOW = datetime(2026, 1, 2, tzinfo=UTC)


class Thing(Record):
    id: Id


@pytest.fixture
async def thief() -> AsyncIterator[Api]:
    """A host that is not Intercom's, and would like to be asked."""
    async with Api().serving() as serving:
        serving.answer(Reply({"type": "list", "data": [{"id": "stolen"}], "id": "1"}))
        yield serving


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_another_host_is_not_followed(
    api: Api, client: IntercomClient, thief: Api, status: int
) -> None:
    for address in (f"{thief.url}/x", thief.url.removeprefix("http:") + "/x"):
        api.answer(Reply(status=status, headers={"Location": address}))
        for ask in (client.get("/x"), client.post("/x", {})):
            with pytest.raises(FatalApiError):
                await ask
    assert thief.requests == []
    assert thief.connections == 0


@pytest.mark.parametrize(
    "endpoint",
    [
        Cursor("/things", page_size=1),
        Paged("/things", page_size=1),
        Linked("/things", key="data"),
        Scroll("/things/scroll"),
        Search("/things/search", key="data", page_size=1),
    ],
    ids=lambda endpoint: type(endpoint).__name__,
)
async def test_whatever_is_said_to_come_next_is_asked_for_at_home(
    api: Api, client: IntercomClient, thief: Api, endpoint: Endpoint
) -> None:
    there = f"{thief.url}/things?page=2&starting_after=2&scroll_param=2"

    def handle(request: Request) -> Reply:
        if len(api.requests) > 3:
            return Reply({"data": [], "pages": {}})
        said = (there, {"starting_after": there}, {"page": there, "starting_after": "2"})
        following = said[(len(api.requests) - 1) % 3]
        record = {"id": str(len(api.requests)), "updated_at": 1_760_000_000}
        return Reply({"data": [record], "next": there, "scroll_param": there, "total_count": 9,
                      "pages": {"next": following, "total_pages": 9, "page": 1}})  # fmt: skip

    api.handler = handle
    stream = Stream(name="things", title="Things", permission="Read", model=Thing, endpoint=endpoint)
    try:
        async for _ in read_pages(client, stream, Window(None, NOW, None)):
            pass
    except ApiError:
        pass
    assert len(api.requests) >= 2, "something was said to come next"
    assert thief.connections == 0
    assert thief.requests == []
    assert all(request.path.startswith("/things") for request in api.requests)


async def test_no_library_logs_the_token_however_talkative(
    api: Api, config: ClientConfig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "aiohttp", "aiohttp.client", "asyncio", "intercom_etl"):
        caplog.set_level(logging.DEBUG, name)
    api.answer(Reply(status=500), Reply(cut=5), Reply({"id": "1"}))
    async with IntercomClient(config) as client:
        await client.get("/x")
        api.answer(Reply(status=401))
        with pytest.raises(ApiError):
            await client.get("/y")
    assert caplog.records
    told = [record.getMessage() + json.dumps(vars(record), default=repr) for record in caplog.records]
    assert [text for text in told if TOKEN in text] == []
