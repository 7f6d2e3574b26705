"""`python -m intercom_etl.simulator` serves until it is told to stop."""

import signal
import subprocess
import sys

import httpx

from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace


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


def test_the_simulator_can_be_reached_from_this_machine_only() -> None:
    """It has no TLS, and its token is no secret. 127.0.0.2 is this machine too, by another address."""
    look = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)"
    with SimulatorServer(Workspace(seed=1, size=Size(contacts=1))) as server:
        port = server.url.rpartition(":")[2]
        reached = [
            subprocess.run(
                [sys.executable, "-c", look, host, port], capture_output=True, check=False
            ).returncode
            for host in ("127.0.0.1", "127.0.0.2", "::1")
        ]
    assert (reached[0], 0 in reached[1:]) == (0, False)
