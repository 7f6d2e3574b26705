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
IMPATIENT = (
    "import intercom_etl.postgres.watched as w\n"
    "w.LOOK_SECONDS, w.SILENCE_SECONDS, w.REPLY_SECONDS = 0.3, 1.0, 2\n"
)
AWAY = ("the connection to PostgreSQL was lost", "PostgreSQL cannot go on", "cannot reach PostgreSQL")


def assert_mended(place: Place, code: int, errors: str) -> None:
    """Whether the run went on by itself or the next one had to: nothing is missing, and the word was clear."""
    assert_sound(place.url, place.workspace, NAMES)
    if code != 0:
        last = [line for line in errors.splitlines() if line.startswith("error:")]
        assert len(last) == 1 and any(word in last[0] for word in AWAY), errors
    place.mend(code, errors)


@pytest.mark.fault(11, "S M")
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_in_the_middle_of_a_copy_and_of_a_merge_costs_no_more_than_a_batch(
    place: Place, mode: str
) -> None:
    for stage in ("S", "C"):
        with place.syncs.stopped(stage, "--quiet") as child:
            place.own.restart(mode)
            held = rows(place.url, "select count(*) as n from intercom.conversations")[0]["n"]
            child.go_on()
            code, errors = child.ended()
        assert held == 0 or stage == "C", "rows of a batch that was not committed"
        assert_mended(place, code, errors)
        place.execute("update intercom.conversations set updated_at = updated_at - interval '1 day'")
        place.execute("update etl.bookmark set value = null")
    place.run()
    assert_recovered(place.url, place.workspace, NAMES, run_again=place.run)
