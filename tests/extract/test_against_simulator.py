"""All streams that stand alone, read from the simulated workspace, whose reading of the API is not ours."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from intercom_etl.endpoint import PerName, PerParent
from intercom_etl.export import Export
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.extract.pages import read_pages
from intercom_etl.page import Page
from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from intercom_etl.stream import Stream
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch
from intercom_etl.window import Window

SIZE = Size(contacts=330, conversations=240, companies=230, tickets=160)


def quick(server: SimulatorServer, **more: Any) -> ClientConfig:
    waits = {"backoff_base": 0.01, "backoff_cap": 0.1, "scroll_busy_wait": 0.3, "request_timeout": 3.0}
    return ClientConfig(server.url, server.workspace.token, **{**waits, **more})


async def read_all(config: ClientConfig) -> dict[str, list[Page]]:
    async with IntercomClient(config) as client:
        await client.workspace()
        window = Window(None, client.now(), None)
        return {
            name: [page async for page in read_pages(client, stream, window)]
            for name, stream in all_streams().items()
            if not isinstance(stream.endpoint, PerParent | PerName | Export)
        }


def records(name: str, pages: list[Page]) -> dict[str, Mapping[str, Any]]:
    """By the id that they are stored with, which not all records have of themselves."""
    items = (item for page in pages for item in to_batch(all_streams()[name], page).items)
    return {item.id: json.loads(item.row.raw) for item in items}


def assert_is_the_truth(workspace: Workspace, read: dict[str, list[Page]]) -> None:
    for name, pages in read.items():
        truth: dict[str, Any] = dict(workspace.truth(name))
        found = records(name, pages)
        assert found.keys() == truth.keys(), name
        assert [one for page in pages for one in (*page.gone, *page.unavailable)] == []
        for identity, record in truth.items():
            assert found[identity].get("updated_at") == record.get("updated_at"), (name, identity)
    for identity, conversation in records("conversations", read["conversations"]).items():
        truth = dict(workspace.truth("conversations"))[identity]
        parts = [len(one["conversation_parts"]["conversation_parts"]) for one in (conversation, truth)]
        assert parts[0] == parts[1], identity


async def test_all_streams_equal_the_truth() -> None:
    workspace = Workspace(seed=11, size=SIZE)
    with SimulatorServer(workspace) as server:
        read = await read_all(quick(server))
    assert_is_the_truth(workspace, read)
    for name in ("contacts", "conversations", "tickets"):
        positions = [page.position for page in read[name]]
        assert None not in positions
        assert positions == sorted(positions, key=str)


FAULTS = {
    "errors": [Fault(kind, probability=0.04) for kind in ("500", "502", "503", "504", "408")],
    "rate": [Fault("429", probability=0.01, reset=reset) for reset in ("-60", "soon", None)]
    + [Fault("429", count=1, retry_after="1")],
    "bodies": [Fault(kind, probability=0.05) for kind in ("empty", "truncated", "html")],
    "wire": [Fault(kind, probability=0.05) for kind in ("reset", "reset_mid_body", "short_body")],
    "slow": [Fault("hang", count=2), Fault("trickle", count=2, seconds=0.2, path="/conversations/*")],
}


@pytest.mark.parametrize("kind", FAULTS)
async def test_faults_of_a_few_percent_cost_time_and_no_record(kind: str) -> None:
    faults = Faults([Fault(**_rule(fault)) for fault in FAULTS[kind]], seed=5)
    workspace = Workspace(seed=12, size=SIZE, scroll_idle_seconds=0.5)
    with SimulatorServer(workspace, faults=faults) as server:
        read = await read_all(quick(server, max_attempts=10, request_timeout=1.0))
    assert faults.fired > 2
    assert_is_the_truth(workspace, read)


def _rule(fault: Fault) -> dict[str, Any]:
    """The fault's conditions without its counters, since each test counts for itself."""
    return {
        name: getattr(fault, name)
        for name in ("kind", "path", "probability", "count", "seconds", "retry_after", "reset")
    }


async def _window(workspace: Workspace, stream: Stream, start: float, end: float) -> set[str]:
    window = Window(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC), None)
    with SimulatorServer(workspace) as server:
        async with IntercomClient(quick(server)) as client:
            return set(records(stream.name, [page async for page in read_pages(client, stream, window)]))


@pytest.mark.parametrize("name", ["contacts", "conversations", "tickets"])
@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("equal", [True, False])
async def test_a_window_holds_both_its_ends(name: str, zone: str, equal: bool) -> None:
    workspace = Workspace(seed=13, size=SIZE, timezone=zone)
    workspace.comparisons_include_equal = equal
    truth: dict[str, Any] = dict(workspace.truth(name))
    times = sorted(record["updated_at"] for record in truth.values())
    start, end = times[len(times) // 3], times[2 * len(times) // 3]
    found = await _window(workspace, all_streams()[name], start, end)
    expected = {identity for identity, record in truth.items() if start <= record["updated_at"] <= end}
    assert expected <= found


async def test_records_that_change_while_being_read_are_there_in_some_version() -> None:
    workspace = Workspace(seed=14, size=SIZE)
    names = list(workspace.truth("conversations"))
    changed = iter(names)
    workspace.before_request(
        "POST /conversations/search", lambda: workspace.reply(next(changed), "more"), every=True
    )
    stream = all_streams()["conversations"]
    end = datetime.now(UTC) + timedelta(minutes=5)
    with SimulatorServer(workspace) as server:
        async with IntercomClient(quick(server)) as client:
            pages = [page async for page in read_pages(client, stream, Window(None, end, None))]
    assert records(stream.name, pages).keys() == set(names)
