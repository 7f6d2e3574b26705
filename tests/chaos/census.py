"""Counts what is lost and what is there twice, and asks the oracle. Counting is done apart from asserting."""

from collections.abc import Callable, Sequence

import psycopg
from chaos.tally import Tally
from chaos.world import World
from oracle import assert_recovered, assert_sound
from psycopg.rows import tuple_row
from truth import rows

from intercom_etl.simulator.workspace import Workspace


def check_sound(world: World, url: str, names: Sequence[str], tally: Tally) -> None:
    """True after every step. Records that the API kept failing for are noted, and not lost."""
    pending = rows(url, "select distinct record_id from etl.quarantine where pending and resolved_at is null")
    tally.duplicated += count_doubles(url, names)
    try:
        assert_sound(url, world.workspace, names, except_ids={row["record_id"] for row in pending})
    except AssertionError:
        tally.lost += 1
        raise


def recover(world: World, url: str, names: Sequence[str], tally: Tally, calm_sync: Callable[[], None]) -> int:
    """One run mends everything, one more changes nothing; how many records were compared."""
    world.settle()
    calm_sync()
    lost, doubled, compared = take_census(url, world.workspace, names)
    tally.lost += lost
    tally.duplicated += doubled
    assert_recovered(url, world.workspace, names, run_again=calm_sync)
    assert (lost, doubled) == (0, 0)
    _assert_lists_are_whole(url, world.workspace)
    assert rows(url, "select stream, record_id from etl.quarantine where resolved_at is null") == []
    assert rows(url, "select id from etl.run where status = 'running'") == [], "a run's row is still open"
    assert rows(url, "select run_id from etl.lease where expires_at is not null") == [], "a lease is held"
    world.settled()
    return compared


def take_census(url: str, workspace: Workspace, names: Sequence[str]) -> tuple[int, int, int]:
    """Records that are missing; rows that stand for none, or that are there twice; records in all."""
    lost = doubled = compared = 0
    with psycopg.connect(url, row_factory=tuple_row) as connection:
        for name in names:
            statement = f"select id from intercom.{name} where deleted_at is null"
            live = [row[0] for row in connection.execute(statement.encode()).fetchall()]
            truth = workspace.truth(name).keys()
            lost += len(truth - set(live))
            doubled += len(live) - len(set(live) & truth)
            compared += len(truth)
    return lost, doubled + count_doubles(url, names), compared


def count_doubles(url: str, names: Sequence[str]) -> int:
    """Parts and records that are live twice: keys forbid only that within one parent and workspace."""
    tables = [*names, "conversation_parts", "ticket_parts"]
    with psycopg.connect(url, row_factory=tuple_row) as connection:
        statements = (
            f"select count(*) - count(distinct id) from intercom.{table} where deleted_at is null"
            for table in tables
        )
        counted = (connection.execute(statement.encode()).fetchone() for statement in statements)
        return sum(row[0] for row in counted if row is not None)


def _assert_lists_are_whole(url: str, workspace: Workspace) -> None:
    """Notes hang on their parents; those of a parent that is gone are nobody's any more."""
    of_contacts = {
        (contact, note["id"])
        for contact in workspace.contacts
        for note in workspace.contacts.state(contact).notes
    }
    of_companies = {
        (company, note["id"])
        for company in workspace.companies
        for note in workspace.children["company_notes"].of(company)
    }
    for table, key, parents, expected in (
        ("contact_notes", "contact_id", "contacts", of_contacts),
        ("company_notes", "company_id", "companies", of_companies),
    ):
        stored = rows(
            url,
            f"select c.{key}, c.id from intercom.{table} c join intercom.{parents} p on p.id = c.{key}"
            " where c.deleted_at is null and p.deleted_at is null",
        )
        held = {(row[key], row["id"]) for row in stored}
        assert held == expected, (table, "lost", expected - held, "extra", held - expected)
