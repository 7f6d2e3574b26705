"""Lists by parent: in the order of the parents, each list whole, and one that fails costs no other."""

import asyncio
import dataclasses
import json
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest

from intercom_etl.endpoint import Cursor, EachList, Linked, Listing, Paged, PerParent, Together
from intercom_etl.errors import (
    ApiError,
    CredentialsError,
    FatalApiError,
    NotAvailableError,
    RetriableApiError,
)
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.extract.log import FIRST
from intercom_etl.extract.pages import read_pages
from intercom_etl.page import Page, Parent
from intercom_etl.record import Record
from intercom_etl.stream import Stream
from intercom_etl.window import Window
from tests.extract.fake_api import Api, Reply, Request

WINDOW = Window(None, datetime.fromtimestamp(10**9, UTC), None)
LISTING = Listing("/people/{id}/notes")
TOGETHER = Together("/calls/search", field="talk_ids", of="talk_id", at_once=20)


def stream(each: EachList = LISTING, **more: Any) -> Stream:
    return Stream("notes", "Notes", "Read notes", Record, PerParent("people", each, "person_id", **more))


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


async def parents(*names: str) -> AsyncGenerator[Parent]:
    for number, name in enumerate(names):
        yield Parent(name, moment(number))


def numbers(count: int) -> list[str]:
    return [str(n) for n in range(count)]


async def read(
    client: IntercomClient,
    names: Sequence[str],
    each: EachList = LISTING,
    window: Window = WINDOW,
    **more: Any,
) -> list[Page]:
    pages = read_pages(client, stream(each, **more), window, parents=parents(*names))
    return [page async for page in pages]


def found(pages: Sequence[Page]) -> list[tuple[str, str]]:
    """Whose list, and which record."""
    return [
        (parent, json.loads(record)["id"])
        for page in pages
        for parent, record in zip(page.parents, page.records, strict=True)
    ]


class NotesApi:
    """Person n has n % 4 notes; what the address of one answers can be changed."""

    def __init__(self) -> None:
        self.special: Callable[[str], Reply | None] = lambda _: None
        self.hang: Callable[[], float] = lambda: 0.0

    def __call__(self, request: Request) -> Reply:
        person = unquote(request.path.split("/")[2])
        special = self.special(person)
        return special or Reply({"data": notes_of(person)}, hang=self.hang())


def notes_of(person: str) -> list[dict[str, str]]:
    return [{"id": f"{person}-{n}"} for n in range(int(person) % 4)]


def all_notes(count: int) -> list[tuple[str, str]]:
    return [(person, note["id"]) for person in numbers(count) for note in notes_of(person)]


async def test_lists_come_in_the_order_of_the_parents_and_say_whose_they_are(
    api: Api, client: IntercomClient
) -> None:
    chance = random.Random(1)
    api.handler = notes = NotesApi()
    notes.hang = lambda: chance.uniform(0, 0.02)
    pages = await read(client, numbers(300))
    assert found(pages) == all_notes(300)
    assert [parent for page in pages for parent in page.whole] == numbers(300)
    assert len(pages) > 2
    assert [page.position for page in pages] == [moment(int(page.whole[-1])) for page in pages]
    assert len(api.requests) == 300


async def test_as_many_at_once_as_configured(api: Api, config: ClientConfig) -> None:
    api.handler = notes = NotesApi()
    notes.hang = lambda: 0.05
    async with IntercomClient(dataclasses.replace(config, concurrency=20)) as client:
        await read(client, numbers(120))
    assert 15 <= api.busiest <= 20


async def test_empty_lists_alone_make_pages_too_so_that_a_run_shows_how_far_it_is(
    api: Api, client: IntercomClient
) -> None:
    api.answer(Reply({"data": []}))
    pages = await read(client, numbers(3_100), whole=False)
    assert [len(page.whole) for page in pages] == [1500, 1500, 100]
    assert [page.position for page in pages] == [moment(1499), moment(2999), moment(3099)]


