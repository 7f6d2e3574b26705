"""The seam to Intercom's API: one pool, one limiter, one place where foreign errors become ours.

    get / post -> slot -> limiter -> request -> whole body -> members        (again after trouble)

A method either gives a whole JSON object that came with a 2xx status, or raises an ApiError. A bare
list counts as well, where the caller says so.
Downloads give whole files instead, in the same way.
"""

import asyncio
import json as json_module
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from types import TracebackType
from typing import IO, Self, TypeVar
from urllib.parse import urlsplit

import httpx

from intercom_etl.errors import FatalApiError, RetriableApiError
from intercom_etl.extract.body import read_body, read_file
from intercom_etl.extract.budget import Budget
from intercom_etl.extract.circuit import Circuit
from intercom_etl.extract.config import Answer, ClientConfig, ClientStats, Download, RequestDone
from intercom_etl.extract.failures import CUT_OFF, FOREIGN, is_job_pending, lost, refusal, request_id_of
from intercom_etl.extract.fields import text_at
from intercom_etl.extract.rate_limit import RateLimiter, server_date
from intercom_etl.extract.retry import Patience
from intercom_etl.extract.transport import address_of, open_http
from intercom_etl.extract.workspace import WorkspaceInfo, workspace_of
from intercom_etl.json_text import elements, is_array, members
from intercom_etl.privacy.addresses import without_addresses

__all__ = [
    "Answer",
    "ClientConfig",
    "ClientStats",
    "Download",
    "IntercomClient",
    "RequestDone",
    "WorkspaceInfo",
]

logger = logging.getLogger(__name__)

Params = Mapping[str, str | int]
Result = TypeVar("Result")

NOT_INTERCOM = "check INTERCOM_BASE_URL: it is not the address of Intercom's API"
FILE = {"Accept": "application/octet-stream", "Accept-Encoding": "identity"}
FILE_TIMEOUTS = 20  # times what one answer may take, for a whole file


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    address: str
    params: dict[str, str | int] | None
    content: bytes | None
    or_list: bool = False
    is_file: bool = False

    @property
    def name(self) -> str:
        return without_addresses(f"{self.method} {self.path}")


@dataclass(frozen=True, slots=True)
class _Exchange:
    status: int
    headers: httpx.Headers
    body: bytes
    fetched_at: datetime
    file: IO[bytes] | None = None
    size: int = 0
    seconds: float = 0.0


