"""Dagster: a sync every quarter of an hour.

Needs `intercom-etl` on the PATH, and its settings in the environment.
"""

import subprocess

from dagster import Definitions, Failure, RetryRequested, ScheduleDefinition, job, op

AGAIN = (3, 11, 75)  # done in part, taken over by another run, not finished: the same command goes on


@op
def sync(context) -> None:
    """Asks for a retry, or fails for good, by the exit code."""
    command = ["intercom-etl", "sync", "--quiet", "--skip-if-locked", "--max-runtime", "50m"]
    ended = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if ended.returncode == 0:
        return
    said = f"{ended.stderr.strip()} (exit code {ended.returncode})"
    context.log.warning(said)
    if ended.returncode in AGAIN:
        raise RetryRequested(max_retries=3, seconds_to_wait=120)
    raise Failure(description=said, allow_retries=False)


@job
def intercom_etl():
    """What is new and changed."""
    sync()


definitions = Definitions(
    jobs=[intercom_etl], schedules=[ScheduleDefinition(job=intercom_etl, cron_schedule="*/15 * * * *")]
)