@pytest.mark.parametrize("status", [404, 410])
async def test_a_parent_that_is_gone_has_an_empty_list(api: Api, client: IntercomClient, status: int) -> None:
    api.handler = notes = NotesApi()
    notes.special = lambda person: Reply({}, status) if person == "7" else None
    pages = await read(client, numbers(12))
    assert found(pages) == [pair for pair in all_notes(12) if pair[0] != "7"]
    assert "7" in pages[0].whole
    assert pages[0].unavailable == ()


@pytest.mark.parametrize(
    "reply", [Reply({}, 500), Reply({}, 422), Reply({"no": "list"}), Reply(cut=-1)], ids=str
)
async def test_a_list_that_cannot_be_read_costs_no_other_and_is_not_whole(
    api: Api, client: IntercomClient, reply: Reply
) -> None:
    api.handler = notes = NotesApi()
    notes.special = lambda person: reply if person in ("7", "33") else None
    pages = await read(client, numbers(60))
    missing = [one for page in pages for one in page.unavailable]
    assert [(one.id, json.loads(one.stub)) for one in missing] == [("7", {"id": "7"}), ("33", {"id": "33"})]
    assert found(pages) == [pair for pair in all_notes(60) if pair[0] not in ("7", "33")]
    assert not {"7", "33"} & {parent for page in pages for parent in page.whole}
    assert pages[-1].position == moment(59)


async def read_until_error(client: IntercomClient, names: Sequence[str], **more: Any) -> tuple[Any, Any]:
    pages: list[Page] = []
    try:
        async for page in read_pages(client, stream(**more), WINDOW, parents=parents(*names)):
            pages.append(page)  # noqa: PERF401 - a comprehension would lose them
    except ApiError as error:
        return pages, error
    return pages, None


async def test_when_many_lists_fail_it_is_not_the_parents(api: Api, client: IntercomClient) -> None:
    api.handler = notes = NotesApi()
    notes.special = lambda person: Reply({}, 503) if int(person) >= 30 else None
    pages, error = await read_until_error(client, numbers(200))
    assert isinstance(error, RetriableApiError)
    assert found(pages) == all_notes(30)
    assert sum(len(page.unavailable) for page in pages) == 5
    assert pages[-1].position == moment(34)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply({}, 401), CredentialsError),
        (Reply({}, 403), NotAvailableError),
        (Reply({"errors": [{"code": "intercom_version_invalid"}]}, 400), NotAvailableError),
    ],
    ids=["token", "permission", "version"],
)
async def test_what_no_list_may_be_read_with_ends_the_stream_at_once(
    api: Api, client: IntercomClient, reply: Reply, kind: type[Exception]
) -> None:
    api.answer(reply)
    pages, error = await read_until_error(client, numbers(200))
    assert isinstance(error, kind)
    assert pages == []
    assert len(api.requests) < 200


async def test_one_list_out_of_bounds_among_others_is_a_matter_of_that_list(
    api: Api, client: IntercomClient
) -> None:
    api.handler = notes = NotesApi()
    notes.special = lambda person: Reply({}, 403) if person == "9" else None
    [page] = await read(client, numbers(20))
    assert [one.id for one in page.unavailable] == ["9"]


async def test_ids_are_quoted_in_addresses_and_dots_lead_nowhere(api: Api, client: IntercomClient) -> None:
    api.answer(Reply({"data": []}))
    [page] = await read(client, ["a/b?c", "..", "ü"])
    # the server splits at the question mark, so it was quoted
    assert sorted(unquote(request.path) for request in api.requests) == [
        "/people/a/b?c/notes",
        "/people/ü/notes",
    ]
    assert [one.id for one in page.unavailable] == [".."]


async def test_no_request_is_left_behind_when_the_reader_leaves(api: Api, client: IntercomClient) -> None:
    api.handler = notes = NotesApi()
    notes.hang = lambda: 0.02
    reading = read_pages(client, stream(), WINDOW, parents=parents(*numbers(5_000)))
    async with aclosing(reading) as pages:
        await anext(pages)
    asked = len(api.requests)
    await asyncio.sleep(0.1)
    assert len(api.requests) == asked < 1_000
    assert len(asyncio.all_tasks()) <= 1 + api.connections


