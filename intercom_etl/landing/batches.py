"""Batches of validated rows and rejects on disk: what transform hands to load when they run apart."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec

from intercom_etl.batch import Batch, ChildRows, Item, Reject, Row
from intercom_etl.errors import UsageError
from intercom_etl.landing.lines import read_lines, write_lines
from intercom_etl.record import Record
from intercom_etl.stream import Stream


class _Row(msgspec.Struct):
    values: dict[str, Any]
    raw: str


class _Children(msgspec.Struct):
    rows: list[_Row]
    complete: bool


Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Item(msgspec.Struct, tag="item"):
    id: str
    fetched_at: Moment
    gone: str | None
    row: _Row
    children: dict[str, _Children]


class _Reject(msgspec.Struct, tag="reject"):
    stream: str
    record_id: str | None
    raw: str
    reason: str
    parent_id: str | None
    pending: bool
    label: str | None = None
    place: int | None = None


class _Header(msgspec.Struct, tag="batch"):
    items: int
    rejects: int
    fetched_at: Moment
    cleaned: dict[str, int]
    whole: list[str]
    unknown: list[tuple[str, str, int]] = []


_REJECT = _Reject.__struct_fields__
# of a file that somebody wrote into: no JSON, an unknown table, values that do not fit their columns
UNREADABLE = (msgspec.MsgspecError, ValueError, KeyError, RecursionError)
_line = msgspec.json.Decoder(_Header | _Item | _Reject)


def write_batch_file(path: Path, batch: Batch) -> None:
    """One file a batch, in the order of the batch."""
    header = _Header(
        len(batch.items),
        len(batch.rejects),
        batch.fetched_at,
        dict(batch.cleaned),
        list(batch.whole),
        [(table, name, count) for (table, name), count in batch.unknown.items()],
    )
    rejects = (_Reject(**{name: getattr(r, name) for name in _REJECT}) for r in batch.rejects)
    lines = (header, *map(_pack_item, batch.items), *rejects)
    write_lines(path, map(msgspec.json.encode, lines))


def read_batch_file(path: Path, stream: Stream) -> Batch:
    """What `write_batch_file` was given. Raises UsageError when the file is damaged."""
    items: list[Item] = []
    rejects: list[Reject] = []
    header: _Header | None = None
    try:
        for line in read_lines(path):
            match _line.decode(line):
                case _Header() as header:
                    pass
                case _Item() as item:
                    items.append(_unpack_item(item, stream))
                case _Reject() as r:
                    rejects.append(Reject(**{name: getattr(r, name) for name in _REJECT}))
    except UNREADABLE as error:
        raise _unreadable(path) from error
    if header is None or (header.items, header.rejects) != (len(items), len(rejects)):
        raise UsageError(f"`{path}` is cut off", "run `intercom-etl transform` again")
    return Batch(
        stream.name,
        items,
        rejects,
        header.fetched_at,
        cleaned=Counter(header.cleaned),
        whole=tuple(header.whole),
        unknown=Counter({(table, name): count for table, name, count in header.unknown}),
    )


def check_batch_file(path: Path) -> None:
    """Raises UsageError when the file is damaged or not whole; much cheaper than reading it."""
    lines = read_lines(path)
    try:
        header = _line.decode(next(lines, b""))
    except UNREADABLE as error:
        raise _unreadable(path) from error
    if not isinstance(header, _Header) or sum(1 for _ in lines) != header.items + header.rejects:
        raise UsageError(f"`{path}` is cut off", "run `intercom-etl transform` again")


def _unreadable(path: Path) -> UsageError:
    return UsageError(f"`{path}` is damaged", "run `intercom-etl transform` again")


def _pack_item(item: Item) -> _Item:
    children = {
        table: _Children([_pack(row) for row in held.rows], held.complete)
        for table, held in item.children.items()
    }
    return _Item(item.id, item.fetched_at, item.gone, _pack(item.row), children)


def _pack(row: Row) -> _Row:
    return _Row(dict(row.values), row.raw.decode())


def _unpack_item(item: _Item, stream: Stream) -> Item:
    models = {child.table: child.model for child in stream.children}
    row = _unpack(item.row, stream.model)
    children = {
        table: ChildRows(tuple(_unpack(child, models[table]) for child in held.rows), held.complete)
        for table, held in item.children.items()
    }
    return Item(item.id, row.values.get("updated_at"), row, children, item.fetched_at, item.gone)


def _unpack(row: _Row, model: type[Record]) -> Row:
    """Typed again by the model, this time by the names of its columns."""
    values = vars(model.model_validate(row.values, by_alias=False, by_name=True))
    return Row(values, row.raw.encode())
