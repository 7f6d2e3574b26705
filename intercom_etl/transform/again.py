"""Validates what quarantine holds once more: a record, or a child that comes without its record."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from intercom_etl.batch import Batch, Retried
from intercom_etl.page import Page
from intercom_etl.privacy.policy import Policy
from intercom_etl.stream import Children, Stream
from intercom_etl.transform.lists import FoundList
from intercom_etl.transform.validate import child_rows, to_batch


@dataclass(frozen=True, slots=True)
class Kept:
    """One entry as it is kept: the text, and where it stood when it was read at `fetched_at`."""

    entry: int
    raw: bytes
    fetched_at: datetime
    parent_id: str | None
    label: str | None = None
    place: int | None = None


def record_again(stream: Stream, kept: Kept, treat: Callable[[Page], Page] | None) -> Batch | None:
    """The record of an entry as a batch of its own; of the list that it stood in, it says nothing.

    None when it is not known in which list it stood.
    """
    if stream.parent_key is not None and kept.parent_id is None:
        return None
    parents = (kept.parent_id,) if stream.parent_key is not None and kept.parent_id is not None else ()
    page = Page((kept.raw,), kept.fetched_at, parents=parents)
    batch = to_batch(stream, page if treat is None else treat(page))
    batch.retried = Retried(kept.entry, stream.name, kept.parent_id)
    return batch


def part_again(stream: Stream, declared: Children, kept: Kept, policy: Policy | None) -> Batch | None:
    """The child of an entry as a batch without any record; None when it cannot be told where it stood."""
    lacks_label = declared.labelled is not None and kept.label is None
    if kept.parent_id is None or lacks_label or (declared.numbered is not None and kept.place is None):
        return None
    text = kept.raw
    if policy is not None:
        text = policy.apply_to_part(stream, declared.paths[0], text)
    label = next((one for one in declared.labels if str(one) == kept.label), None)
    batch = Batch(stream.name, [], [], kept.fetched_at)
    cleaned: Counter[str] = Counter()
    found = FoundList([text], label=label, first=kept.place or 1)
    rows, batch.rejects = child_rows(declared, kept.parent_id, [found], cleaned)
    batch.cleaned = cleaned
    part = rows[0] if rows else None
    batch.retried = Retried(kept.entry, declared.table, kept.parent_id, part)
    return batch
