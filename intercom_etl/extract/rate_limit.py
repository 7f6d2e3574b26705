"""Keeps all requests of a run within the allowance that the API announces on every answer.

Intercom counts in windows (10 seconds when this was written) and says X-RateLimit-Limit,
-Remaining and -Reset. No library takes these as input; a fixed rate either wastes the allowance
or runs into refusals beside another app. `Pace` is the arithmetic, with the time passed in;
`RateLimiter` is the one gate that all tasks pass.
"""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from time import monotonic

LONGEST_WAIT = 60.0  # seconds; also the cap of Intercom's own SDK, whatever a header says
WINDOW = 10.0  # seconds, while a window's real end is unknown
SETTLE = 1.0  # seconds; the Date header is cut to whole seconds, so an end is known no better
GLANCE = 0.25  # seconds between looks while the allowance is spent: news may come with an answer
BURST = 0.1  # seconds by which a late sender may catch up
LONGEST_PAUSE = 10  # times the first one: a whole window


@dataclass(frozen=True, slots=True)
class Allowance:
    """The three headers of one answer. `seconds_left` counts from the answer's own Date."""

    limit: int
    remaining: int
    reset: int
    seconds_left: float


def server_date(headers: Mapping[str, str]) -> datetime | None:
    """The Date header, aware, or None."""
    return _http_date(headers.get("date", ""))


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo is not None else None


def _whole(text: str) -> int:
    return int(text[:18])  # longer numbers make the interpreter refuse, or overflow a date


def read_allowance(headers: Mapping[str, str]) -> Allowance | None:
    """The allowance as an answer announces it, None when any header is absent or no number."""
    try:
        limit = _whole(headers["x-ratelimit-limit"])
        remaining = _whole(headers["x-ratelimit-remaining"])
        reset = _whole(headers["x-ratelimit-reset"])
    except (KeyError, ValueError):
        return None
    if limit < 1:
        return None
    date = server_date(headers)
    left = WINDOW if date is None else reset - date.timestamp()
    return Allowance(limit, max(0, min(remaining, limit)), reset, min(max(left, 0.0), LONGEST_WAIT))


