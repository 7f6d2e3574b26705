"""A person who is erased cannot be found any more, and nobody else has lost anything."""

import json
from pathlib import Path

import pytest
from truth import Silent, api, clock, execute, request, rows, run_sync

from intercom_etl.erase import erase
from intercom_etl.errors import UsageError
from intercom_etl.landing.lines import files, read_lines
from intercom_etl.load.history import prepare_history
from intercom_etl.postgres.connection import open_database
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from intercom_etl.stages import extract, transform

SMALL = Size(contacts=40, conversations=60, companies=10, tickets=30)


def dump(url: str) -> str:
    """Everything that the database holds, as text."""
    tables = rows(
        url,
        "select format('%I.%I', schemaname, tablename) as name from pg_tables"
        " where schemaname in ('intercom', 'etl', 'analytics')",
    )
    return "\n".join(
        row["text"] for table in tables for row in rows(url, f"select t::text as text from {table['name']} t")
    ).lower()


def counts(url: str) -> dict[str, int]:
    tables = rows(url, "select tablename as name from pg_tables where schemaname = 'intercom'")
    return {
        table["name"]: rows(url, f"select count(*) as n from intercom.{table['name']}")[0]["n"]
        for table in tables
    }


async def test_nothing_of_an_erased_person_is_left_and_all_others_are(
    database_url: str, tmp_path: Path
) -> None:
    workspace = Workspace(seed=61, size=SMALL)
    person = workspace.add_contact(name="Ada Lovelace", email="ada.l@example.org", phone="+44 20 7946 0018")
    twin = workspace.add_contact(name="Ada L.", email="other.ada@example.org")
    workspace.merge_contacts(twin, person)
    own = [workspace.add_conversation(person, f"mail me at ADA.L@example.org, {n}") for n in range(3)]
    workspace.reply(own[0], "it is urgent")
    stranger = workspace.add_conversation(
        next(iter(workspace.contacts)), "write to ada.l@example.org instead"
    )
    broken = {"id": "999", "updated_at": 1, "note": "ada.l@example.org"}
    async with open_database(database_url) as database, database.transaction() as tx:
        await prepare_history(tx, ["contacts", "conversations"])
    folder = tmp_path / "landing"
    with SimulatorServer(workspace) as server:
        history = frozenset({"contacts", "conversations"})
        await run_sync(server, database_url, history=history)
        workspace.update_contact(person, name="Ada King")
        await run_sync(server, database_url, history=history)
        await extract(request(), api=api(server), folder=folder, clock=clock, observer=Silent())
    transform(folder, clock=clock, observer=Silent())
    execute(
        database_url,
        "insert into etl.quarantine (run_id, workspace_id, stream, record_id, raw, reason, created_at)"
        f" select 1, workspace_id, 'contacts', '999', '{json.dumps(broken)}', 'test', now()"
        " from etl.bookmark limit 1",
    )
    before, text = counts(database_url), dump(database_url)
    traces = [person, "ada.l@example.org", "+44 20 7946 0018"]
    assert all(trace.lower() in text for trace in traces)

    done = await erase(person, database_url=database_url, workspace=None, folders=[folder], clock=clock)

    text = dump(database_url)
    assert [trace for trace in traces if trace.lower() in text] == []
    landed = b"\n".join(
        line
        for stream in ("contacts", "conversations", "tickets", "companies")
        for path in files(folder, "pages", stream)
        for line in read_lines(path)
    ).lower()
    assert [trace for trace in traces if trace.lower().encode() in landed] == []
    assert done.tables.deleted["contacts"] == 1
    assert done.tables.deleted["contacts_history"] == 2
    assert done.tables.deleted["conversations"] == 3
    after = counts(database_url)
    assert {name: before[name] - after[name] for name in before if before[name] != after[name]} == {
        name: count for name, count in done.tables.deleted.items() if count
    }
    [kept] = rows(
        database_url, f"select source_body, raw from intercom.conversations where id = '{stranger}'"
    )
    assert "[erased]" in kept["source_body"]
    assert "[erased]" in kept["raw"]["source"]["body"]
    [poisoned] = rows(database_url, "select raw from etl.quarantine where record_id = '999'")
    assert json.loads(poisoned["raw"])["note"] == "[erased]"


async def test_an_unknown_contact_is_named(database_url: str) -> None:
    workspace = Workspace(seed=62, size=SMALL)
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "contacts")
    with pytest.raises(UsageError, match="`nobody`"):
        await erase("nobody", database_url=database_url, workspace=None, folders=[], clock=clock)
    with pytest.raises(UsageError, match="`other`"):
        await erase("nobody", database_url=database_url, workspace="other", folders=[], clock=clock)


async def test_a_short_id_is_not_taken_for_part_of_other_numbers(database_url: str) -> None:
    workspace = Workspace(seed=63, size=SMALL)
    workspace.add_contact(id="12", name="Twelve", email="twelve@example.org", external_id="3")
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url)
        before = rows(database_url, "select id, raw from intercom.contacts where id <> '12' order by id")
        done = await erase("12", database_url=database_url, workspace=None, folders=[], clock=clock)
    assert rows(database_url, "select id, raw from intercom.contacts order by id") == before
    assert (done.tables.deleted["contacts"], done.tables.rewritten.total()) == (1, 0)
