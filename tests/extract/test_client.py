import asyncio
import dataclasses
import gzip
import logging
import socket
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from time import monotonic

import aiohttp
import httpx
import pytest

from intercom_etl.errors import ApiError, ConfigError, CredentialsError, FatalApiError, RetriableApiError
from intercom_etl.extract.client import ClientConfig, IntercomClient, RequestDone
from intercom_etl.extract.confirm import confirm_absent
from intercom_etl.extract.failures import FOREIGN, lost
from intercom_etl.stream import Confirm
from tests.extract.fake_api import CERTIFICATE, Api, Reply

OK = Reply({"id": "1"})
TOKEN = "dG9rOnNlY3JldC10b2tlbg=="


def error_list(code: str, message: str = "no") -> dict[str, object]:
    return {"type": "error.list", "request_id": "req-1", "errors": [{"code": code, "message": message}]}


async def test_a_request_carries_the_token_and_the_version(api: Api, client: IntercomClient) -> None:
    api.answer(OK)
    await client.post("/contacts/search", {"query": 1}, {"per_page": 5})
    [request] = api.requests
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["intercom-version"] == "2.16"
    assert request.headers["accept"] == "application/json"
    assert request.headers["accept-encoding"] == "gzip"
    assert request.headers["user-agent"].startswith("intercom-etl/")
    assert (request.method, request.params, request.body) == ("POST", {"per_page": "5"}, {"query": 1})


async def test_no_address_is_shown_whoever_wrote_it(
    api: Api, client: IntercomClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "intercom_etl")
    caplog.set_level(logging.WARNING, "httpx")  # as the command line has it
    api.answer(Reply(error_list("server_error", "no user Ada@example.com (ada%40example.com)"), status=500))
    with pytest.raises(ApiError) as caught:
        await client.get("/contacts/ada%40example.com")
    assert "[email]" in caught.value.message
    assert "`GET /contacts/[email]`" in caught.value.message
    assert "ada" not in f"{caught.value!r} {caught.value.request} {caplog.text}".lower()


async def test_members_keep_the_text_that_was_sent(api: Api, client: IntercomClient) -> None:
    api.answer(Reply(body=b'{"a": NaN, "b":"\\ud800", "n": 12345678901234567890123, "c": null}'))
    answer = await client.get("/x")
    assert answer.members == {"a": b"NaN", "b": b'"\\ud800"', "n": b"12345678901234567890123", "c": b"null"}


async def test_nesting_of_any_depth_passes(api: Api, client: IntercomClient) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    api.answer(Reply(body=b'{"a":' + deep + b"}"))
    assert (await client.get("/x")).members["a"] == deep


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/x", "//evil.example/x", "x", "", "/", "/a//b", "/a?b=c", "/a#b",
        "/../me", "/a/..", "/a/%2e%2E", "/a b", "/a\n", "/a\\b", "/\udcff", "@evil.example/x",
    ],
)  # fmt: skip
async def test_only_paths_below_the_address_are_accepted(api: Api, client: IntercomClient, path: str) -> None:
    with pytest.raises(ValueError, match="is not a path of the api"):
        await client.get(path)
    assert api.requests == []


async def test_redirects_are_refused_and_not_followed(api: Api, client: IntercomClient) -> None:
    api.answer(Reply(status=302, headers={"Location": "/elsewhere"}))
    with pytest.raises(FatalApiError) as caught:
        await client.get("/x")
    assert caught.value.status == 302
    assert len(api.requests) == 1


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504])
async def test_passing_trouble_is_tried_again(api: Api, client: IntercomClient, status: int) -> None:
    api.answer(Reply(error_list("trouble"), status), Reply(body=b"<html>", status=status), OK)
    assert (await client.get("/x")).members == {"id": b'"1"'}
    assert client.stats.by_status == {status: 2, 200: 1}
    assert client.stats.retries == 2


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b""),
        Reply(body=b"<html>maintenance</html>"),
        Reply(body=b'{"id": "1", "da'),
        Reply(body=b"[1]"),
        Reply({"id": "1"}, cut=4),
        Reply(cut=-1),
        Reply(body=gzip.compress(b'{"id":"1"}' * 99)[:-9], headers={"Content-Encoding": "gzip"}),
        Reply(body=b"no gzip at all", headers={"Content-Encoding": "gzip"}),
        Reply(hang=1.0),
        Reply({"id": "1"}, drip=0.05),
    ],
    ids=["empty", "html", "truncated", "array", "cut", "dropped", "cut gzip", "no gzip", "silent", "slow"],
)
async def test_an_answer_that_is_not_whole_is_tried_again(
    api: Api, config: ClientConfig, reply: Reply
) -> None:
    async with IntercomClient(dataclasses.replace(config, request_timeout=0.3)) as client:
        api.answer(reply, reply, OK)
        assert (await client.get("/x")).members == {"id": b'"1"'}
        api.answer(reply)
        with pytest.raises(RetriableApiError, match="gave up after 4 attempts"):
            await client.get("/x")
    assert len(api.requests) == 7


