"""`python -m intercom_etl.simulator --contacts 5000`: a workspace in a process of its own.

For benchmarks, where client and server must not share one interpreter lock, and for a look by hand.
"""

import argparse
import signal
import sys
from dataclasses import fields

from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.size import Size
from intercom_etl.simulator.workspace import TOKEN, Workspace


def read_arguments() -> argparse.Namespace:
    """Every number of `Size` is an option of its own."""
    parser = argparse.ArgumentParser(
        prog="python -m intercom_etl.simulator", description="A local Intercom workspace"
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    parser.add_argument("--rate-limit", type=int, default=None, help="requests per ten seconds")
    for field in fields(Size):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=int, default=field.default)
    return parser.parse_args()


def main() -> None:
    """Serves until SIGTERM or Ctrl-C; prints the base URL as its only line."""
    given = read_arguments()
    size = Size(**{field.name: getattr(given, field.name) for field in fields(Size)})
    workspace = Workspace(seed=given.seed, size=size, token=given.token, rate_limit=given.rate_limit)
    ends = {signal.SIGINT, signal.SIGTERM}
    # Blocked before the server's thread starts, so that it is this thread that waits for them.
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    with SimulatorServer(workspace, port=given.port, latency=given.latency) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        signal.sigwait(ends)


if __name__ == "__main__":
    main()