class IntercomClient:
    """An async context manager; all tasks of a run share one, and with it the allowance."""

    def __init__(
        self,
        config: ClientConfig,
        on_request: Callable[[RequestDone], None] | None = None,
        *,
        budget: Budget | None = None,
    ) -> None:
        self.config = config
        self._budget = budget or Budget()
        self._circuit = Circuit(config.silence)
        self.stats = ClientStats()
        self._on_request = on_request
        self._host = urlsplit(config.base_url).netloc
        self._limiter = RateLimiter(config.rate_headroom, first_pause=2 * config.backoff_base)
        self._slots = asyncio.Semaphore(config.concurrency)
        self._http: httpx.AsyncClient | None = None
        self._server_ahead: float | None = None  # server's clock minus our monotonic one, seconds

    async def __aenter__(self) -> Self:
        self._http = open_http(self.config)
        self._budget.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        attempts: int | None = None,
        or_list: bool = False,
    ) -> Answer:
        """GET a path like `/contacts/42`. `attempts` overrides the configured number of them.

        With `or_list` a bare array is an answer too. Raises CredentialsError, FatalApiError, or
        RetriableApiError once patience is used up.
        """
        call = _call(self.config, "GET", path, params, None)
        return await self._patiently(self._attempt, replace(call, or_list=or_list), attempts)

    async def post(
        self, path: str, json: object, params: Params | None = None, *, attempts: int | None = None
    ) -> Answer:
        """POST a search; it is repeated like a GET, so doing it twice must not matter.

        Raises FatalApiError with code `export_job_pending` when other export jobs have to end first.
        """
        content = json_module.dumps(json, separators=(",", ":")).encode()
        call = _call(self.config, "POST", path, params, content)
        return await self._patiently(self._attempt, call, attempts)

    async def download(self, path: str) -> Download:
        """The file at a path, at most `max_response_bytes` of it. The caller closes it.

        Raises the same errors as `get`.
        """
        call = replace(_call(self.config, "GET", path, None, None), is_file=True)
        exchange = await self._patiently(self._fetch, call, None)
        if exchange.file is None:
            raise RuntimeError("a download that succeeded has a file")
        return Download(exchange.file, exchange.size)

    async def workspace(self) -> WorkspaceInfo:
        """Who the token belongs to. Raises FatalApiError when the answer names no workspace."""
        try:
            return workspace_of(await self.get("/me"))
        except FatalApiError as error:
            error.hint = error.hint or NOT_INTERCOM
            raise

    @property
    def allowance(self) -> tuple[int, int] | None:
        """Requests allowed in a window and how many are left of it, None when the API says neither."""
        return self._limiter.announced

    def now(self) -> datetime:
        """The server's clock, up to a second behind it, never ahead; ours until the first answer."""
        if self._server_ahead is None:
            return datetime.now(UTC)
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=monotonic() + self._server_ahead)

    async def _patiently(
        self, attempt: Callable[[_Call], Awaitable[Result]], call: _Call, attempts: int | None
    ) -> Result:
        """Tries until it succeeds, patience or the budget is used up, or the API is down for all."""
        self._circuit.enter()
        patience = Patience(self.config, self.stats, attempts or self.config.max_attempts, self._circuit)
        try:
            async with self._budget.time(call.name):
                result = await patience.retrying()(attempt, call)
        except FatalApiError:
            self._circuit.answered()
            raise
        self._circuit.answered()
        return result

    async def _attempt(self, call: _Call) -> Answer:
        return self._judge(call, await self._fetch(call))

    async def _fetch(self, call: _Call) -> _Exchange:
        """What came with a 2xx status."""
        exchange = await self._send(call)
        if 200 <= exchange.status < 300:
            return exchange
        raise refusal(call.name, exchange.status, exchange.headers, exchange.body, self.config.token)

    async def _send(self, call: _Call) -> _Exchange:
        """What came, whatever its status."""
        exchange: _Exchange | None = None
        longest = self.config.request_timeout * (FILE_TIMEOUTS if call.is_file else 1)
        async with self._slots:
            self._budget.take(call.name)
            self.stats.waited_seconds += await self._limiter.enter()
            sent_at = monotonic()
            try:
                async with asyncio.timeout(longest):
                    exchange = await self._exchange(call)
            except FOREIGN as error:
                raise lost(call.name, self._host, error) from error
            else:
                return exchange
            finally:
                self._settle(call, sent_at, exchange)

    async def _exchange(self, call: _Call) -> _Exchange:
        if self._http is None:
            raise RuntimeError("client is used outside of its context")
        fetched_at, begun = self.now(), monotonic()
        async with self._http.stream(
            call.method,
            call.address,
            params=call.params,
            content=call.content,
            headers=FILE if call.is_file else None,
        ) as response:
            self._learn_clock(response.headers)
            encoding = response.headers.get("content-encoding", "")
            status, headers, cap = response.status_code, response.headers, self.config.max_response_bytes
            if call.is_file and 200 <= status < 300:
                file, size = await read_file(response.aiter_raw(), encoding, cap)
                return _Exchange(status, headers, b"", fetched_at, file, size)
            body = await read_body(response.aiter_raw(), encoding, cap)
            return _Exchange(status, headers, body, fetched_at, size=len(body), seconds=monotonic() - begun)

    def _learn_clock(self, headers: httpx.Headers) -> None:
        if self._server_ahead is None and (date := server_date(headers)) is not None:
            self._server_ahead = date.timestamp() - monotonic()

    def _settle(self, call: _Call, sent_at: float, exchange: _Exchange | None) -> None:
        """Books an attempt, whatever became of it."""
        status = exchange.status if exchange else None
        size = exchange.size if exchange else 0
        refused = status is not None and exchange is not None and is_job_pending(status, exchange.body)
        self._limiter.leave(sent_at, None if refused else status, exchange.headers if exchange else None)
        self.stats.requests += 1
        self.stats.by_status[status] += 1
        self.stats.bytes_received += size
        seconds = monotonic() - sent_at
        request_id = request_id_of(exchange.headers, {}, self.config.token) if exchange else None
        logger.debug(
            "`%s` answered %s in %.2f s, %d bytes", call.name, status or "nothing", seconds, size,
            extra={"request_id": request_id},
        )  # fmt: skip
        if self._on_request is not None:
            self._on_request(RequestDone(call.name, status, seconds, size))

    def _judge(self, call: _Call, exchange: _Exchange) -> Answer:
        status, headers, body = exchange.status, exchange.headers, exchange.body
        request_id = request_id_of(headers, {}, self.config.token)
        try:
            answer = Answer(
                _members(call, body), exchange.fetched_at, status, request_id, body, exchange.seconds
            )
        except ValueError as error:
            raise RetriableApiError(
                f"answer to `{call.name}` is not a whole JSON object ({len(body)} bytes)",
                "a proxy or login page may stand in for the api",
                request=call.name,
                status=status,
                request_id=request_id,
                code=CUT_OFF,
            ) from error
        if text_at(answer.members, "type") in ("error.list", "error"):
            raise RetriableApiError(
                f"answer to `{call.name}` says {status} and is an error all the same",
                request=call.name,
                status=status,
                request_id=request_id_of(headers, answer.members, self.config.token),
                code=CUT_OFF,
            )
        return answer


def _members(call: _Call, body: bytes) -> dict[str, bytes]:
    """Raises ValueError when the body is not whole, or not what may be the answer."""
    if call.or_list and is_array(body):
        elements(body)
        return {}
    return members(body)


def _call(
    config: ClientConfig, method: str, path: str, params: Params | None, content: bytes | None
) -> _Call:
    address = address_of(config.base_url, path)
    return _Call(method, path, address, dict(params) if params else None, content)