@pytest.mark.parametrize("body", [b"[]", b' [{"id": 1}, {"id": NaN}]\n', b"[" * 10_000 + b"]" * 10_000])
async def test_a_bare_list_is_an_answer_where_it_is_allowed(
    api: Api, client: IntercomClient, body: bytes
) -> None:
    api.answer(Reply(body=body))
    answer = await client.get("/x", or_list=True)
    assert (answer.is_list, answer.members, answer.body) == (True, {}, body)


@pytest.mark.parametrize("body", [b"", b'[{"id": 1}', b'[{"id": 1}]]', b"null", b'"["'])
async def test_a_list_that_is_not_whole_is_tried_again(api: Api, client: IntercomClient, body: bytes) -> None:
    api.answer(Reply(body=body), Reply([{"id": "1"}]))
    assert (await client.get("/x", or_list=True)).body == b'[{"id": "1"}]'
    assert len(api.requests) == 2


async def test_an_object_is_an_answer_where_a_list_is_allowed(api: Api, client: IntercomClient) -> None:
    api.answer(OK)
    answer = await client.get("/x", or_list=True)
    assert (answer.is_list, answer.members) == (False, {"id": b'"1"'})


async def test_the_deadline_is_for_the_whole_body(api: Api, config: ClientConfig) -> None:
    api.answer(Reply({"id": "x" * 100}, drip=0.01))
    began = monotonic()
    async with IntercomClient(dataclasses.replace(config, request_timeout=0.2, max_attempts=1)) as client:
        with pytest.raises(RetriableApiError, match="took too long") as caught:
            await client.get("/x")
    assert caught.value.code == "timeout"
    assert monotonic() - began < 1


@pytest.mark.parametrize("status", [400, 402, 404, 405, 406, 410, 418, 422])
async def test_refusals_are_final_at_once(api: Api, client: IntercomClient, status: int) -> None:
    api.answer(Reply(error_list("some_code", "Some\x1b[31m words"), status))
    with pytest.raises(FatalApiError) as caught:
        await client.get("/x")
    error = caught.value
    assert (error.status, error.code, error.request, error.request_id) == (
        status,
        "some_code",
        "GET /x",
        "req-1",
    )
    assert "Some [31m words" in error.message
    assert len(api.requests) == 1


async def test_a_refused_token_is_an_error_of_its_own(api: Api, client: IntercomClient) -> None:
    api.answer(Reply(error_list("unauthorized", f"bad token {TOKEN}"), 401, {"X-Request-Id": f"r {TOKEN}"}))
    with pytest.raises(CredentialsError) as caught:
        await client.get("/x")
    assert "INTERCOM_ACCESS_TOKEN" in str(caught.value.hint)
    assert "region" in str(caught.value.hint)
    assert TOKEN not in f"{caught.value} {caught.value.request_id}"


async def test_a_version_that_does_not_exist_names_the_setting(api: Api, client: IntercomClient) -> None:
    api.answer(Reply(error_list("intercom_version_invalid"), 400))
    with pytest.raises(FatalApiError) as caught:
        await client.get("/x")
    assert "INTERCOM_API_VERSION" in str(caught.value.hint)


async def test_a_missing_permission_is_named(api: Api, client: IntercomClient) -> None:
    errors = [{"code": "forbidden", "data": {"required_permissions": ["read_tickets"]}}]
    api.answer(Reply({"errors": errors}, 403))
    with pytest.raises(FatalApiError) as caught:
        await client.get("/x")
    assert "read_tickets" in str(caught.value.hint)


