"""Runs the real command line in a process that dies on command.

Beside the failpoint it changes only how long the client waits, and how much it asks for at once, so that
small workspaces have many pages.
"""

import os
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from chaos.failpoints import BROKEN, BY_NAME, SeamGoneError, check_seams, kill_at_arrival

PAGE = 7
WAITS = {"backoff_base": 0.02, "backoff_cap": 0.2, "scroll_busy_wait": 0.3}
# loaded before the fork, since loading takes five times as long as a small sync
LOADED_BEFORE = (
    "cli.app", "cli.sync", "cli.request", "cli.progress", "cli.run_report", "cli.preparation", "cli.logs",
    "intercom_etl.api", "intercom_etl.preview", "intercom_etl.sync", "httpx_aiohttp",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """`failpoint` is a name and at which arrival to die there; `skew` is in seconds."""

    arguments: tuple[str, ...]
    environment: dict[str, str]
    folder: Path
    output: Path
    failpoint: tuple[str, int] | None = None
    skew: int = 0


def run_child(plan: Plan) -> None:
    """Ends the process with the code of the command line; with `BROKEN` when a seam is not there any more."""
    os.environ.clear()
    os.environ.update(plan.environment)
    os.chdir(plan.folder)
    output = os.open(plan.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(output, stream)
    try:
        check_seams()
        shorten_waits()
        shrink_pages()
        if plan.skew:
            skew_clock(timedelta(seconds=plan.skew))
        if plan.failpoint is not None:
            name, arrival = plan.failpoint
            kill_at_arrival(BY_NAME[name], arrival)
    except SeamGoneError as error:
        give_up(str(error))
    from cli.start import main as run_program

    sys.argv = ["intercom-etl", *plan.arguments]
    run_program()


def give_up(reason: str) -> NoReturn:
    sys.stderr.write(f"chaos: {reason}\n")
    sys.exit(BROKEN)


def shorten_waits() -> None:
    """No fault of the chaos lasts; and a place that asks for a minute's pause must not use up the run."""
    from intercom_etl import api
    from intercom_etl.extract import rate_limit

    replace(api, "ClientConfig", partial(api.ClientConfig, **WAITS))
    replace(rate_limit, "LONGEST_WAIT", 0.5)


def shrink_pages() -> None:
    from intercom_etl.endpoint import Search
    from intercom_etl.extract import page_builder
    from intercom_etl.streams import all_streams

    for stream in all_streams().values():
        if isinstance(stream.endpoint, Search):
            if not hasattr(stream.endpoint, "page_size"):
                raise SeamGoneError("searches have no `page_size` any more")
            object.__setattr__(stream.endpoint, "page_size", PAGE)
    replace(page_builder, "FULL_RECORDS", PAGE)


def skew_clock(ahead: timedelta) -> None:
    """All of the product's own looks at the local clock; the server's clock is the truth."""
    from cli import running
    from intercom_etl.extract import client

    class Skewed(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + ahead

    replace(running, "datetime", Skewed)
    replace(client, "datetime", Skewed)


def replace(holder: Any, name: str, value: Any) -> None:
    if not hasattr(holder, name):
        raise SeamGoneError(f"there is no `{holder.__name__}.{name}` any more")
    setattr(holder, name, value)
