"""The first thing that runs: from here on Ctrl-C ends the program in one line, however early it comes.

Nothing may be imported here that takes time.
"""

import os
import signal
import sys


def main() -> None:
    """Console entry point: ends the process with a code of `ExitCode`."""
    _open_what_is_closed()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    # loading what comes next takes long enough for a signal
    from cli.app import main as run_program

    run_program()


def _open_what_is_closed() -> None:
    """Gives an input or output that the caller has closed (`>&-`) an end that leads nowhere.

    A connection would get its number otherwise, and be sent what is meant for people.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))


def _end(number: int, _frame: object) -> None:
    os.write(2, b"interrupted: nothing was begun\n")
    os._exit(128 + number)
