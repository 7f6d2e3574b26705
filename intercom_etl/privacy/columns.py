"""Which columns a policy can name, where their values stand in a record, and which must stay as they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from pydantic import AliasPath

from intercom_etl.record import Record
from intercom_etl.stream import Children, Stream

OURS = {
    "workspace_id": "part of every key",
    "raw": "the record itself: name the columns whose values it shall not hold",
    "synced_at": "no value of a record",
    "deleted_at": "no value of a record",
    "deletion_reason": "no value of a record",
}
COUNTS = ("has_more", "total_count")  # beside a list: whether the API cut it off


@dataclass(frozen=True, slots=True)
class Column:
    """A column of schema `intercom`.

    `path` leads to the value in the record or, for a child, in each element of the lists at `lists`.
    `needed` says what for when the value must stay as it is.
    """

    name: str
    path: tuple[str, ...]
    is_text: bool
    needed: str | None = None

    @property
    def is_email(self) -> bool:
        """Whether the column holds addresses, by its name."""
        return self.name == "email" or self.name.endswith("_email")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of schema `intercom`, and the stream whose records fill it."""

    name: str
    stream: str
    lists: tuple[tuple[str, ...], ...]
    columns: dict[str, Column]


def tables_of(streams: Iterable[Stream]) -> dict[str, Table]:
    """All tables of these streams by name."""
    found: dict[str, Table] = {}
    for stream in streams:
        found[stream.name] = Table(stream.name, stream.name, (), _record_columns(stream))
        for child in stream.children:
            found[child.table] = Table(child.table, stream.name, child.paths, _child_columns(child))
    return found


def _record_columns(stream: Stream) -> dict[str, Column]:
    needed = dict(OURS) | {"id": "the key", "updated_at": "what tells versions apart"}
    if stream.replication_key:
        needed[stream.replication_key] = "what tells versions apart"
    for child in stream.children:
        if child.truncated_flag:
            needed[child.truncated_flag] = "no value of a record"
        if child.counted_by:
            needed[child.counted_by] = "what tells whether a list is whole"
    counts = {(*path[:-1], count) for child in stream.children for path in child.paths for count in COUNTS}
    return _columns(stream.model, needed, counts)


def _child_columns(child: Children) -> dict[str, Column]:
    needed = dict(OURS) | {child.parent_key: "the key", child.key: "the key"}
    return _columns(child.model, needed, set())


def _columns(model: type[Record], needed: dict[str, str], counts: set[tuple[str, ...]]) -> dict[str, Column]:
    found = {name: Column(name, (), is_text=False, needed=why) for name, why in needed.items()}
    for name, field in model.model_fields.items():
        alias = field.validation_alias
        path = tuple(map(str, alias.path)) if isinstance(alias, AliasPath) else (str(alias or name),)
        why = needed.get(name)
        if path in counts:
            why = "what tells whether a list is whole"
        elif why is None and field.is_required():
            why = "what no record can be without"
        found[name] = Column(name, path, str in (field.annotation, *get_args(field.annotation)), why)
    return found
