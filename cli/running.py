"""Runs work so that it can be interrupted: the first signal ends it in order, a second at once."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from types import FrameType
from typing import Any, NoReturn, TypeVar

from cli.output import is_animated

Result = TypeVar("Result")

SIGNALS = [signal.SIGINT, signal.SIGTERM]
if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # `nohup` wants it to be ignored
    SIGNALS.append(signal.SIGHUP)


class Interrupted(BaseException):
    """A signal has ended the work; what was committed stays. `exit_code` is what a shell would say.

    No KeyboardInterrupt: typer swallows those.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number


def now() -> datetime:
    """The clock of this program: handed down from here, read nowhere below."""
    return datetime.now(UTC)


def heed_signals() -> None:
    """From now on a signal raises Interrupted wherever the program stands, so that contexts close."""
    for number in SIGNALS:
        signal.signal(number, _interrupt)


def end_on_signals() -> None:
    """From now on a signal ends the program at once: its work is done."""
    for number in SIGNALS:
        signal.signal(number, _end_at_once)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """The result of `work`. The first signal cancels it; once it has cleaned up, Interrupted is raised."""
    received: list[int] = []
    try:
        with asyncio.Runner() as runner:
            return runner.run(_watched(work, received))
    except BaseException as error:
        if received:
            raise Interrupted(received[0]) from error
        raise
    finally:
        heed_signals()


async def _watched(work: Coroutine[Any, Any, Result], received: list[int]) -> Result:
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)

    def on_signal(number: signal.Signals) -> None:
        received.append(number)
        for each in SIGNALS:
            loop.remove_signal_handler(each)
            # not through the loop: it may be what hangs
            signal.signal(each, _end_at_once)
        task.cancel(128 + number)

    for number in SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
    return await task


def _interrupt(number: int, _frame: FrameType | None) -> NoReturn:
    end_on_signals()
    raise Interrupted(number)


def _end_at_once(number: int, _frame: FrameType | None) -> NoReturn:
    if is_animated(sys.stderr):
        os.write(2, b"\x1b[?25h\n")  # a progress bar hides the cursor
    os._exit(128 + number)


def wait_for_signal() -> None:
    """Returns when somebody wants the program to end: that is how a server is meant to end."""
    try:
        signal.pause()
    except Interrupted:
        heed_signals()
