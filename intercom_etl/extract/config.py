"""What the client is told and what it tells: frozen settings, answers, and counts of its work."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO
from urllib.parse import urlsplit

from intercom_etl.errors import ConfigError
from intercom_etl.json_text import is_array


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """How to reach one workspace. Times are seconds, sizes bytes after inflation.

    `request_timeout` is for one attempt, body included. `max_attempts` and `max_retry_seconds`
    bound one request with all its retries; refusals for rate (429) only count in seconds and
    four times as many attempts, since they say nothing about the request. `rate_headroom` is the
    share of the allowance that is left to the customer's other apps. Raises ConfigError when the
    address or the token cannot be used at all.
    """

    base_url: str
    token: str = field(repr=False)
    api_version: str = "2.16"
    request_timeout: float = 30.0
    connect_timeout: float = 10.0
    max_attempts: int = 8
    max_retry_seconds: float = 600.0
    max_response_bytes: int = 256 * 1024 * 1024
    concurrency: int = 64
    rate_headroom: float = 0.1
    backoff_base: float = 0.5  # first wait before a retry; doubles each time
    backoff_cap: float = 30.0
    silence: float = 30.0  # after so long without an answer the API counts as down for all requests
    scroll_busy_wait: float = 15.0  # between looks at whether another scroll has expired
    export_pause: float = 1.0  # before the first look at an export job; doubles up to a factor of 30
    export_patience: float = 10_800.0  # for one export job ("up to a few hours"), or somebody else's

    def __post_init__(self) -> None:
        address = urlsplit(self.base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ConfigError("address of the api is not an http(s) address", "like https://api.intercom.io")
        if address.username or address.password or address.query or address.fragment:
            raise ConfigError("address of the api has more than scheme, host and path")
        # A header library that refuses a character quotes the whole header in its message.
        if not self.token or not self.token.isascii() or not self.token.isprintable() or " " in self.token:
            raise ConfigError(
                "access token is empty or has characters that no token has",
                "check INTERCOM_ACCESS_TOKEN for spaces, line ends and quotes",
            )
        if self.concurrency < 1 or self.max_attempts < 1 or not 0 <= self.rate_headroom < 1:
            raise ConfigError("concurrency and attempts must be at least 1, headroom from 0 to below 1")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole JSON object that the API sent with a 2xx status; a list, where the caller allowed one.

    `fetched_at` is when the request was sent, on the server's clock: what the answer shows is at
    least as new. `members` are the texts of its top-level members, of a list none; `body` is all of it.
    `seconds` is how long the API took for it.
    """

    members: dict[str, bytes]
    fetched_at: datetime
    status: int
    request_id: str | None
    body: bytes = field(repr=False)
    seconds: float = 0.0

    @property
    def is_list(self) -> bool:
        """Whether the answer is a bare array, without the object around it."""
        return is_array(self.body)


@dataclass(frozen=True, slots=True)
class Download:
    """A whole file that the API sent, to be closed; in memory while it is small, else on disk."""

    file: IO[bytes]
    size: int


@dataclass(frozen=True, slots=True)
class RequestDone:
    """One attempt has ended. `status` is None when no whole answer came."""

    request: str
    status: int | None
    seconds: float
    bytes: int


@dataclass(slots=True)
class ClientStats:
    """Running counts of one client. `waited_seconds` adds up the waits of all tasks."""

    requests: int = 0
    by_status: Counter[int | None] = field(default_factory=Counter)
    retries: int = 0
    waited_seconds: float = 0.0
    bytes_received: int = 0
