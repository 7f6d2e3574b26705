"""Which records to read again though nothing says that they changed.

A redacted part need not touch its conversation's `updated_at` (intercom-api, 5), nor do an article's
statistics, nor a note its contact. So every record that takes a request of its own, and every list
that does, is read again in rounds: each run takes the share that is due since the last one, in the
order of the ids.
"""

import random
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from intercom_etl.endpoint import PerParent
from intercom_etl.load.stored import count_live, ids_after
from intercom_etl.postgres.connection import Database, mapped_errors
from intercom_etl.stream import Stream


@dataclass(frozen=True, slots=True)
class Rereads:
    """The records to read (or whose lists to read), and the id with which the next run goes on."""

    ids: tuple[str, ...] = ()
    after: str | None = None

    def without(self, others: Collection[str]) -> "Rereads":
        """The same less records that are read anyway."""
        return replace(self, ids=tuple(identity for identity in self.ids if identity not in others))

    @property
    def stubs(self) -> tuple[bytes, ...]:
        """The records as a listing would name them."""
        return tuple(msgspec.json.encode({"id": identity}) for identity in self.ids)


async def due_rereads(
    database: Database,
    stream: Stream,
    workspace_id: str,
    *,
    after: str | None,
    passed: timedelta,
    every: timedelta,
    at_most: int,
) -> Rereads:
    """The next records of the round, `at_most` of them; it takes `every`, `passed` of it have gone by."""
    table = _table_of(stream)
    if table is None or every <= timedelta(0):
        return Rereads(after=after)
    with mapped_errors():
        live = await count_live(database.connection, table, workspace_id)
        # rounded by chance: a share of a record in each of many short runs must come to records
        count = int(live * min(1.0, max(0.0, passed / every)) + random.random())  # noqa: S311
        count = min(count, at_most)
        if count == 0:
            return Rereads(after=after)
        ids = await ids_after(database.connection, table, workspace_id, after or "", count)
    # fewer than asked for: the round is over
    return Rereads(tuple(ids), ids[-1] if len(ids) == count else None)


def _table_of(stream: Stream) -> str | None:
    """Where the records are that each take a request; None when the stream has none, or reads them all."""
    if stream.detail is not None:
        return stream.name
    endpoint = stream.endpoint
    if isinstance(endpoint, PerParent) and stream.follows_parents and endpoint.parent_id == "id":
        return endpoint.parent
    return None