def asked_wait(status: int, headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait, at most 60; None when it asks for nothing usable.

    Retry-After counts first (seconds or a date); X-RateLimit-Reset says something about waiting
    only on a refusal for rate, it stands on every other answer too.
    """
    asked: float | None = None
    text = headers.get("retry-after", "").strip()
    date = server_date(headers)
    if text.isascii() and text.replace(".", "", 1).isdigit():
        asked = float(text)
    elif (until := _http_date(text)) is not None and date is not None:
        asked = (until - date).total_seconds()
    elif status == 429 and date is not None and (allowance := read_allowance(headers)) is not None:
        asked = allowance.seconds_left
    return min(asked, LONGEST_WAIT) if asked is not None and asked > 0 else None


class Pace:
    """Decides when the next request may go; `now` is monotonic seconds, no clock is read here.

    Requests are spread over what is left of the window. Two things are left to other apps: the
    headroom, or, when that is more, as much as they will use if they go on as they did in this
    window. Requests in flight count as spent until they are answered.
    """

    def __init__(self, headroom: float, first_pause: float = 1.0) -> None:
        self._headroom = headroom
        self._first_pause = first_pause
        self._capacity = 0  # of a window, as far as seen; the announced limit may be that of a minute
        self._remaining: int | None = None  # None: the API has announced nothing yet
        self._base, self._base_at, self._ours = 0, 0.0, 0  # since the first answer of the window
        self._reset = -1
        self._ends = 0.0
        self._rolled_at: float | None = None  # the window ended by our clock, no answer since
        self._in_flight = 0
        self._next = 0.0
        self._paused_until = self._pause_began = -math.inf
        self._refusals = 0

    @property
    def announced(self) -> tuple[int, int] | None:
        """Requests allowed in a window and how many are left of it, None when the API says neither."""
        return None if self._remaining is None else (self._capacity, self._remaining)

    def delay(self, now: float) -> float:
        """Seconds after which to ask again; 0 means go."""
        if now < self._paused_until:
            return self._paused_until - now
        if self._remaining is None:
            return 0.0
        self._roll(now)
        if self._spare(now) <= 0:
            return min(self._ends - now, GLANCE)
        return max(0.0, min(self._next, self._ends) - now)

    def sent(self, now: float) -> None:
        """A request goes out; `answered` must follow, whatever becomes of it."""
        if self._remaining is not None and (spare := self._spare(now)) > 0:
            spread = max(0.0, self._ends - now - SETTLE)
            self._next = max(self._next, now - BURST) + spread / max(1.0, spare)
        self._in_flight += 1

    def answered(self, now: float, sent_at: float, allowance: Allowance | None) -> None:
        """A request sent at `sent_at` is over; without an allowance it counts as spent."""
        self._in_flight -= 1
        if allowance is None:
            if self._rolled_at is not None and sent_at >= self._rolled_at:
                self._remaining = None  # a new window, and nothing is announced any more
            elif self._remaining is not None:
                self._remaining = max(0, self._remaining - 1)
                self._ours += 1
        elif self._remaining is None or allowance.reset > self._reset:
            self._adopt(now, allowance)
        elif self._rolled_at is not None:
            if sent_at >= self._rolled_at and allowance.seconds_left > 0:
                self._adopt(now, allowance)  # our clock had ended the window too early
        elif allowance.reset == self._reset:
            self._remaining = min(self._remaining, allowance.remaining)
            self._ours += 1
            self._ends = min(self._ends, now + allowance.seconds_left)

    def refused(self, now: float, sent_at: float, asked: float | None) -> None:
        """A request was refused for rate: all tasks pause, as long as asked or ever longer."""
        if sent_at < self._pause_began:  # sent before the pause that is on: nothing new
            return
        pause = self._first_pause * min(2**self._refusals, LONGEST_PAUSE) if asked is None else asked
        self._refusals = min(self._refusals + 1, 10)
        self._pause_began = now
        self._paused_until = max(self._paused_until, now + min(pause, LONGEST_WAIT))
        if asked is not None:  # what it asks for is known better than when the window ends
            self._ends = min(self._ends, self._paused_until)

    def accepted(self, sent_at: float) -> None:
        """A request was not refused for rate: if it was sent after the last pause, that is over."""
        if sent_at >= self._pause_began:
            self._refusals = 0

    def _adopt(self, now: float, allowance: Allowance) -> None:
        self._capacity = min(allowance.limit, max(self._capacity, allowance.remaining + 1))
        self._begin(now, allowance.remaining)
        self._reset = allowance.reset
        self._ends = now + allowance.seconds_left
        self._rolled_at = None
        self._next = min(self._next, now)

    def _roll(self, now: float) -> None:
        if now >= self._ends:
            self._begin(now, self._capacity)
            self._ends = now + WINDOW
            self._rolled_at = now
            self._next = now

    def _begin(self, now: float, remaining: int) -> None:
        self._remaining = self._base = remaining
        self._base_at, self._ours = now, 0

    def _spare(self, now: float) -> float:
        remaining = self._remaining or 0
        others = max(0, self._base - remaining - self._ours - self._in_flight)
        rate = others / max(now - self._base_at, 1.0)
        reserve = min(math.ceil(self._capacity * self._headroom), self._capacity - 1)
        return remaining - self._in_flight - max(reserve, rate * max(0.0, self._ends - now))


class RateLimiter:
    """The gate: tasks pass one at a time, in the order in which they came."""

    def __init__(self, headroom: float, first_pause: float = 1.0) -> None:
        self._pace = Pace(headroom, first_pause)
        self._gate = asyncio.Lock()

    @property
    def announced(self) -> tuple[int, int] | None:
        """Requests allowed in a window and how many are left of it, None when the API says neither."""
        return self._pace.announced

    async def enter(self) -> float:
        """Waits until a request may go and counts it as sent; returns the seconds waited."""
        began = monotonic()
        async with self._gate:
            delay = self._pace.delay(monotonic())
            while delay > 0:  # what ends the wait is the time, there is no event to wait for
                await asyncio.sleep(delay)
                delay = self._pace.delay(monotonic())
            now = monotonic()
            self._pace.sent(now)
        return now - began

    def leave(self, sent_at: float, status: int | None, headers: Mapping[str, str] | None) -> None:
        """The request that entered at `sent_at` (monotonic) is over, with or without an answer."""
        now = monotonic()
        self._pace.answered(now, sent_at, read_allowance(headers) if headers is not None else None)
        if status == 429 and headers is not None:
            self._pace.refused(now, sent_at, asked_wait(status, headers))
        elif status is not None:
            self._pace.accepted(sent_at)
