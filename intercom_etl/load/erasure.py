"""Takes a person out of the tables: their own rows are deleted, what mentions them is rewritten.

The only place that deletes rows of data. Works on the live catalog, so that every table that is
there takes part, those of histories and of streams that are no longer copied included.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb

from intercom_etl.errors import UsageError
from intercom_etl.person import Person, scrub, scrub_record
from intercom_etl.postgres.catalog import Table, read_tables
from intercom_etl.postgres.connection import fetch_rows

Tx = AsyncConnection[dict[str, Any]]
# the typed columns of a table's row, read from its JSON
Retype = Callable[[str, Any], Mapping[str, Any]]

# what hangs on a record that goes as a whole: column -> the table whose ids it holds
_PARENTS = {"contact_id": "contacts", "conversation_id": "conversations", "ticket_id": "tickets"}
_LINKS = {
    "conversations": ("conversation_contacts", "conversation_id"),
    "tickets": ("ticket_contacts", "ticket_id"),
}


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done, by table: rows that are gone, and rows that were rewritten."""

    deleted: Counter[str]
    rewritten: Counter[str]


async def find_person(tx: Tx, workspace_id: str, contact_id: str) -> Person:
    """The contact, those that were merged into it, and every address that was ever stored of them.

    Raises UsageError when there is no such contact: nothing must be rewritten for a slip of the pen.
    """
    rows = await fetch_rows(tx, "find_person", {"workspace_id": workspace_id, "contact_id": contact_id})
    if not rows:
        raise UsageError(
            f"contact `{contact_id}` is not stored in workspace `{workspace_id}`",
            "give Intercom's own id, as in column `id` of intercom.contacts",
        )
    ids = {contact_id, *(row["id"] for row in rows)}
    known = list(rows)
    for name in await _tables(tx, "contacts_history"):
        found = await tx.execute(
            sql.SQL(
                "select distinct email, phone, external_id from {} where workspace_id = %s and id = any (%s)"
            ).format(sql.Identifier("intercom", name)),
            (workspace_id, list(ids)),
        )
        known += await found.fetchall()
    words = {str(row[column]) for row in known for column in ("email", "phone") if row[column]}
    external = {str(row["external_id"]) for row in known if row["external_id"]}
    return Person(frozenset(ids), frozenset(words), frozenset(external))


async def find_own(tx: Tx, workspace_id: str, person: Person) -> dict[str, list[str]]:
    """Conversations and tickets in which the person is the only contact, by table."""
    own: dict[str, list[str]] = {"contacts": sorted(person.ids)}
    for name, (link, key) in _LINKS.items():
        found = await tx.execute(
            sql.SQL(
                "select {key} as id from {link} where workspace_id = %s"
                " group by {key} having bool_and(contact_id = any (%s))"
            ).format(key=sql.Identifier(key), link=sql.Identifier("intercom", link)),
            (workspace_id, list(person.ids)),
        )
        own[name] = [row["id"] for row in await found.fetchall()]
    return own


async def erase_person(
    tx: Tx,
    workspace_id: str,
    person: Person,
    own: Mapping[str, Sequence[str]],
    retype: Retype,
) -> Erased:
    """Deletes what is theirs alone and rewrites what else mentions them."""
    erased = Erased(Counter(), Counter())
    tables = await read_tables(tx, tuple(await _tables(tx, "%")))
    for name, table in tables.items():
        base = name.removesuffix("_history")
        for column, ids in _own_rows(base, table, own):
            gone = await tx.execute(
                sql.SQL("delete from {} where workspace_id = %s and {} = any (%s)").format(
                    sql.Identifier("intercom", name), sql.Identifier(column)
                ),
                (workspace_id, list(ids)),
            )
            erased.deleted[name] += gone.rowcount
    for name, table in tables.items():
        erased.rewritten[name] += await _rewrite(tx, table, workspace_id, person, retype)
    everything = [identity for ids in own.values() for identity in ids]
    erased.deleted["quarantine"] += await _clear_quarantine(tx, workspace_id, everything)
    erased.rewritten["quarantine"] += await _rewrite_quarantine(tx, workspace_id, person)
    return erased


def _own_rows(base: str, table: Table, own: Mapping[str, Sequence[str]]) -> list[tuple[str, Sequence[str]]]:
    if base in own:
        return [("id", own[base])]
    return [(column, own[parent]) for column, parent in _PARENTS.items() if column in table.columns]


async def _rewrite(tx: Tx, table: Table, workspace_id: str, person: Person, retype: Retype) -> int:
    target = sql.Identifier("intercom", table.name)
    found = await tx.execute(
        sql.SQL(
            "select {key}, raw from {target} where workspace_id = %s and raw::text ilike any (%s)"
        ).format(key=sql.SQL(", ").join(map(sql.Identifier, table.key)), target=target),
        (workspace_id, _patterns(person)),
    )
    rewritten = 0
    for row in await found.fetchall():
        raw = scrub(row["raw"], person)
        if raw == row["raw"]:
            continue
        rewritten += 1
        before, after = retype(table.name, row["raw"]), retype(table.name, raw)
        # a column that did not come from the record, or says the same as before, stays
        values = {name: value for name, value in after.items() if value != before.get(name)}
        values["raw"] = Jsonb(raw)
        await tx.execute(
            sql.SQL("update {target} set {assignments} where {match}").format(
                target=target,
                assignments=sql.SQL(", ").join(
                    sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(f"new_{name}"))
                    for name in values
                    if name not in table.key
                ),
                match=sql.SQL(" and ").join(
                    sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(f"key_{name}"))
                    for name in table.key
                ),
            ),
            {f"new_{name}": value for name, value in values.items()}
            | {f"key_{name}": row[name] for name in table.key},
        )
    return rewritten


def _patterns(person: Person) -> list[str]:
    """For LIKE on JSON text."""
    return [
        "%" + sign.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        for sign in person.signs
    ]


async def _clear_quarantine(tx: Tx, workspace_id: str, ids: Sequence[str]) -> int:
    rows = await fetch_rows(tx, "erase_quarantine", {"workspace_id": workspace_id, "ids": list(ids)})
    return len(rows)


async def _rewrite_quarantine(tx: Tx, workspace_id: str, person: Person) -> int:
    rows = await fetch_rows(
        tx, "find_quarantine_text", {"workspace_id": workspace_id, "patterns": _patterns(person)}
    )
    for row in rows:
        known = {"id": row["id"], "raw": scrub_record(row["raw"], person)}
        try:
            async with tx.transaction():
                await fetch_rows(tx, "rewrite_quarantine", known)
        except psycopg.errors.UniqueViolation:  # only the person told it from another entry
            await fetch_rows(tx, "forget_quarantine", known)
    return len(rows)


async def _tables(tx: Tx, pattern: str) -> list[str]:
    return [row["name"] for row in await fetch_rows(tx, "list_data_tables", {"pattern": pattern})]