async def test_messages_of_the_api_are_cut_to_a_line(api: Api, client: IntercomClient) -> None:
    api.answer(Reply(error_list("c" * 999, "word\r\n" * 999), 422))
    with pytest.raises(FatalApiError) as caught:
        await client.get("/x")
    assert len(caught.value.message) < 500
    assert caught.value.message.isprintable()


async def test_compressed_answers_are_inflated(api: Api, client: IntercomClient) -> None:
    halves = gzip.compress(b'{"id":') + gzip.compress(b'"1"}')
    api.answer(Reply(body=halves, headers={"Content-Encoding": "gzip"}))
    assert (await client.get("/x")).members == {"id": b'"1"'}


@pytest.mark.parametrize("packed", [True, False])
async def test_an_answer_over_the_cap_names_the_setting(api: Api, config: ClientConfig, packed: bool) -> None:
    body = b'{"a":"' + b"x" * 50_000_000 + b'"}'
    api.answer(
        Reply(body=gzip.compress(body, 1), headers={"Content-Encoding": "gzip"})
        if packed
        else Reply(body=body)
    )
    async with IntercomClient(dataclasses.replace(config, max_response_bytes=1_000_000)) as client:
        with pytest.raises(FatalApiError, match="larger than the cap") as caught:
            await client.get("/x")
    assert "INTERCOM_ETL_MAX_RESPONSE_MB" in str(caught.value.hint)


async def test_an_answer_just_as_long_as_the_cap_passes(api: Api, config: ClientConfig) -> None:
    body = b'{"a":"' + b"x" * 1000 + b'"}'
    api.answer(Reply(body=gzip.compress(body), headers={"Content-Encoding": "gzip"}))
    async with IntercomClient(dataclasses.replace(config, max_response_bytes=len(body))) as client:
        assert (await client.get("/x")).body == body


async def test_an_encoding_that_nobody_asked_for_is_refused(api: Api, client: IntercomClient) -> None:
    api.answer(Reply(body=b"\x01\x02", headers={"Content-Encoding": "br"}))
    with pytest.raises(FatalApiError):
        await client.get("/x")


async def test_the_wait_is_as_long_as_the_server_asks(api: Api, client: IntercomClient) -> None:
    api.answer(Reply({}, 503, {"Retry-After": "0.3"}), OK)
    began = monotonic()
    await client.get("/x")
    assert 0.3 <= monotonic() - began < 0.6


async def test_a_refusal_for_rate_holds_back_all_requests(api: Api, client: IntercomClient) -> None:
    times: list[float] = []

    def handle(_: object) -> Reply:
        times.append(monotonic())
        return Reply({}, 429, {"Retry-After": "0.4"}) if len(times) == 1 else OK

    api.handler = handle
    first = asyncio.create_task(client.get("/x"))
    await asyncio.sleep(0.1)
    await client.get("/y")
    await first
    assert times[1] - times[0] > 0.35


async def test_refusals_for_rate_do_not_use_up_the_attempts(api: Api, client: IntercomClient) -> None:
    api.answer(*[Reply({}, 429)] * 10, OK)
    await client.get("/x", attempts=1)
    api.answer(Reply({}, 429))
    with pytest.raises(RetriableApiError, match="429"):
        await client.get("/x")


async def test_patience_ends_with_the_seconds_too(api: Api, config: ClientConfig) -> None:
    api.answer(Reply({}, 503, {"Retry-After": "5"}))
    async with IntercomClient(dataclasses.replace(config, max_retry_seconds=1.0)) as client:
        with pytest.raises(RetriableApiError) as caught:
            await client.get("/x")
    assert caught.value.retry_after == 5
    assert len(api.requests) == 1


async def test_a_dropped_request_is_not_repeated_behind_our_back(api: Api, client: IntercomClient) -> None:
    await client.get("/x")
    api.answer(Reply(cut=-1))
    with pytest.raises(RetriableApiError):
        await client.get("/x", attempts=1)
    assert len(api.requests) == 2


async def test_a_retry_is_one_line_in_the_log(
    api: Api, client: IntercomClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "intercom_etl")
    api.answer(Reply({}, 502, {"X-Request-Id": "abc"}), OK)
    await client.get("/x")
    [record] = [record for record in caplog.records if record.name.startswith("intercom_etl")]
    assert "`GET /x`" in record.message
    assert "502" in record.message
    assert "abc" in record.message


