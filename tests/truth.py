"""A workspace on one side, a database on the other, and the question whether they say the same."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row

from intercom_etl.extract.client import ClientConfig
from intercom_etl.report import RunReport, StreamReport
from intercom_etl.request import SyncRequest
from intercom_etl.simulator.workspace import Workspace
from intercom_etl.streams import all_streams, usual_streams
from intercom_etl.sync import sync

TOKEN = "simulator-token"


class Served(Protocol):
    """Whatever answers like Intercom: the simulator, or something in front of it."""

    @property
    def url(self) -> str: ...


class Silent:
    """An observer that only looks on."""

    def started(self, workspace: str, streams: Sequence[str], run_id: int | None) -> None: ...

    def advanced(self, report: StreamReport) -> None: ...

    def finished(self, report: StreamReport) -> None: ...


def api(server: Served, **more: Any) -> ClientConfig:
    """A client that does not wait long: the faults here pass at once."""
    quick = {
        "token": TOKEN,
        "backoff_base": 0.02,
        "backoff_cap": 0.2,
        "scroll_busy_wait": 0.3,
        "export_pause": 0.02,
        "export_patience": 5.0,
        "request_timeout": 5.0,
    }
    return ClientConfig(base_url=server.url, **{**quick, **more})


def request(*names: str, **more: Any) -> SyncRequest:
    """All streams unless some are named."""
    streams = all_streams()
    return SyncRequest(
        streams=tuple(streams[name] for name in names) or usual_streams((), ()),
        **{"lookback": timedelta(minutes=15), "is_named": bool(names), **more},
    )


async def run_sync(server: Served, url: str, *names: str, **more: Any) -> RunReport:
    """One `sync` as the command line would run it."""
    config = {key: more.pop(key) for key in list(more) if key in ClientConfig.__dataclass_fields__}
    return await sync(
        request(*names, **more), api=api(server, **config), database_url=url, clock=clock, observer=Silent()
    )


def clock() -> datetime:
    return datetime.now(UTC)


def rows(url: str, statement: str) -> list[dict[str, Any]]:
    with psycopg.connect(url) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode()).fetchall()


def execute(url: str, statement: str) -> None:
    """Anything at all, committed."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def contents(url: str) -> dict[str, list[dict[str, Any]]]:
    """Everything in all data tables that does not depend on when it was fetched."""
    tables = [table for stream in all_streams().values() for table in stream.tables]
    found: dict[str, list[dict[str, Any]]] = {}
    with psycopg.connect(url) as connection, connection.cursor(row_factory=dict_row) as cursor:
        for table in tables:
            statement = f"select * from intercom.{table} order by 1, 2, 3"
            found[table] = cursor.execute(statement.encode()).fetchall()
    for row in (row for held in found.values() for row in held):
        del row["synced_at"]
        row["deleted_at"] = row["deleted_at"] is not None
    return found


def assert_equals_truth(url: str, workspace: Workspace, *, except_ids: frozenset[str] = frozenset()) -> None:
    """Ids, versions, states and part counts of the live rows are those of the workspace.

    Of the streams that a run reads which names none.
    """
    names = [stream.name for stream in usual_streams((), ())]
    assert_equals_truth_of(url, workspace, *names, except_ids=except_ids)


def assert_equals_truth_of(
    url: str, workspace: Workspace, *names: str, except_ids: frozenset[str] = frozenset()
) -> None:
    """The same for some of the streams."""
    for name in names:
        kind = SIMULATED.get(name, name)
        truth = {i: r for i, r in workspace.truth(kind).items() if i not in except_ids}
        stored = rows(url, f"select * from intercom.{name} where deleted_at is null")
        held = {row["id"]: row for row in stored if row["id"] not in except_ids}
        differ = {"missing": truth.keys() - held.keys(), "extra": held.keys() - truth.keys()}
        assert not any(differ.values()), (name, differ)
        for identity, record in truth.items():
            assert_says_the_same(name, held[identity], record)
        if name in PARTS:
            assert_has_all_parts(url, name, truth)


SIMULATED = {"help_center_redirects": "redirects"}  # what the simulator calls it
PARTS = {
    "conversations": ("conversation_parts", "conversation_id"),
    "tickets": ("ticket_parts", "ticket_id"),
}


def assert_says_the_same(name: str, row: dict[str, Any], record: Any) -> None:
    """One row, field by field where the names are the same."""
    for field in ("updated_at", "created_at"):
        if isinstance(record.get(field), int) and field in row:
            assert row[field].timestamp() == record[field], (name, row["id"], field)
    for field in ("state", "name", "email", "external_id", "role"):
        if field in record and field in row:
            assert row[field] == record[field], (name, row["id"], field)


def assert_has_all_parts(url: str, name: str, truth: dict[str, Any]) -> None:
    """As many live parts as there are, or as the API gives at most."""
    table, key = PARTS[name]
    statement = f"select {key}, count(*) as n from intercom.{table} where deleted_at is null group by 1"
    counted = {row[key]: row["n"] for row in rows(url, statement)}
    for identity, record in truth.items():
        assert counted.get(identity, 0) == min(500, len(record[table][table])), (table, identity)


def assert_nothing_twice_and_no_orphans(url: str) -> None:
    """Keys forbid doubles; this looks for parts without their conversation."""
    for child, parent, key in (
        ("conversation_parts", "conversations", "conversation_id"),
        ("ticket_parts", "tickets", "ticket_id"),
    ):
        orphans = rows(
            url,
            f"select 1 from intercom.{child} c where not exists (select from intercom.{parent} p"
            f" where p.workspace_id = c.workspace_id and p.id = c.{key})",
        )
        assert orphans == []
