"""Airflow: a sync every quarter of an hour, and in the night whether the copy is right.

Needs Airflow 3.2 or newer, `intercom-etl` on the PATH of its workers, and its settings in their environment.
"""

import subprocess
from datetime import UTC, datetime, timedelta

from airflow.sdk import dag, get_current_context, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

AGAIN = (3, 11, 75)  # done in part, taken over by another run, not finished: the same command goes on


def run_command(*arguments: str) -> None:
    """Raises what Airflow retries, and what it does not, by the exit code."""
    with subprocess.Popen(["intercom-etl", *arguments], stderr=subprocess.PIPE, text=True) as child:
        # a task that is ended from outside gets no exception, only this call
        get_current_context()["ti"].task.on_kill = child.terminate
        try:
            _, said = child.communicate()
        except BaseException:  # cancelled: it ends in good order, and what was read is kept
            child.terminate()
            child.wait(60)
            raise
    if child.returncode == 0:
        return
    said = said.strip() or f"exit {child.returncode}"
    raise AirflowException(said) if child.returncode in AGAIN else AirflowFailException(said)


USUAL = {
    "start_date": datetime(2026, 1, 1, tzinfo=UTC),
    "catchup": False,
    "max_active_runs": 1,
    "default_args": {"retries": 3, "retry_delay": timedelta(minutes=2)},
}


@dag(schedule="*/15 * * * *", **USUAL)
def intercom_etl():
    """What is new and changed."""

    @task
    def sync():
        run_command("sync", "--quiet", "--skip-if-locked", "--max-runtime", "50m")

    sync()


@dag(schedule="37 3 * * *", **USUAL)
def intercom_etl_verify():
    """Ends with 4, and is not tried again, when records are wrong."""

    @task
    def verify():
        run_command("verify", "--quiet", "--exit-code", "--max-runtime", "2h")

    verify()


intercom_etl()
intercom_etl_verify()