async def test_no_one_listening_names_the_host(api: Api, config: ClientConfig) -> None:
    gone = dataclasses.replace(config, base_url="http://127.0.0.1:9", max_attempts=2)
    async with IntercomClient(gone) as client:
        with pytest.raises(RetriableApiError, match=r"cannot connect to `127.0.0.1:9`"):
            await client.get("/x")


async def test_a_certificate_that_nobody_signed_names_the_host_and_the_reason(
    api: Api, config: ClientConfig
) -> None:
    api.tls = True
    async with api.serving(), IntercomClient(dataclasses.replace(config, base_url=api.url)) as client:
        with pytest.raises(FatalApiError, match=r"tls with `127.*self.signed") as caught:
            await client.get("/x")
    assert caught.value.code == "tls"


async def test_tls_works_and_leaves_nothing_open(
    api: Api, config: ClientConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    api.tls = True
    async with api.serving(), IntercomClient(dataclasses.replace(config, base_url=api.url)) as client:
        await client.get("/x")


async def test_a_name_that_does_not_exist_is_named(
    config: ClientConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    async with IntercomClient(dataclasses.replace(config, base_url="http://nohost.invalid")) as client:
        with pytest.raises(RetriableApiError, match=r"cannot find host `nohost.invalid`"):
            await client.get("/x")


async def test_the_proxy_of_the_environment_is_used(
    api: Api, config: ClientConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", api.url)
    monkeypatch.setenv("no_proxy", "")
    api.answer(OK)
    async with IntercomClient(dataclasses.replace(config, base_url="http://api.example.test")) as client:
        await client.get("/x")
    assert api.requests[0].headers["host"] == "api.example.test"


async def test_a_proxy_that_refuses_is_named_and_gets_no_token(
    api: Api, config: ClientConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", api.url.replace("://", "://user:word@"))
    monkeypatch.setenv("no_proxy", "")
    api.answer(Reply({}, 407))
    async with IntercomClient(dataclasses.replace(config, base_url="https://api.example.test")) as client:
        with pytest.raises(RetriableApiError, match="proxy does not reach") as caught:
            await client.get("/x", attempts=1)
    assert "HTTPS_PROXY" in str(caught.value.hint)
    assert api.requests[0].headers["proxy-authorization"] == "Basic dXNlcjp3b3Jk"
    assert "authorization" not in api.requests[0].headers


async def test_the_token_shows_nowhere(api: Api, config: ClientConfig) -> None:
    api.answer(Reply(body=b"HTTP/9.9 nonsense", cut=-1), Reply(error_list("x", TOKEN), 500))
    shown = [repr(config), str(config)]
    async with IntercomClient(config) as client:
        shown.append(repr(client))
        for reply in (Reply(cut=-1), Reply(status=999), Reply({}, headers={"Bad\x00": "x"}), Reply(cut=3)):
            api.answer(reply)
            with pytest.raises(ApiError) as caught:
                await client.get("/x")
            error: BaseException | None = caught.value
            shown += traceback.format_exception(caught.value)
            while error is not None:
                shown += [repr(error), str(error), repr(error.args), repr(vars(error))]
                error = error.__cause__ or error.__context__
    assert [text for text in shown if TOKEN in text] == []


@pytest.mark.parametrize("token", ["", "a b", "a\n", "é", "\x00", '"a" '])
def test_a_token_that_cannot_be_a_header_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ClientConfig("https://api.intercom.io", token)
    assert "INTERCOM_ACCESS_TOKEN" in str(caught.value.hint)


@pytest.mark.parametrize(
    "address", ["", "api.intercom.io", "ftp://x", "https://a:b@x", "https://x?y", "http://"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ConfigError):
        ClientConfig(address, TOKEN)


async def test_the_workspace_is_read_from_me(api: Api, client: IntercomClient) -> None:
    app = {"id_code": "abc1", "name": "Acme", "timezone": "Europe/Berlin", "region": "EU"}
    api.answer(Reply({"type": "admin", "email": "a@example.com", "app": app}))
    info = await client.workspace()
    assert (info.id, info.name, info.timezone, info.region, info.admin_email) == (
        "abc1", "Acme", "Europe/Berlin", "EU", "a@example.com",
    )  # fmt: skip


@pytest.mark.parametrize("me", [{}, {"app": None}, {"app": {}}, {"app": [1]}, {"app": {"id_code": ""}}])
async def test_no_workspace_is_an_error(api: Api, client: IntercomClient, me: object) -> None:
    api.answer(Reply(me))
    with pytest.raises(FatalApiError, match="names no workspace"):
        await client.workspace()


@pytest.mark.parametrize("skew", [timedelta(0), timedelta(days=1), timedelta(days=-400)])
async def test_the_clock_is_the_servers(api: Api, client: IntercomClient, skew: timedelta) -> None:
    api.handler = lambda _: Reply({}, date=format_datetime(datetime.now(UTC) + skew, usegmt=True))
    await client.get("/x")
    answer = await client.get("/x")
    expected = datetime.now(UTC) + skew
    assert timedelta(0) <= expected - answer.fetched_at < timedelta(seconds=1.5)
    assert timedelta(0) <= expected - client.now() < timedelta(seconds=1.5)


@pytest.mark.parametrize("date", [None, "yesterday", "Mon, 99 Foo 2026 00:00:00 GMT"])
async def test_without_a_usable_date_the_clock_is_ours(
    api: Api, client: IntercomClient, date: str | None
) -> None:
    api.answer(Reply({}, date=date))
    await client.get("/x")
    assert abs(client.now() - datetime.now(UTC)) < timedelta(seconds=1)


async def test_every_attempt_is_told(api: Api, config: ClientConfig) -> None:
    done: list[RequestDone] = []
    api.answer(Reply(cut=-1), Reply({}, 500), OK)
    async with IntercomClient(config, done.append) as client:
        await client.get("/x")
        assert client.stats.requests == 3
        assert client.stats.bytes_received == 2 + 11
    assert [one.status for one in done] == [None, 500, 200]


async def test_no_more_requests_at_once_than_configured(api: Api, config: ClientConfig) -> None:
    api.answer(Reply({}, hang=0.01))
    async with IntercomClient(dataclasses.replace(config, concurrency=7)) as client:
        await asyncio.gather(*(client.get("/x") for _ in range(50)))
    assert api.busiest == 7


def _tree(*roots: type[BaseException]) -> set[type[BaseException]]:
    found = set(roots)
    for root in roots:
        found |= _tree(*root.__subclasses__())
    return found


def test_every_error_of_httpx_and_aiohttp_becomes_ours() -> None:
    """Except misuse: httpx.StreamError and CookieConflict cannot be caused by a server."""
    for module in (httpx, aiohttp):
        public = [getattr(module, name) for name in module.__all__]
        errors = {one for one in public if isinstance(one, type) and issubclass(one, Exception)}
        misuse = _tree(httpx.StreamError, httpx.CookieConflict, aiohttp.EofStream)
        misuse |= _tree(aiohttp.WSMessageTypeError, aiohttp.WebSocketError)
        warnings = {one for one in errors if issubclass(one, Warning)}
        assert [one for one in errors - misuse - warnings if not issubclass(one, FOREIGN)] == []


@pytest.mark.parametrize("kind", sorted(_tree(httpx.HTTPError), key=str))
def test_every_error_of_httpx_gets_a_message(kind: type[BaseException]) -> None:
    error = kind.__new__(kind)
    mapped = lost("GET /x", "host", error)
    assert isinstance(mapped, RetriableApiError | FatalApiError)
    assert "/x" in mapped.request


async def test_a_byte_order_mark_is_no_part_of_an_answer(api: Api, client: IntercomClient) -> None:
    api.answer(Reply(body=b'\xef\xbb\xbf{"id":1}'))
    assert (await client.get("/x")).members == {"id": b"1"}
    assert len(api.requests) == 1


async def test_an_id_that_is_no_part_of_an_address_is_not_asked_for(api: Api, client: IntercomClient) -> None:
    confirm = Confirm("/contacts/{id}")
    now = datetime.now(UTC)
    (page,) = [page async for page in confirm_absent(client, confirm, ["..", "."], read_from=now)]
    assert (page.records, page.gone, api.requests) == ((), (), [])
