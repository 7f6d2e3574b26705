"""The first thing that runs: from here on Ctrl-C ends the program in one line, however early it comes.

Nothing may be imported here that takes time.
"""

import os
import signal


def main() -> None:
    """Console entry point: ends the process with a code of `ExitCode`."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    # loading what comes next takes long enough for a signal
    from cli.app import main as run_program

    run_program()


def _end(number: int, _frame: object) -> None:
    os.write(2, b"interrupted: nothing was begun\n")
    os._exit(128 + number)
