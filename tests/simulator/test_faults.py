"""Each fault does what it says, as often as it says, and counts."""

import time
from typing import Any

import httpx
import pytest

from intercom_etl.simulator.faults import Fault, Faults


@pytest.mark.parametrize("kind", ["401", "403", "408", "429", "500", "502", "503", "504"])
def test_status_faults_answer_with_their_status(serve: Any, kind: str) -> None:
    fault = Fault(kind, count=1)
    served = serve(faults=Faults(fault))
    assert served.get("/tags").status_code == int(kind)
    assert served.get("/tags").status_code == 200
    assert fault.fired == 1
    assert served.server.requests == [("GET", "/tags", int(kind)), ("GET", "/tags", 200)]


@pytest.mark.parametrize("kind", ["502", "504"])
def test_gateways_speak_html(serve: Any, kind: str) -> None:
    answer = serve(faults=Faults(Fault(kind))).get("/tags")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<html>")


@pytest.mark.parametrize(
    ("reset", "header"),
    [
        ("+60", "1795448060"),
        ("-60", "1795447940"),
        (None, None),
        ("soon", "soon"),
        ("1795448001", "1795448001"),
    ],
)
def test_a_429_may_carry_any_reset(serve: Any, reset: str | None, header: str | None) -> None:
    answer = serve(faults=Faults(Fault("429", reset=reset))).get("/tags")
    assert answer.headers.get("x-ratelimit-reset") == header
    assert "retry-after" not in answer.headers


def test_a_429_may_carry_retry_after(serve: Any) -> None:
    assert serve(faults=Faults(Fault("429", retry_after="7"))).get("/tags").headers["retry-after"] == "7"


def test_faults_of_the_body_arrive_complete_and_wrong(serve: Any) -> None:
    served = serve()
    right = served.get("/tags")
    for kind, check in {
        "empty": lambda body: body == b"",
        "truncated": lambda body: body == right.content[: len(right.content) // 2],
        "html": lambda body: body.startswith(b"<html>"),
        "gzip_bomb": lambda body: len(body) == 5_000_000,
    }.items():
        served.server.faults = Faults(Fault(kind, size=5_000_000))
        answer = served.get("/tags")
        assert answer.status_code == 200
        assert check(answer.content)


def test_an_answer_can_be_edited(serve: Any) -> None:
    served = serve(faults=Faults(Fault("edit", edit=lambda body: {**body, "data": []})))
    assert served.get("/tags").json() == {"type": "list", "data": []}


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("reset", (httpx.ReadError, httpx.RemoteProtocolError)),
        ("reset_mid_body", (httpx.ReadError, httpx.RemoteProtocolError)),
        ("short_body", httpx.RemoteProtocolError),
        ("hang", httpx.ReadTimeout),
    ],
)
def test_faults_of_the_wire_break_the_connection_and_the_next_one_works(
    serve: Any, kind: str, error: Any
) -> None:
    served = serve(faults=Faults(Fault(kind, count=1)))
    with pytest.raises(error):
        served.get("/tags", timeout=0.3)
    assert served.server.requests == [("GET", "/tags", 0)]
    assert served.get("/tags").status_code == 200


def test_a_short_body_announces_more_than_it_sends(serve: Any) -> None:
    served = serve(faults=Faults(Fault("short_body")))
    with served.client.stream("GET", "/tags") as answer:
        assert int(answer.headers["content-length"]) > 500
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()


def test_slow_answers_are_late_and_right(serve: Any) -> None:
    served = serve(faults=Faults(Fault("slow", seconds=0.2, count=1)))
    start = time.monotonic()
    assert served.get("/tags").json()["type"] == "list"
    assert time.monotonic() - start >= 0.2


def test_trickling_answers_never_pause_long_and_still_take_long(serve: Any) -> None:
    served = serve(faults=Faults(Fault("trickle", "/teams/1", seconds=0.002)))
    start = time.monotonic()
    assert served.get("/teams/1", timeout=0.5).status_code == 404
    assert time.monotonic() - start > 0.2


def test_latency_delays_every_answer(serve: Any) -> None:
    served = serve(latency=0.05)
    start = time.monotonic()
    served.get("/tags")
    served.get("/tags")
    assert time.monotonic() - start >= 0.1


def test_faults_fire_on_the_nth_request_after_some_and_on_matching_paths_only(serve: Any) -> None:
    third = Fault("500", "GET /tags", nth=3)
    late = Fault("503", "/teams", after=1)
    posted = Fault("429", "POST */search")
    served = serve(faults=Faults([third, late], posted))
    assert [served.get("/tags").status_code for _ in range(4)] == [200, 200, 500, 200]
    assert [served.get("/teams").status_code for _ in range(3)] == [200, 503, 503]
    assert served.search("contacts", {}).status_code == 429
    assert (third.fired, late.fired, posted.fired) == (1, 2, 1)
    assert served.server.faults.fired == 4


def test_chance_is_seeded(serve: Any) -> None:
    def statuses(seed: int) -> list[int]:
        served = serve(faults=Faults(Fault("500", probability=0.3), seed=seed))
        return [served.get("/tags").status_code for _ in range(40)]

    first = statuses(1)
    assert first == statuses(1)
    assert first != statuses(2)
    assert 4 < first.count(500) < 22


def test_an_unknown_kind_of_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="teapot"):
        Fault("teapot")
    with pytest.raises(ValueError, match="function"):
        Fault("edit")


def test_a_server_with_hanging_answers_still_stops(serve: Any) -> None:
    served = serve(faults=Faults(Fault("hang")))
    with pytest.raises(httpx.ReadTimeout):
        served.get("/tags", timeout=0.1)
    start = time.monotonic()
    served.server.stop()
    assert time.monotonic() - start < 2
