"""Token, version, rate windows, and the headers of every answer."""

import gzip
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

NOW = 1_795_448_000


@pytest.mark.parametrize("given", [None, "Bearer wrong", "Basic simulator-token", "Bearer"])
def test_without_the_right_token_everything_is_unauthorized(quiet: Any, given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given}
    for path in ("/me", "/contacts", "/nowhere"):
        answer = httpx.get(quiet.server.url + path, headers=headers)
        assert quiet.code(answer) == (401, "unauthorized")
        assert "x-ratelimit-limit" not in answer.headers


@pytest.mark.parametrize(
    ("version", "status"), [("2.16", 200), ("2.11", 200), ("Preview", 200), ("9.9", 400)]
)
def test_an_unknown_version_is_refused(quiet: Any, version: str, status: int) -> None:
    assert quiet.get("/me", headers={"Intercom-Version": version}).status_code == status


def test_deleted_conversations_need_version_2_16(quiet: Any) -> None:
    answer = quiet.get("/conversations/deleted", headers={"Intercom-Version": "2.15"})
    assert quiet.code(answer) == (400, "intercom_version_invalid")
    assert quiet.get("/conversations/deleted").status_code == 200


def test_unknown_paths_and_methods_are_refused_in_json(quiet: Any) -> None:
    assert quiet.code(quiet.get("/nowhere")) == (404, "not_found")
    answer = quiet.client.put("/contacts")
    assert answer.status_code == 405
    assert answer.headers["allow"]
    assert answer.json()["type"] == "error.list"


def test_a_body_that_is_not_json_is_refused(quiet: Any) -> None:
    assert quiet.client.post("/contacts/search", content=b"{").status_code == 400
    assert quiet.client.post("/contacts/search", content=b"[]").status_code == 400


def test_answers_carry_a_request_id_and_the_time_of_the_workspace(quiet: Any) -> None:
    one, two = quiet.get("/me"), quiet.get("/nowhere")
    assert one.headers["x-request-id"] != two.headers["x-request-id"]
    assert two.json()["request_id"] == two.headers["x-request-id"]
    assert parsedate_to_datetime(one.headers["date"]).timestamp() == NOW


def test_answers_are_compressed_for_who_accepts_it(quiet: Any) -> None:
    with quiet.client.stream("GET", "/admins", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert gzip.decompress(b"".join(answer.iter_raw())).startswith(b'{"type":"admin.list"')
    assert "content-encoding" not in quiet.get("/admins", headers={"Accept-Encoding": "identity"}).headers


def test_rate_windows_count_down_refuse_and_open_again(serve: Any) -> None:
    clock = [1004.0]
    workspace = Workspace(size=Size(contacts=0), now=lambda: NOW, ticks=lambda: clock[0], rate_limit=3)
    served = serve(workspace)
    answers = [served.get("/tags") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert [one.headers["x-ratelimit-remaining"] for one in answers] == ["2", "1", "0", "0"]
    assert {one.headers["x-ratelimit-limit"] for one in answers} == {"3"}
    assert {one.headers["x-ratelimit-reset"] for one in answers} == {str(NOW + 6)}
    assert answers[3].json()["errors"][0]["code"] == "rate_limit_exceeded"
    clock[0] = 1010.0
    assert served.get("/tags").status_code == 200
    workspace.rate_limit = None
    assert int(served.get("/tags").headers["x-ratelimit-limit"]) > 100_000


def test_requests_are_logged_in_order(serve: Any) -> None:
    served = serve()
    served.get("/tags")
    served.get("/nowhere")
    assert served.server.requests == [("GET", "/tags", 200), ("GET", "/nowhere", 404)]
    served.server.clear_requests()
    assert served.server.requests == []


def test_a_taken_port_is_said_clearly() -> None:
    workspace = Workspace(size=Size(contacts=0))
    with SimulatorServer(workspace) as first, pytest.raises(OSError, match=f"127.0.0.1:{first.port}"):
        SimulatorServer(workspace, port=first.port).start()


def test_a_server_can_be_started_again_on_its_port() -> None:
    workspace = Workspace(size=Size(contacts=0))
    with SimulatorServer(workspace) as server:
        port = server.port
        httpx.get(f"{server.url}/me")
    with SimulatorServer(workspace, port=port) as server:
        assert httpx.get(f"{server.url}/me").status_code == 401
    with pytest.raises(RuntimeError):
        _ = server.url
