"""Dagster: a sync every quarter of an hour.

Needs `intercom-etl` on the PATH, and its settings in the environment.
"""

import subprocess

from dagster import DefaultScheduleStatus, Definitions, Failure, RetryRequested, ScheduleDefinition, job, op

AGAIN = (3, 11, 75)  # done in part, taken over by another run, not finished: the same command goes on


@op
def sync(context) -> None:
    """Asks for a retry, or fails for good, by the exit code."""
    command = ["intercom-etl", "sync", "--quiet", "--skip-if-locked", "--max-runtime", "50m"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        try:
            _, said = child.communicate()
        except BaseException:  # cancelled: it ends in good order, and what was read is kept
            child.terminate()
            child.wait(60)
            raise
    if child.returncode == 0:
        return
    said = said.strip() or f"exit {child.returncode}"
    context.log.warning(said)
    if child.returncode in AGAIN:
        raise RetryRequested(max_retries=3, seconds_to_wait=120)
    raise Failure(description=said, allow_retries=False)


@job
def intercom_etl():
    """What is new and changed."""
    sync()


every_quarter = ScheduleDefinition(
    job=intercom_etl, cron_schedule="*/15 * * * *", default_status=DefaultScheduleStatus.RUNNING
)
definitions = Definitions(jobs=[intercom_etl], schedules=[every_quarter])
