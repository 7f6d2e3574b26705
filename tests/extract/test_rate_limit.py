import asyncio
import dataclasses
import heapq
import itertools
import math
import random
from collections import Counter
from dataclasses import dataclass, field
from email.utils import formatdate
from time import monotonic, time

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.extract.rate_limit import LONGEST_WAIT, Allowance, Pace, asked_wait, read_allowance
from tests.extract.fake_api import Api, Reply, Request

EPOCH = 1_700_000_003.7  # server's time when the simulation's clock shows 0: in the midst of a window


@dataclass
class Outcome:
    ours: Counter[int] = field(default_factory=Counter)  # by window
    rival: Counter[int] = field(default_factory=Counter)
    refused: int = 0
    rival_refused: int = 0


def simulate(
    *,
    limit: int,
    headroom: float,
    workers: int = 64,
    latency: float = 0.15,
    rival_rate: float = 0.0,
    windows: int = 6,
    seed: int = 1,
) -> Outcome:
    """Workers that send as soon as they may, against a server with aligned windows of 10 seconds."""
    chance = random.Random(seed)
    pace, outcome, counted = Pace(headroom), Outcome(), Counter[int]()
    order = itertools.count()
    events: list[tuple[float, int, str, float, Allowance | None]] = []

    def at(when: float, what: str, sent_at: float = 0.0, allowance: Allowance | None = None) -> None:
        heapq.heappush(events, (when, next(order), what, sent_at, allowance))

    def serve(now: float) -> tuple[bool, Allowance]:
        server = EPOCH + now
        window = int(server // 10)
        accepted = counted[window] < limit
        counted[window] += accepted
        reset = (window + 1) * 10
        return accepted, Allowance(limit, limit - counted[window], reset, reset - math.floor(server))

    for _ in range(workers):
        at(0.0, "ready")
    if rival_rate:
        at(0.0, "rival")
    while events:
        now, _, what, sent_at, allowance = heapq.heappop(events)
        window = int((EPOCH + now) // 10)
        if now > windows * 10:
            break
        if what == "rival":
            outcome.rival[window] += 1
            outcome.rival_refused += not serve(now)[0]
            at(now + chance.expovariate(rival_rate), "rival")
        elif what == "ready":
            if (delay := pace.delay(now)) > 0:
                at(now + delay, "ready")
            else:
                pace.sent(now)
                at(now + latency * chance.uniform(0.3, 0.7), "arrives", now)
        elif what == "arrives":
            accepted, news = serve(now)
            outcome.ours[window] += accepted
            outcome.refused += not accepted
            at(now + latency * chance.uniform(0.3, 0.7), "answered" if accepted else "refused", sent_at, news)
        else:
            pace.answered(now, sent_at, allowance)
            if what == "refused":
                pace.refused(now, sent_at, None)
            else:
                pace.accepted(sent_at)
            at(now, "ready")
    return outcome


def full_windows(counts: Counter[int]) -> list[int]:
    return [counts[window] for window in sorted(counts)[1:-1]]


@pytest.mark.parametrize("limit", [83, 166, 500, 1666])
@pytest.mark.parametrize("headroom", [0.0, 0.1, 0.3])
def test_alone_it_uses_what_it_may_and_is_never_refused(limit: int, headroom: float) -> None:
    outcome = simulate(limit=limit, headroom=headroom)
    allowed = limit - math.ceil(limit * headroom)
    assert outcome.refused == 0
    for used in full_windows(outcome.ours):
        assert 0.95 * allowed <= used <= allowed + 0.01 * limit


@pytest.mark.parametrize("limit", [500, 1666])
def test_beside_an_app_that_takes_half_it_takes_the_rest(limit: int) -> None:
    outcome = simulate(limit=limit, headroom=0.1, rival_rate=limit / 20, windows=8)
    assert outcome.refused == 0
    assert outcome.rival_refused == 0
    for ours, rival in zip(full_windows(outcome.ours), full_windows(outcome.rival), strict=True):
        assert ours + rival >= 0.93 * 0.9 * limit


@settings(max_examples=25, deadline=None)
@given(
    limit=st.integers(2, 2000),
    headroom=st.floats(0, 0.5),
    workers=st.integers(1, 100),
    latency=st.floats(0.01, 3),
    seed=st.integers(0, 10**6),
)
def test_whatever_the_latency_it_is_not_refused_and_does_not_starve(
    limit: int, headroom: float, workers: int, latency: float, seed: int
) -> None:
    outcome = simulate(limit=limit, headroom=headroom, workers=workers, latency=latency, windows=4, seed=seed)
    # before the first answer nothing is known: as many as there are workers may be refused then
    assert outcome.refused <= max(0, workers - limit)
    assert all(used >= 1 for used in full_windows(outcome.ours))


words = st.sampled_from(["", "0", "-5", "x", "1e9", "nan", "inf", "99999999999999999999", "1700000010"])
dates = st.sampled_from(["", "Tue, 14 Nov 2023 22:13:20 GMT", "yesterday", "Tue, 99 Nov 2023 22:13:20 GMT"])


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "x-ratelimit-limit": words,
            "x-ratelimit-remaining": words,
            "x-ratelimit-reset": words,
            "retry-after": words | dates,
            "date": dates,
        },
    ),
    st.sampled_from([200, 429, 503]),
)
def test_no_header_makes_it_wait_for_more_than_a_minute_or_fail(headers: dict[str, str], status: int) -> None:
    wait = asked_wait(status, httpx.Headers(headers))
    assert wait is None or 0 < wait <= LONGEST_WAIT
    pace = Pace(0.1)
    pace.sent(0.0)
    pace.answered(0.1, 0.0, read_allowance(httpx.Headers(headers)))
    pace.refused(0.1, 0.0, wait)
    now = 0.1
    while (delay := pace.delay(now)) > 0:
        now += delay
    assert now <= 0.1 + LONGEST_WAIT + 0.5