async def test_lists_of_several_pages_are_put_together(api: Api, client: IntercomClient) -> None:
    def handle(request: Request) -> Reply:
        person, page = request.path.split("/")[2], int(request.params["page"])
        return Reply({"data": [{"id": f"{person}-{page}"}], "pages": {"page": page, "total_pages": 3}})

    api.handler = handle
    [page] = await read(client, ["1", "2"], Paged("/people/{id}/notes", page_size=1))
    assert found([page]) == [(p, f"{p}-{n}") for p in ("1", "2") for n in (1, 2, 3)]
    assert page.whole == ("1", "2")


async def test_a_list_that_breaks_in_the_middle_gives_nothing(api: Api, client: IntercomClient) -> None:
    def handle(request: Request) -> Reply:
        page = int(request.params["page"])
        return Reply({}, 422) if page == 2 else Reply({"data": [{"id": "1"}], "pages": {"total_pages": 2}})

    api.handler = handle
    [page] = await read(client, ["1"], Paged("/people/{id}/notes"))
    assert (page.records, page.whole, [one.id for one in page.unavailable]) == ((), (), ["1"])


async def test_the_id_goes_into_parameters_and_addresses_of_next_pages_are_not_followed(
    api: Api, client: IntercomClient
) -> None:
    def handle(request: Request) -> Reply:
        before = request.params.get("before", "3")
        records = [{"id": f"{request.params['person']}-{before}"}] if before != "0" else []
        following = f"https://evil.example/other?person=another&before={int(before) - 1}"
        return Reply({"events": records, "pages": {"next": following}})

    api.handler = handle
    each = Linked("/events", key="events", params=(("type", "user"), ("person", "{id}")))
    [page] = await read(client, ["a&b", "2"], each)
    assert found([page]) == [(p, f"{p}-{n}") for p in ("a&b", "2") for n in (3, 2, 1)]
    assert {(request.path, request.params["type"]) for request in api.requests} == {("/events", "user")}


@pytest.mark.parametrize("following", ["http://api.test/events?next page", "", None, "::", "http://[x/?a=1"])
async def test_a_next_address_beside_an_empty_list_or_without_a_query_is_the_end(
    api: Api, client: IntercomClient, following: str | None
) -> None:
    api.answer(Reply({"events": [{"id": "1"}], "pages": {"next": following}}))
    [page] = await read(client, ["1"], Linked("/events", key="events"))
    assert len(page.records) == len(api.requests) == 1


async def test_a_next_address_that_leads_back_is_a_circle(api: Api, client: IntercomClient) -> None:
    api.handler = lambda _: Reply(
        {"events": [{"id": str(len(api.requests))}], "pages": {"next": "http://api.test/events?page=2"}}
    )
    [page] = await read(client, ["1"], Linked("/events", key="events"))
    assert "in circles" in page.unavailable[0].reason


class FlatApi:
    """Three pages, with the cursor beside the list."""

    def __init__(self, **more: Any) -> None:
        self.more = more

    def __call__(self, request: Request) -> Reply:
        page = int(request.params.get("cursor", "0"))
        following = str(page + 1) if page < 2 else None
        body = {"data": [{"id": str(page)}], "next_cursor": following, "has_more": following is not None}
        return Reply(body | self.more if page == 2 else body)


@pytest.mark.parametrize(
    "last", [{}, {"next_cursor": "2", "has_more": False}, {"next_cursor": ""}, {"has_more": True}], ids=str
)
async def test_a_cursor_beside_the_list_goes_back_under_its_own_name(
    api: Api, client: IntercomClient, last: dict[str, Any]
) -> None:
    api.handler = FlatApi(**last)
    [page] = await read(client, ["1"], Cursor("/people/{id}/merges", page_size=1, style="flat"))
    assert [note for _, note in found([page])] == ["0", "1", "2"]
    assert [request.params.get("cursor") for request in api.requests] == [None, "1", "2"]
    assert "starting_after" not in api.requests[-1].params


SPAN = ("start_ts", "end_ts")


