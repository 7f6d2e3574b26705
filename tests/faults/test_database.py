"""Rows 11 to 13 and 15: the database is restarted, crashes, is full, read-only, or out of reach."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from oracle import assert_fired, assert_recovered, assert_sound
from own_place import NAMES, Place
from own_server import OwnServer
from silent_proxy import SilentProxy
from truth import rows

from intercom_etl.errors import DatabaseUnavailableError
from intercom_etl.postgres.connection import open_database

# the constants of intercom_etl/postgres/watched.py, so that nobody has to wait for a minute
IMPATIENT = """
import intercom_etl.postgres.watched as w
w.LOOK_SECONDS, w.SILENCE_SECONDS, w.REPLY_SECONDS = 0.3, 1.0, 2
"""
AWAY = ("the connection to PostgreSQL was lost", "PostgreSQL cannot go on", "cannot reach PostgreSQL")


def assert_mended(place: Place, code: int, errors: str) -> None:
    """Whether the run went on by itself or the next one had to: nothing is missing."""
    assert_sound(place.url, place.workspace, NAMES)
    if code != 0:
        last = [line for line in errors.splitlines() if line.startswith("error:")]
        assert len(last) == 1, errors
        assert any(word in last[0] for word in AWAY), errors
    place.mend(code, errors)


def terminate_run(place: Place) -> int:
    """Ends all sessions of the program, as an administrator would; how many there were."""
    ended = rows(
        place.url,
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where application_name like 'intercom-etl%' and datname = current_database()",
    )
    return len(ended)


@pytest.mark.fault(11, "S M")
@pytest.mark.parametrize(("mode", "stage"), [("fast", "S"), ("immediate", "C")])
def test_a_restart_in_the_middle_of_a_copy_or_of_a_merge_costs_no_more_than_a_batch(
    place: Place, mode: str, stage: str
) -> None:
    with place.syncs.stopped(stage, "--quiet") as child:
        place.own.restart(mode)
        child.go_on()
        code, errors = child.ended()
    assert_mended(place, code, errors)
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)


@pytest.mark.fault(12, "S F")
def test_an_administrator_who_ends_all_sessions_costs_no_more_than_a_batch(place: Place) -> None:
    for stage in ("S", "B"):
        place.change()
        with place.syncs.stopped(stage, "--quiet") as child:
            assert_fired(terminate_run(place), "pg_terminate_backend", 3)
            child.go_on()
            code, errors = child.ended()
        assert_mended(place, code, errors)
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)


@pytest.mark.fault(13, "M F")
@pytest.mark.parametrize("table", ["intercom.conversation_parts", "etl.bookmark"])
def test_a_full_disk_undoes_the_batch_and_the_next_run_goes_on(place: Place, table: str) -> None:
    with place.own.full_disk(table, place.name):
        code, errors = place.syncs("--quiet")
        assert code == 75, errors
        assert "PostgreSQL's disk is full: could not extend file" in errors
        assert "hint: make room, then run the command again; what was committed is kept" in errors
    assert_sound(place.url, place.workspace, NAMES)
    if table == "intercom.conversation_parts":
        assert rows(place.url, "select 1 from intercom.conversations") == []
    # the record of the run lies elsewhere, and could be written
    assert rows(place.url, "select status, exit_code from etl.run") == [{"status": "failed", "exit_code": 75}]
    place.mend(code, errors)
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)


@contextmanager
def standby_of(own: OwnServer) -> Iterator[OwnServer]:
    """A copy of the server that only recovers, as a hot standby does."""
    copy = OwnServer(own.folder / "standby", own.programs, own.identity, own.port)
    copy.folder.mkdir()
    own.identity.own(copy.folder)
    own.control("stop", "-m", "fast")
    shutil.copytree(own.data, copy.data, ignore=shutil.ignore_patterns("postmaster.*"))
    own.control("start")
    copy.data.chmod(0o700)
    for path in (copy.data, *copy.data.rglob("*")):
        own.identity.own(path)
    (copy.data / "standby.signal").touch()
    with (copy.data / "postgresql.conf").open("a") as conf:
        conf.write(f"unix_socket_directories = '{copy.folder}'\nlisten_addresses = ''\n")
    copy.control("start")
    try:
        yield copy
    finally:
        copy.control("stop", "-m", "immediate")


@pytest.mark.fault(15, "L M")
def test_a_standby_and_a_read_only_database_are_refused_before_the_api_is_asked(place: Place) -> None:
    with standby_of(place.own) as standby:
        place.syncs.url = standby.url(place.name)
        code, errors = place.syncs("--quiet")
    assert code == 78, errors
    assert "PostgreSQL is read-only here; hint: DATABASE_URL names a standby: name the primary" in errors
    place.syncs.url = place.url
    place.execute(f"alter database {place.name} set default_transaction_read_only = on")
    code, errors = place.syncs()
    assert code == 78, errors
    assert "`default_transaction_read_only`" in errors
    assert place.server.requests == []
    place.execute(f"alter database {place.name} reset default_transaction_read_only")
    place.run()
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)


@pytest.mark.fault(15, "M")
def test_a_primary_that_becomes_read_only_between_two_batches_ends_the_run_with_the_mend(
    place: Place,
) -> None:
    with place.syncs.stopped("C", "--quiet") as child:
        place.execute("alter system set default_transaction_read_only = on")
        try:
            place.execute("select pg_reload_conf()")
            child.go_on()
            code, errors = child.ended()
        finally:
            place.execute("alter system reset default_transaction_read_only")
            place.execute("select pg_reload_conf()")
    assert code == 78, errors
    assert "PostgreSQL is read-only here" in errors
    assert_sound(place.url, place.workspace, NAMES)
    place.run()
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)


@pytest.mark.fault(12, "L M")
def test_a_server_without_a_connection_left_is_told_from_one_that_is_away(place: Place) -> None:
    place.execute("create role loader login")
    for schema in ("intercom", "etl", "analytics"):
        place.execute(f"grant all on schema {schema} to loader")
        place.execute(f"grant all on all tables in schema {schema} to loader")
        place.execute(f"grant all on all sequences in schema {schema} to loader")
    place.execute(f"grant all on database {place.name} to loader")
    place.syncs.url = place.url.replace("postgres@", "loader@", 1)
    try:
        for limit in (0, 5):  # at the door, and once four streams want two each
            place.execute(f"alter role loader connection limit {limit}")
            code, errors = place.syncs("--quiet")
            assert code == 75, errors
            assert "has no connection left" in errors
            assert "end other sessions or raise the limit" in errors
            assert (place.server.requests == []) == (limit == 0)
            assert_sound(place.url, place.workspace, NAMES)
        place.execute("alter role loader connection limit -1")
        code, errors = place.syncs("--quiet")
        assert code == 0, errors
        assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)
    finally:
        place.execute("drop owned by loader; drop role loader")


@pytest.mark.fault(11, "M")
def test_a_server_that_falls_silent_in_the_middle_does_not_hold_the_run_for_ever(place: Place) -> None:
    with SilentProxy(place.own.port) as proxy:
        place.syncs.url = place.own.tcp_url(proxy.port, place.name) + "?connect_timeout=2"
        place.syncs.environment["INTERCOM_ETL_DATABASE_PATIENCE"] = "2"
        with place.syncs.stopped("C", "--quiet", before=IMPATIENT) as child:
            proxy.speaks.clear()
            child.go_on()
            code, errors = child.ended(timeout=40)
        assert_fired(proxy.swallowed, "silence")
        assert code == 75, errors
        assert "PostgreSQL" in errors
    place.syncs.url = place.url
    assert_mended(place, code, errors)
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)


@pytest.mark.fault(16, "M")
async def test_a_session_that_was_ended_since_its_process_slept_in_a_transaction_may_be_taken_up_again(
    own: OwnServer,
) -> None:
    url = own.url("template1", idle_in_transaction_session_timeout="50ms")
    async with open_database(url) as database:

        async def sleep_in_a_transaction() -> None:
            async with database.transaction() as tx:
                await tx.execute("select 1")
                with psycopg.connect(own.url()) as other:
                    other.execute("select pg_sleep(0.3)")
                await tx.execute("select 1")

        with pytest.raises(DatabaseUnavailableError, match="idle-in-transaction"):
            await sleep_in_a_transaction()