@given(st.lists(st.tuples(st.integers(-30, 90), st.integers(0, 100), st.floats(0, 5)), max_size=60))
def test_no_sequence_of_answers_stops_it_for_longer_than_two_minutes(
    answers: list[tuple[int, int, float]],
) -> None:
    pace, now = Pace(0.1), 0.0
    for reset, remaining, pause in answers:
        waited = 0.0
        while (delay := pace.delay(now)) > 0:
            now, waited = now + delay, waited + delay
        assert waited <= 2 * LONGEST_WAIT
        pace.sent(now)
        left = min(max(reset - now, 0.0), LONGEST_WAIT)
        pace.answered(now + pause, now, Allowance(100, remaining, reset, left))
        now += pause


def test_without_headers_nothing_is_held_back() -> None:
    pace = Pace(0.1)
    for number in range(10_000):
        assert pace.delay(number / 1e6) == 0
        pace.sent(number / 1e6)
        pace.answered(number / 1e6, number / 1e6, None)


def test_an_allowance_that_only_refusals_announce_does_not_throttle_for_ever() -> None:
    pace, now = Pace(0.1), 0.0
    for number in range(100):
        while (delay := pace.delay(now)) > 0:
            now += delay
        pace.sent(now)
        pace.answered(now, now, Allowance(1000, 0, number, 0.0) if number % 10 == 0 else None)
    assert now < 1


def test_refusals_of_one_moment_count_once_and_later_ones_pause_longer() -> None:
    pace = Pace(0.1, first_pause=1.0)
    for _ in range(64):
        pace.refused(0.5, 0.0, None)
    assert pace.delay(0.5) == 1.0
    pace.refused(1.6, 1.5, None)
    assert pace.delay(1.6) == 2.0
    for step in range(20):
        pace.refused(100.0 * step, 100.0 * step, None)
    assert pace.delay(1900.0) == 10.0
    pace.accepted(1950.0)
    pace.refused(2000.0, 2000.0, None)
    assert pace.delay(2000.0) == 1.0


def test_a_date_counts_from_the_servers_own_clock() -> None:
    headers = {"date": "Tue, 14 Nov 2023 22:13:20 GMT", "retry-after": "Tue, 14 Nov 2023 22:13:27 GMT"}
    assert asked_wait(503, headers) == 7
    headers = {
        "date": "Tue, 14 Nov 2023 22:13:20 GMT",
        "x-ratelimit-reset": "1700000004",
        "x-ratelimit-limit": "9",
        "x-ratelimit-remaining": "0",
    }
    assert asked_wait(429, headers) == 4
    assert asked_wait(503, headers) is None


async def test_a_real_server_is_used_up_to_the_headroom_and_refuses_nothing(
    api: Api, config: ClientConfig
) -> None:
    counted: Counter[int] = Counter()
    skew = 86_400 * 3  # the server's clock is days ahead of ours

    def handle(_: Request) -> Reply:
        now = time() + skew
        window = int(now // 10)
        counted[window] += 1
        headers = {
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Remaining": str(max(0, 300 - counted[window])),
            "X-RateLimit-Reset": str((window + 1) * 10),
        }
        status = 200 if counted[window] <= 300 else 429
        return Reply({}, status, headers, hang=0.02, date=formatdate(now, usegmt=True))

    api.handler = handle
    async with IntercomClient(dataclasses.replace(config, concurrency=20)) as client:
        end = monotonic() + 21 - time() % 10  # the rest of this window, the next, a bit of a third

        async def work() -> None:
            while monotonic() < end:
                await client.get("/x")

        async with asyncio.TaskGroup() as group:
            for _ in range(20):
                group.create_task(work())
        assert client.stats.by_status.keys() == {200}
    full = counted[sorted(counted)[1]]
    assert 0.95 * 270 <= full <= 270
