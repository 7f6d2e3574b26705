"""Prefect: a sync every quarter of an hour, served by `python prefect_flow.py`.

Needs a Prefect server that runs, with its address in PREFECT_API_URL (one that the command starts by itself
schedules nothing), `intercom-etl` on the PATH, and its settings in the environment.
"""

import subprocess

from prefect import flow, task

AGAIN = (3, 11, 75)  # done in part, taken over by another run, not finished: the same command goes on


class CommandError(Exception):
    """`code` is what the command ended with."""

    def __init__(self, said: str, code: int) -> None:
        super().__init__(said or f"exit {code}")
        self.code = code


def may_be_retried(_task, _task_run, state) -> bool:
    """Whether the same command may fare better."""
    try:
        state.result()
    except CommandError as error:
        return error.code in AGAIN
    return False


@task(retries=3, retry_delay_seconds=120, retry_condition_fn=may_be_retried)
def run_command(*arguments: str) -> None:
    """Raises CommandError."""
    with subprocess.Popen(["intercom-etl", *arguments], stderr=subprocess.PIPE, text=True) as child:
        try:
            _, said = child.communicate()
        except BaseException:  # cancelled: it ends in good order, and what was read is kept
            child.terminate()
            child.wait(60)
            raise
    if child.returncode != 0:
        raise CommandError(said.strip(), child.returncode)


@flow
def intercom_etl() -> None:
    """What is new and changed."""
    run_command("sync", "--quiet", "--skip-if-locked", "--max-runtime", "50m")


if __name__ == "__main__":
    intercom_etl.serve(name="intercom-etl", cron="*/15 * * * *", limit=1)
