"""Keeps the views of schema `analytics` as `sql/views` has them: made again whenever their text changes.

A view holds no data, so its file may be edited freely. What others built on a view, and who may
read it, outlives the change: first it is replaced in place; where its columns do not allow that,
it is dropped and made again with its grants; where something depends on it, it stays as it was.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg import AsyncConnection, sql

from intercom_etl.errors import SchemaError
from intercom_etl.postgres.connection import Database, fetch_rows, map_error
from intercom_etl.postgres.sql_files import sql_folder

Tx = AsyncConnection[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class View:
    """One file of `sql/views`, named like its view: `create or replace`, and comments."""

    name: str
    sql: bytes

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, in hex."""
        return hashlib.sha256(self.sql).hexdigest()


@dataclass(frozen=True, slots=True)
class ViewState:
    """What became of a view. `kept`: it could not be changed, `reason` says why and what to do."""

    name: str
    state: Literal["made", "dropped", "kept"]
    reason: str | None = None


def read_views(folder: Path | None = None) -> list[View]:
    """The files by name."""
    paths = sorted((folder or sql_folder() / "views").glob("*.sql"))
    return [View(path.stem, path.read_bytes()) for path in paths]


async def refresh_views(database: Database, views: list[View]) -> list[ViewState]:
    """Makes what is missing or changed, drops what has no file any more; returns what was touched.

    All in one transaction. Raises SchemaError naming a view that the tables do not allow.
    """
    async with database.transaction() as tx:
        await fetch_rows(tx, "lock_migrations")
        made = {row["name"]: row for row in await fetch_rows(tx, "list_made_views")}
        done = [await _retire(tx, name) for name in made.keys() - {view.name for view in views}]
        for view in views:
            known = made.get(view.name)
            if known is None or not known["stands"] or known["checksum"] != view.checksum:
                done.append(await _make(tx, view, is_ours=known is not None))
    return sorted(done, key=lambda state: state.name)


async def _make(tx: Tx, view: View, *, is_ours: bool) -> ViewState:
    if not is_ours and (await fetch_rows(tx, "find_view_relation", {"name": view.name}))[0]["found"]:
        return ViewState(
            view.name, "kept", "something of yours has this name: rename it, then run `intercom-etl migrate`"
        )
    try:
        async with tx.transaction():
            await tx.execute(view.sql)
    except psycopg.errors.InvalidTableDefinition:  # columns went away or changed places
        if reason := await _make_anew(tx, view):
            return ViewState(view.name, "kept", reason)
    except psycopg.Error as error:
        mapped = map_error(error)
        raise SchemaError(
            f"view `analytics.{view.name}` cannot be made: {mapped.message}", mapped.hint
        ) from error
    await fetch_rows(tx, "record_view", {"name": view.name, "checksum": view.checksum})
    return ViewState(view.name, "made")


async def _make_anew(tx: Tx, view: View) -> str | None:
    """Drops the view and makes it again with its grants; the reason when it cannot be dropped."""
    grants = await fetch_rows(tx, "list_view_grants", {"name": view.name})
    if reason := await _drop(tx, view.name):
        return reason
    await tx.execute(view.sql)
    for grant in grants:
        await tx.execute(grant["statement"].encode())
    return None


async def _retire(tx: Tx, name: str) -> ViewState:
    if reason := await _drop(tx, name):
        return ViewState(name, "kept", reason)
    await fetch_rows(tx, "forget_view", {"name": name})
    return ViewState(name, "dropped")


async def _drop(tx: Tx, name: str) -> str | None:
    dependents = await fetch_rows(tx, "list_view_dependents", {"name": name})
    try:
        async with tx.transaction():
            await tx.execute(sql.SQL("drop view if exists {}").format(sql.Identifier("analytics", name)))
    except psycopg.errors.DependentObjectsStillExist:
        users = ", ".join(f"`{row['name']}`" for row in dependents) or "something of yours"
        return f"{users} depends on it: drop that, run `intercom-etl migrate`, and make it again"
    return None
