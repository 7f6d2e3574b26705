"""A quiet workspace that all tests may read, and a way to serve one of their own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from intercom_etl.simulator.faults import Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

# 2026-11-23 15:33:20 UTC
NOW = 1_795_448_000
SMALL = Size(contacts=60, conversations=40, companies=12, tickets=10)


@dataclass
class Served:
    """A workspace, its server, and a client with the right headers."""

    workspace: Workspace
    server: SimulatorServer
    client: httpx.Client

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.client.get(path, **options)

    def search(self, kind: str, query: object, **rest: object) -> httpx.Response:
        return self.client.post(f"/{kind}/search", json={"query": query, **rest})

    def code(self, answer: httpx.Response) -> tuple[int, str]:
        return answer.status_code, answer.json()["errors"][0]["code"]

    def pages(
        self, kind: str, query: object, per_page: int, **rest: object
    ) -> Iterator[list[dict[str, Any]]]:
        """Records of each page of a search, until there is no next one."""
        after: str | None = None
        while True:
            pagination = {"per_page": per_page} | ({"starting_after": after} if after else {})
            body = self.search(kind, query, pagination=pagination, **rest).raise_for_status().json()
            yield body["data" if kind == "contacts" else kind]
            after = (body["pages"].get("next") or {}).get("starting_after")
            if after is None:
                return

    def follow(self, path: str, key: str = "data", **params: Any) -> Iterator[list[dict[str, Any]]]:
        """Records of each page of a list whose next page is a URL, or a cursor for `starting_after`."""
        body = self.get(path, params=params).raise_for_status().json()
        while True:
            yield body[key]
            following = (body.get("pages") or {}).get("next")
            if following is None:
                return
            if isinstance(following, str):
                body = self.get(following).raise_for_status().json()
            else:
                after = {**params, "starting_after": following["starting_after"]}
                body = self.get(path, params=after).raise_for_status().json()

    def follow_ids(self, path: str, key: str = "data", **params: Any) -> list[str]:
        return [str(record["id"]) for page in self.follow(path, key, **params) for record in page]

    def search_ids(self, kind: str, query: object, **rest: object) -> list[str]:
        return [record["id"] for page in self.pages(kind, query, 150, **rest) for record in page]


Serve = Callable[..., Served]


@pytest.fixture(scope="session")
def serve_session() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield _factory(stack)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server for a workspace; stopped after the test."""
    with ExitStack() as stack:
        yield _factory(stack)


def _factory(stack: ExitStack) -> Serve:
    def serve(
        workspace: Workspace | None = None, *, faults: Faults | None = None, latency: float = 0.0
    ) -> Served:
        workspace = workspace or Workspace(seed=3, size=SMALL, now=lambda: NOW)
        server = stack.enter_context(SimulatorServer(workspace, faults=faults, latency=latency))
        headers = {"Authorization": f"Bearer {workspace.token}", "Intercom-Version": "2.16"}
        # No TLS here, and a trust store takes longer to load than most of these tests.
        client = httpx.Client(base_url=server.url, headers=headers, timeout=10, verify=False)
        stack.enter_context(client)
        return Served(workspace, server, client)

    return serve


@pytest.fixture(scope="session")
def quiet(serve_session: Serve) -> Served:
    """The demo's size and a few long conversations; nobody changes it."""
    size = Size(long_conversations=2)
    return serve_session(Workspace(seed=1, size=size, now=lambda: NOW))


@pytest.fixture
def everything() -> dict[str, object]:
    """A query that fits every record."""
    return {"field": "updated_at", "operator": ">", "value": 1}


@pytest.fixture
def rising() -> dict[str, str]:
    return {"field": "updated_at", "order": "ascending"}
