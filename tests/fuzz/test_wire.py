"""Hostile records over real HTTP: the run ends as documented, neighbours are the truth, and healing heals."""

import re
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine
from oracle import assert_recovered
from truth import TOKEN, rows

from intercom_etl.exit_codes import ExitCode
from intercom_etl.simulator.nasty import RECIPES
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

SIZE = Size(
    contacts=60, conversations=60, companies=60, tickets=60, parts=3, articles=44, tags=44, activity_logs=5,
    external_pages=8, calls=5, content_receipts=5, custom_object_instances=4, execution_results=4,
)  # fmt: skip
# searches with details, a scroll, pages, a list that is read whole
KINDS = ("contacts", "conversations", "companies", "tickets", "articles", "tags")
CHANGING = {"contacts": "update_contact", "conversations": "update_conversation", "tickets": "update_ticket"}


@pytest.fixture
def command(tmp_path: Path, database_url: str) -> CommandLine:
    return CommandLine(
        tmp_path,
        {
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "INTERCOM_ACCESS_TOKEN": TOKEN,
            "INTERCOM_ETL_HOME": str(tmp_path / "home"),
            "DATABASE_URL": database_url,
        },
    )


@pytest.mark.fault(24, "LDPS")
@pytest.mark.fault(25, "LDPS")
@pytest.mark.fault(26, "LDPS")
@pytest.mark.fault(27, "LDPS")
@pytest.mark.fault(28, "LDP")
@pytest.mark.fault(29, "S")
def test_hostile_records_cost_themselves_and_are_stored_once_they_are_well(
    command: CommandLine, database_url: str
) -> None:
    workspace = Workspace(seed=12, size=SIZE)
    spoiled = {kind: plant_all(workspace, kind) for kind in KINDS}
    everything = {identity for ids in spoiled.values() for identity in ids}
    # one recipe leaves only the digits of the id
    odd = everything | {re.sub(r"\D", "", identity) for identity in everything}
    with SimulatorServer(workspace) as server:
        changes: dict[str, str | None] = {"INTERCOM_BASE_URL": server.url}
        ended = command("sync", changes=changes)
        assert ended.code == ExitCode.PARTIAL, ended.err
        assert_recovered(database_url, workspace, except_ids=odd)
        for kind, ids in spoiled.items():
            assert_all_are_somewhere(database_url, kind, ids)
        for kind, ids in spoiled.items():
            heal(workspace, kind, ids)
        ended = command("sync", changes=changes)
        assert ended.code == ExitCode.OK, ended.err
        assert [row for row in open_entries(database_url) if row["record_id"]] == []
        # whoever has no id is only known to be well once everything was read
        ended = command("sync", "--full", changes=changes)
        assert ended.code == ExitCode.OK, ended.err
        assert open_entries(database_url) == []
        assert_recovered(database_url, workspace, run_again=lambda: again(command, changes))


def plant_all(workspace: Workspace, kind: str) -> list[str]:
    ids = sorted(workspace.truth(kind))[3:]
    assert len(ids) >= len(RECIPES)
    for identity, recipe in zip(ids, RECIPES, strict=False):
        workspace.plant_nasty(kind, identity, recipe)
    return ids[: len(RECIPES)]


def heal(workspace: Workspace, kind: str, ids: list[str]) -> None:
    for identity in ids:
        workspace.unplant(kind, identity)
        if kind in CHANGING:
            getattr(workspace, CHANGING[kind])(identity)


def open_entries(url: str) -> list[dict[str, Any]]:
    return rows(url, "select stream, record_id, reason from etl.quarantine where resolved_at is null")


def assert_all_are_somewhere(url: str, kind: str, ids: list[str]) -> None:
    stored = {row["id"] for row in rows(url, f"select id from intercom.{kind} where deleted_at is null")}
    held = [row for row in open_entries(url) if row["stream"] == kind]
    named = {row["record_id"] for row in held if row["record_id"]}
    lost = [one for one in ids if not {one, re.sub(r"\D", "", one)} & (stored | named)]
    assert len(lost) <= sum(row["record_id"] is None for row in held), (kind, lost)


def again(command: CommandLine, changes: dict[str, str | None]) -> None:
    assert command("sync", changes=changes).code == ExitCode.OK
