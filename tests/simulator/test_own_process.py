"""`python -m intercom_etl.simulator` serves until it is told to stop."""

import signal
import subprocess
import sys

import httpx


def test_the_simulator_runs_in_a_process_of_its_own_until_sigterm() -> None:
    command = [sys.executable, "-m", "intercom_etl.simulator", "--contacts", "3", "--token", "sesame"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            with httpx.Client(verify=False) as client:
                answer = client.get(f"{url}/contacts", headers={"Authorization": "Bearer sesame"})
            assert answer.json()["total_count"] == 3
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