async def test_a_list_that_is_a_log_is_asked_for_the_window(api: Api, client: IntercomClient) -> None:
    api.answer(Reply({"data": []}))
    window = Window(moment(5_000), moment(6_000), None)
    await read(client, ["1"], Cursor("/people/{id}/log", page_size=30), window, span=SPAN)
    await read(client, ["1"], Cursor("/people/{id}/log", page_size=30), span=SPAN)
    first, whole = (request.params for request in api.requests)
    assert first == {"start_ts": "4999", "end_ts": "6001", "per_page": "30"}
    assert whole["start_ts"] == str(int(FIRST.timestamp()) - 1)


async def test_a_log_that_cannot_be_read_fails_the_stream_since_the_next_time_begins_later(
    api: Api, client: IntercomClient
) -> None:
    api.handler = notes = NotesApi()
    notes.special = lambda person: Reply({}, 422) if person == "7" else None
    pages, error = await read_until_error(client, numbers(20), span=SPAN, whole=False)
    assert isinstance(error, FatalApiError)
    assert not any(page.unavailable for page in pages)
    assert found(pages) == all_notes(7)


class TogetherApi:
    """Talk n has n % 3 calls; `refused` talks spoil every answer that they are part of."""

    def __init__(self, *refused: str, status: int = 500) -> None:
        self.refused, self.status = set(refused), status

    def __call__(self, request: Request) -> Reply:
        asked = request.body["talk_ids"]
        if self.refused & set(asked):
            return Reply({}, self.status)
        calls = [{"id": f"{t}-{n}", "talk_id": int(t)} for t in reversed(asked) for n in range(int(t) % 3)]
        return Reply({"data": calls})


def all_calls(count: int) -> list[tuple[str, str]]:
    return [(talk, f"{talk}-{n}") for talk in numbers(count) for n in range(int(talk) % 3)]


async def test_several_parents_are_asked_for_at_once_and_told_apart(api: Api, client: IntercomClient) -> None:
    api.handler = TogetherApi()
    pages = await read(client, numbers(50), TOGETHER)
    assert found(pages) == all_calls(50)
    assert sorted(len(request.body["talk_ids"]) for request in api.requests) == [10, 20, 20]
    assert [parent for page in pages for parent in page.whole] == numbers(50)
    assert pages[-1].position == moment(49)


@pytest.mark.parametrize("status", [500, 422])
async def test_one_that_spoils_the_answer_for_all_stands_alone(
    api: Api, client: IntercomClient, status: int
) -> None:
    api.handler = TogetherApi("7", status=status)
    pages = await read(client, numbers(40), TOGETHER)
    assert found(pages) == [pair for pair in all_calls(40) if pair[0] != "7"]
    assert [one.id for page in pages for one in page.unavailable] == ["7"]


async def test_of_parents_asked_alone_one_that_is_gone_has_an_empty_list(
    api: Api, client: IntercomClient
) -> None:
    api.handler = TogetherApi("7", status=404)
    pages = await read(client, numbers(20), TOGETHER)
    assert not any(page.unavailable for page in pages)
    assert found(pages) == [pair for pair in all_calls(20) if pair[0] != "7"]


async def test_a_record_of_none_that_was_asked_for_is_not_given_to_anybody(
    api: Api, client: IntercomClient
) -> None:
    api.answer(Reply({"data": [{"id": "1", "talk_id": "999"}, {"id": "2", "talk_id": None}]}))
    pages = await read(client, ["1", "2"], TOGETHER)
    assert len(api.requests) == 3  # each alone, since then it is clear whose they are
    assert found(pages) == [("1", "1"), ("1", "2"), ("2", "1"), ("2", "2")]


async def test_a_missing_permission_is_not_asked_for_again_one_by_one(
    api: Api, client: IntercomClient
) -> None:
    api.answer(Reply({}, 403))
    with pytest.raises(NotAvailableError):
        await read(client, numbers(20), TOGETHER)
    assert len(api.requests) == 1


async def test_a_parent_that_comes_twice_is_asked_for_once(api: Api, client: IntercomClient) -> None:
    api.handler = TogetherApi()
    await read(client, ["2", "1", "2"], TOGETHER)
    assert [request.body for request in api.requests] == [{"talk_ids": ["2", "1"]}]
