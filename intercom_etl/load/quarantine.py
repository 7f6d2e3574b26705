"""Keeps what could not become a row, and closes the matter when a later version could.

One open entry a record, kept current: however often it is refused, and for whatever reasons. What a
person dropped stays closed until it comes with another text or for another reason.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection, sql

from intercom_etl.batch import Reject
from intercom_etl.endpoint import PerParent
from intercom_etl.json_text import read_stub
from intercom_etl.postgres.connection import fetch_rows
from intercom_etl.record import LONGEST_ID
from intercom_etl.stream import Stream

Tx = AsyncConnection[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Settled:
    """What a batch has dealt with: records by id, those of them that are gone, and whole lists by parent."""

    ids: Sequence[str] = ()
    gone: Sequence[str] = ()
    whole: Sequence[str] = ()


@dataclass(slots=True)
class Quarantined:
    """How many rejects are in quarantine now, and how many were left out since a person dropped them."""

    kept: int = 0
    dropped: int = 0
    entries: list[int] = field(default_factory=list)


async def record_rejects(
    tx: Tx,
    stream: Stream,
    rejects: Sequence[Reject],
    settled: Settled,
    *,
    fetched_at: datetime,
    workspace_id: str,
    run_id: int,
    now: datetime,
    but: Collection[int] = (),
) -> Quarantined:
    """Keeps the rejects of a batch that the API gave at `fetched_at`, and closes what it settles.

    Neither what is newer than the batch is touched, nor the entries of `but`.
    """
    known = {"workspace_id": workspace_id, "run_id": run_id, "now": now, "fetched_at": fetched_at}
    done = Quarantined(entries=list(but))
    for reject in rejects:
        await _keep(tx, stream, reject, known, done)
    await _replace(tx, rejects, known, done.entries)
    refused = {reject.record_id for reject in rejects if reject.stream == stream.name}
    ids = [identity for identity in settled.ids if identity not in refused]
    if ids or settled.whole:
        closing = {
            "stream": stream.name,
            "parts": [child.table for child in stream.children],
            "ids": ids,
            "gone": list(settled.gone),
            "whole": list(settled.whole),
            "kept": done.entries,
        }
        await fetch_rows(tx, "resolve_quarantine", known | closing)
    return done


async def _keep(tx: Tx, stream: Stream, reject: Reject, known: Mapping[str, Any], done: Quarantined) -> None:
    entry = {
        **known,
        "stream": reject.stream,
        "record_id": reject.record_id,
        "parent_id": reject.parent_id,
        "label": reject.label,
        "place": reject.place,
        "raw": reject.raw,
        "reason": reject.reason,
        "pending": reject.pending,
    }
    for closed in await fetch_rows(tx, "list_closed_rejects", entry):
        if closed["resolution"] != "dropped":
            return  # a folder that is loaded again: what it says of this was dealt with since
        if await _is_dropped(tx, stream, reject, closed, known):
            done.dropped += 1
            return
    done.entries += [row["id"] for row in await fetch_rows(tx, "record_reject", entry)]
    done.kept += 1


async def _is_dropped(
    tx: Tx, stream: Stream, reject: Reject, closed: Mapping[str, Any], known: Mapping[str, Any]
) -> bool:
    """Whether the entry that a person closed says the same as the reject."""
    if not reject.pending:
        return closed["raw"] == reject.raw and closed["reason"] == reject.reason
    if reject.record_id is None:
        return not await _has_parent_changed(tx, stream, reject, closed, known)
    was, now = read_stub(closed["raw"].encode()), read_stub(reject.raw.encode())
    if was is None or now is None:
        return closed["raw"] == reject.raw
    return now.updated_at is None or now.updated_at == was.updated_at


async def _has_parent_changed(
    tx: Tx, stream: Stream, reject: Reject, closed: Mapping[str, Any], known: Mapping[str, Any]
) -> bool:
    """Whether a list that was given up may have another content: its parent was written since."""
    endpoint = stream.endpoint
    if not isinstance(endpoint, PerParent) or not stream.follows_parents:
        return False  # it is asked for in every run, whatever is in quarantine
    statement = sql.SQL(
        "select 1 from {} where workspace_id = %(workspace_id)s and {} = %(parent_id)s"
        " and synced_at > %(dropped_at)s limit 1"
    ).format(sql.Identifier("intercom", endpoint.parent), sql.Identifier(endpoint.parent_id))
    asked = {
        "workspace_id": known["workspace_id"],
        "parent_id": reject.parent_id,
        "dropped_at": closed["fetched_at"],
    }
    return await (await tx.execute(statement, asked)).fetchone() is not None


async def _replace(tx: Tx, rejects: Sequence[Reject], known: Mapping[str, Any], kept: Sequence[int]) -> None:
    """Closes what is open of records that were refused in another form now.

    A record that could not be asked for does not replace the text that was refused before.
    """
    named = [
        reject
        for reject in rejects
        # an id that was cut off may be that of another record
        if not reject.pending and reject.record_id is not None and len(reject.record_id) < LONGEST_ID
    ]
    if named:
        closing = {
            "streams": [reject.stream for reject in named],
            "parents": [reject.parent_id for reject in named],
            "records": [reject.record_id for reject in named],
            "kept": list(kept),
        }
        await fetch_rows(tx, "replace_rejects", {**known, **closing})


async def resolve_nameless(
    tx: AsyncConnection[dict[str, Any]], stream: Stream, *, workspace_id: str, run_id: int, now: datetime
) -> None:
    """Resolves records without a usable id that a whole reading has not met again; no id can say so."""
    await fetch_rows(
        tx,
        "resolve_nameless",
        {"workspace_id": workspace_id, "stream": stream.name, "run_id": run_id, "now": now},
    )
