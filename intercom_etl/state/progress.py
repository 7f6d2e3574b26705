"""Keeps the row of a run that is under way up to date, so that others can see how far it is."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from psycopg.types.json import Jsonb

from intercom_etl.errors import DatabaseError
from intercom_etl.postgres.connection import Database

log = logging.getLogger(__name__)

SECONDS_BETWEEN_NOTES = 2.0


@asynccontextmanager
async def progress_noted(
    database: Database, run_id: int, describe: Callable[[], dict[str, Any]]
) -> AsyncIterator[None]:
    """While the block runs, writes now and then what `describe` says of the streams, when it has changed.

    `database` must be a connection that nobody else uses meanwhile; at the end it is free again. Each note
    is a transaction of its own that locks the run's row and nothing else. That one fails does not stop
    the run: its end is written all the same.
    """
    ended = asyncio.Event()
    notes = asyncio.create_task(_note(database, run_id, describe, ended), name="progress of the run")
    try:
        yield
    finally:
        # not cancelled: a statement that is cut off would leave the connection busy
        ended.set()
        await notes


async def _note(
    database: Database, run_id: int, describe: Callable[[], dict[str, Any]], ended: asyncio.Event
) -> None:
    noted: dict[str, Any] = {}
    while not await _ends_within(ended, SECONDS_BETWEEN_NOTES):
        streams = describe()
        if streams == noted:
            continue
        try:
            is_noted = await database.row("note_progress", {"id": run_id, "streams": Jsonb(streams)})
        except DatabaseError as error:
            log.info("progress is not noted: %s", error.message)
            if database.connection.closed:
                return
        else:
            noted = streams if is_noted else noted


async def _ends_within(ended: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await ended.wait()
    except TimeoutError:
        return False
    return True
