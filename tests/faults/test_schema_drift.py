"""Row 30: the schema is not the one of this program. It says so, with the mend, before it asks the API."""

import asyncio

import pytest
from oracle import assert_recovered
from own_place import NAMES, Place
from truth import rows, run_sync

from intercom_etl.errors import SchemaError
from intercom_etl.exit_codes import exit_code_of

NEWEST = "(select max(version) from etl.schema_migration)"
DRIFTS = {
    "a column was dropped": (
        "alter table intercom.conversations drop column state cascade",
        "table `intercom.conversations` lacks the column(s) `state`",
        "restore the column(s), or load into a fresh database",
    ),
    "a table was dropped": (
        "drop table intercom.conversation_parts cascade",
        "table `intercom.conversation_parts` is missing",
        "run `intercom-etl migrate`; if that finds nothing to do, somebody dropped the table",
    ),
    "a table of the bookkeeping was dropped": (
        "drop table etl.lease",
        "table `etl.lease` is missing, although its migration was applied",
        "restore it, or load into a fresh database",
    ),
    "migrations were applied up to the middle": (
        f"delete from etl.schema_migration where version = {NEWEST}",
        "the schema is not up to date: 1 migration(s) pending, first `",
        "run `intercom-etl migrate`",
    ),
    "no migration was ever applied": (
        "drop schema etl cascade",
        "the schema is not up to date: ",
        "run `intercom-etl migrate`",
    ),
    "a migration was edited after it was applied": (
        "update etl.schema_migration set checksum = 'another' where version = 8",
        "migration `0008_conversations.sql` was edited after it had been applied",
        "restore the file as it was",
    ),
    "the database is of a newer program": (
        "insert into etl.schema_migration (version, name, checksum) values (9999, '9999_later.sql', 'x')",
        "the schema is newer than this program: it has migration `9999_later.sql`",
        "install the newer intercom-etl",
    ),
}


@pytest.mark.fault(30, "start")
def test_a_schema_that_does_not_fit_is_refused_before_the_api_is_asked(place: Place) -> None:
    for drift, (statement, error, hint) in DRIFTS.items():
        place.own.execute(f"create database drifted template {place.name} strategy file_copy")
        try:
            place.own.execute(statement, "drifted")
            with pytest.raises(SchemaError) as refused:
                asyncio.run(run_sync(place.server, place.own.url("drifted"), *NAMES))
        finally:
            place.own.execute("drop database drifted with (force)")
        assert refused.value.message.startswith(error), drift
        assert hint in (refused.value.hint or ""), drift
        assert exit_code_of(refused.value) == 78
        assert place.server.requests == [], drift
    place.execute(DRIFTS["a column was dropped"][0])
    code, errors = place.syncs()
    assert code == 78, errors
    assert [line.split(":")[0] for line in errors.splitlines()] == ["error", "hint"], errors
    assert place.server.requests == []


@pytest.mark.fault(30, "M")
def test_a_column_that_is_dropped_under_a_run_undoes_its_batch_and_names_it(place: Place) -> None:
    with place.syncs.stopped("L") as child:
        place.execute("alter table intercom.conversations rename column state to state_of_old")
        child.go_on()
        code, errors = child.ended()
    assert code == 78, errors
    assert "`state`" in errors or '"state"' in errors, errors
    assert rows(place.url, "select 1 from intercom.conversations") == []
    place.execute("alter table intercom.conversations rename column state_of_old to state")
    place.run()
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)
