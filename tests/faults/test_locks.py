"""Row 14: somebody else holds a lock. The run says who, waits for as long as it may, and loses nothing."""

import subprocess
import sys

import psycopg
import pytest
from oracle import assert_recovered, assert_sound
from own_place import NAMES, Place
from truth import rows

from intercom_etl.postgres.connection import open_database

QUICK = "import intercom_etl.postgres.watched as w\nw.LOOK_SECONDS = 0.1\n"
CHANGE = """
import psycopg, sys
with psycopg.connect(sys.argv[1], application_name="change of the table") as connection:
    connection.execute("lock table intercom.conversations in access exclusive mode")
"""


@pytest.mark.fault(14, "M F")
@pytest.mark.parametrize("table", ["intercom.conversations", "etl.bookmark"])
def test_a_lock_that_is_not_given_in_time_ends_the_run_and_names_who_has_it(place: Place, table: str) -> None:
    place.syncs.url = place.own.url(place.name, lock_timeout="1500ms")
    with place.own.locked(table, place.name) as pid:
        code, errors = place.syncs(before=QUICK)
    assert code == 75, errors
    error, hint = errors.splitlines()[-2:]
    assert error.startswith(
        f"error: PostgreSQL gave us no lock in time: pid {pid} (`nightly report`, user `postgres`"
    )
    assert f"select pg_terminate_backend({pid})" in hint
    assert f"warning: waiting for a lock: pid {pid} (`nightly report`" in errors
    assert_sound(place.url, place.workspace, NAMES)
    assert rows(place.url, "select status, exit_code from etl.run") == [{"status": "failed", "exit_code": 75}]
    place.mend(code, errors)
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)


@pytest.mark.fault(14, "M")
def test_a_long_reader_and_a_change_of_the_table_behind_it_hold_up_the_run_until_they_end(
    place: Place,
) -> None:
    changing = [sys.executable, "-c", CHANGE, place.url]
    with psycopg.connect(place.url, application_name="long reader") as reader:
        reader.execute("select count(*) from intercom.conversations")
        with subprocess.Popen(changing) as change, place.syncs.start(before=QUICK) as child:
            assert child.process.stderr is not None
            said = next((line for line in child.process.stderr if "waiting" in line), "nothing")
            assert child.process.poll() is None
            reader.rollback()
            code, errors = child.ended()
            assert change.wait() == 0
    assert code == 0, errors
    assert said.startswith("warning: waiting for a lock: pid ")
    assert "(`change of the table`, user `postgres`, active" in said
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)


@pytest.mark.fault(14, "M")
async def test_time_outs_that_the_operator_chose_for_the_user_or_the_address_are_kept(place: Place) -> None:
    async def shown(url: str) -> tuple[str, str]:
        async with open_database(url) as database:
            found = await database.connection.execute(
                "select current_setting('lock_timeout') as lock,"
                " current_setting('idle_in_transaction_session_timeout') as idle"
            )
            row = await found.fetchone()
            assert row is not None
            return row["lock"], row["idle"]

    assert await shown(place.url) == ("1min", "30s")
    place.execute(f"alter database {place.name} set lock_timeout = '7s'")
    assert await shown(place.url) == ("7s", "30s")
    chosen = place.own.url(place.name, lock_timeout="9s", idle_in_transaction_session_timeout="8s")
    assert await shown(chosen) == ("9s", "8s")
