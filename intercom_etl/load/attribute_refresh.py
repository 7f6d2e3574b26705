"""Brings the generated views up to date with the definitions. Nothing here may cost a run.

A view is only made again when the statements for it differ from those that made it. What is not
ours to change stays: a view that others build upon is never dropped, nor one that others made.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import AsyncConnection, errors
from psycopg.types.json import Jsonb

from intercom_etl.load.attribute_columns import MOST_COLUMNS, Definition
from intercom_etl.load.attribute_views import Source, View, plan_views
from intercom_etl.postgres.connection import fetch_rows, map_error

Tx = AsyncConnection[dict[str, Any]]

_LOST = ("08", "57P")  # the connection or the server went away: the run cannot go on either


async def refresh_views(tx: Tx, source: Source) -> list[str]:
    """Makes the views of a source that are not as they should be; says what could not be done, with the mend.

    Without the table that the definitions are in there is no view. Runs of other workspaces wait.
    """
    troubles: list[str] = []
    async with _tolerant(tx, f"the views of intercom.{source.table}", troubles):
        await fetch_rows(tx, "lock_attribute_views")
        await fetch_rows(tx, "limit_lock_wait")
        if not await fetch_rows(tx, "find_relation", {"schema": "intercom", "name": source.defined_in}):
            return []
        stored = {row["view_name"]: row for row in await fetch_rows(tx, "list_attribute_views")}
        rows = await fetch_rows(tx, source.query, {"model": source.model})
        (makers,) = await fetch_rows(tx, "find_attribute_view_makers")
        definitions = [Definition(**row) for row in rows]
        known = {
            name: {attribute: column for column, attribute in row["columns"]} for name, row in stored.items()
        }
        for view in plan_views(source, definitions, known):
            troubles += _over_limit(view, definitions)
            async with _tolerant(tx, f"analytics.{view.name}", troubles):
                await _bring_up(tx, view, stored.get(view.name), view.made_from(makers["text"]), troubles)
    return troubles


def _over_limit(view: View, definitions: list[Definition]) -> list[str]:
    mine = {d.name for d in definitions if view.workspace_id in (None, d.workspace_id)}
    if len(mine) <= MOST_COLUMNS:
        return []
    text = f"analytics.{view.name} has {MOST_COLUMNS:,} of {len(mine):,} attributes; read the others with"
    return [f"{text} `raw -> '{view.source.member}' ->> 'name'` from intercom.{view.source.table}"]


@asynccontextmanager
async def _tolerant(tx: Tx, what: str, troubles: list[str]) -> AsyncIterator[None]:
    """A part that may fail by itself: it is undone, and what PostgreSQL said is a trouble."""
    try:
        async with tx.transaction():
            yield
    except psycopg.Error as error:
        if error.sqlstate is None or error.sqlstate.startswith(_LOST):
            raise
        troubles.append(f"{what} could not be made, what was there stays: {_explain(error)}")


def _explain(error: psycopg.Error) -> str:
    said = map_error(error).message
    if isinstance(error, errors.InsufficientPrivilege):
        return (
            f"{said}; the owner of the tables must own the view, and the user of DATABASE_URL may call"
            " etl.make_attribute_view: `intercom-etl db roles`"
        )
    if isinstance(error, errors.LockNotAvailable):
        return f"{said}; somebody reads it for long, the next run tries again"
    return f"{said}; the next run tries again"


async def _bring_up(
    tx: Tx, view: View, stored: dict[str, Any] | None, made_from: str, troubles: list[str]
) -> None:
    exists = bool(await fetch_rows(tx, "find_relation", {"schema": "analytics", "name": view.name}))
    if exists and stored is None:
        troubles.append(
            f"analytics.{view.name} was not made by intercom-etl and stays;"
            " rename it, and the next run makes ours"
        )
        return
    if exists and stored is not None and stored["checksum"] == made_from:
        return
    try:
        await _make(tx, view, made_from, anew=False)
    except errors.InvalidTableDefinition:
        # a column has another type or is gone: PostgreSQL only ever adds columns to a view
        try:
            await _make(tx, view, made_from, anew=True)
        except errors.DependentObjectsStillExist as error:
            troubles.append(
                f"analytics.{view.name} stays as it was, since others build upon it"
                f" ({' '.join((error.diag.message_detail or '').split())}); drop them, run"
                f" `intercom-etl sync {view.source.stream}`, and make them again"
            )


async def _make(tx: Tx, view: View, made_from: str, *, anew: bool) -> None:
    """`anew` drops the view first; who was allowed to read it still is."""
    known = {
        "view_name": view.name,
        "only_workspace": view.workspace_id,
        "columns": Jsonb(view.columns_made),
        "remark": view.remark,
        "made_from": made_from,
        "anew": anew,
    }
    async with tx.transaction():
        await fetch_rows(tx, "make_attribute_view", known)
