"""From the API's definitions to a typed column: what the views show is what the workspace holds."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo
from truth import Silent, api, assert_equals_truth_of, clock, execute, request, rows, run_sync

from intercom_etl.exit_codes import ExitCode
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from intercom_etl.stages import extract, load, transform

SMALL = Size(contacts=150, conversations=60, companies=60, tickets=10)
DEFINITIONS = ("data_attributes", "conversation_attributes")
STREAMS = (*DEFINITIONS, "contacts", "companies", "conversations")


def known_values(workspace: Workspace, kind: str) -> dict[str, Any]:
    """The custom attributes of the records, as the API shows them."""
    return {
        identity: record.get("custom_attributes") or {} for identity, record in workspace.truth(kind).items()
    }


async def test_definitions_equal_the_truth_archived_ones_too(database_url: str) -> None:
    workspace = Workspace(seed=3, size=SMALL)
    with SimulatorServer(workspace) as server:
        report = await run_sync(server, database_url, *DEFINITIONS)
        assert report.exit_code is ExitCode.OK
        again = await run_sync(server, database_url, *DEFINITIONS)
        assert again.rows == 0
    assert_equals_truth_of(database_url, workspace, *DEFINITIONS)
    assert rows(database_url, "select distinct model from intercom.data_attributes order by 1") == [
        {"model": "company"},
        {"model": "contact"},
    ]
    asked = [call for call in server.requests if "/data_attributes" in str(call)]
    assert len(asked) == 4, "one request for each model, in each run"
    assert rows(database_url, "select 1 from intercom.data_attributes where archived")
    assert rows(database_url, "select 1 from intercom.conversation_attribute_options where archived")


async def test_the_views_show_the_values_of_the_workspace(database_url: str) -> None:
    workspace = Workspace(seed=3, size=SMALL)
    with SimulatorServer(workspace) as server:
        report = await run_sync(server, database_url, *STREAMS)
    assert report.exit_code is ExitCode.OK
    held = known_values(workspace, "contacts")
    shown = {row["id"]: row for row in rows(database_url, "select * from analytics.contact_attributes")}
    assert shown.keys() == held.keys()
    for identity, values in held.items():
        renewal = values.get("renewal_at")
        assert shown[identity]["plan"] == values.get("plan")
        assert shown[identity]["seats"] == values.get("seats")
        assert shown[identity]["beta"] == values.get("beta")
        assert shown[identity]["renewal_at"] == (renewal and datetime.fromtimestamp(renewal, UTC))
    held = known_values(workspace, "companies")
    shown = {row["id"]: row for row in rows(database_url, "select * from analytics.company_attributes")}
    assert {identity: row["region"] for identity, row in shown.items()} == {
        identity: values.get("region") for identity, values in held.items()
    }
    held = known_values(workspace, "conversations")
    shown = {row["id"]: row for row in rows(database_url, "select * from analytics.conversation_attributes")}
    assert shown.keys() == held.keys()
    for identity, values in held.items():
        promised = values.get("Promised by")
        assert shown[identity]["issue_type"] == values.get("Issue type")
        assert shown[identity]["promised_by"] == (promised and datetime.fromisoformat(promised))
        assert shown[identity]["orders"] == values.get("Orders")
        refund = shown[identity]["refund"]
        assert (refund if refund is None else float(refund)) == values.get("Refund")


async def test_a_load_makes_the_views_as_well(database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "landing"
    with SimulatorServer(Workspace(seed=3, size=SMALL)) as server:
        asked = request("data_attributes", "contacts")
        await extract(asked, api=api(server), folder=folder, clock=clock, observer=Silent())
    transform(folder, clock=clock, observer=Silent())
    await load(folder, database_url=database_url, clock=clock, observer=Silent())
    found = rows(database_url, "select count(plan) as n from analytics.contact_attributes")
    assert found[0]["n"] > 0


async def test_a_new_definition_is_a_new_column_after_the_next_run(database_url: str) -> None:
    workspace = Workspace(seed=3, size=SMALL)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, *STREAMS)
        execute(database_url, "create view public.mine as select * from analytics.contact_attributes")
        before = rows(database_url, "select view_name, checksum from etl.attribute_view order by 1")
        await run_sync(server, database_url, *STREAMS)
        assert rows(database_url, "select view_name, checksum from etl.attribute_view order by 1") == before
        template = next(a for a in workspace.data_attributes if a["custom"] and a["model"] == "contact")
        name = 'x"; drop table intercom.contacts; --'
        workspace.data_attributes.append(
            {
                **template,
                "id": 99,
                "name": name,
                "full_name": f"custom_attributes.{name}",
                "data_type": "integer",
            }
        )
        identity = next(iter(workspace.truth("contacts")))
        workspace.update_contact(identity, custom_attributes={name: 7, "seats": "many"})
        report = await run_sync(server, database_url, *STREAMS)
    assert report.exit_code is ExitCode.OK
    assert rows(
        database_url,
        "select id, seats from analytics.contact_attributes where x_drop_table_intercom_contacts = 7",
    ) == [{"id": identity, "seats": None}]
    assert rows(database_url, "select count(*) as n from public.mine") == [{"n": SMALL.contacts}]


async def test_a_run_without_the_right_to_make_views_is_no_failure(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    execute(
        database_url,
        "create role loads_only login; grant usage on schema intercom, etl, analytics to loads_only;"
        "grant select, insert, update, delete on all tables in schema intercom, etl to loads_only",
    )
    try:
        limited = make_conninfo(database_url, user="loads_only")
        with SimulatorServer(Workspace(seed=3, size=SMALL)) as server:
            report = await run_sync(server, limited, "data_attributes", "contacts")
        assert report.exit_code is ExitCode.OK
        assert "may call etl.make_attribute_view" in caplog.text
        assert rows(database_url, "select 1 from intercom.data_attributes")
        assert json.dumps(report.as_json())
    finally:
        execute(database_url, "drop owned by loads_only; drop role loads_only")
