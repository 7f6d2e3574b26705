"""Turns a page of raw records into a batch. A bad record becomes a reject: never a crash, never a loss.

The text of a record is validated as it is; only when a value does not fit its column is the
record taken apart, the value left out (its column becomes NULL, `raw` keeps it) and counted.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from operator import itemgetter
from typing import Any

from pydantic import AliasPath, ValidationError
from pydantic_core import from_json

from intercom_etl.batch import Batch, ChildRows, Item, Reject, Row
from intercom_etl.json_text import member_at, members, read_stub, storable_with_content
from intercom_etl.page import Gone, Page
from intercom_etl.record import LONGEST_ID, Record
from intercom_etl.stream import Children, Stream
from intercom_etl.transform.lists import FoundList, find_lists
from intercom_etl.transform.unknown import KnownNames, count_unknown, known_names


class RefusedError(Exception):
    """This text cannot become a row; the message says why without quoting the text."""


def to_batch(stream: Stream, page: Page) -> Batch:
    """Validates every record of the page; each one ends up in `items` or in `rejects`."""
    batch = Batch(stream.name, [], [], page.fetched_at, current=page.current)
    known = known_names(stream)
    for record, parent in zip_longest(page.records, page.parents):
        _add(batch, stream, known, record, page.fetched_at, parent=parent)
    for gone in page.gone:
        _add(batch, stream, known, gone.stub, page.fetched_at, gone=gone)
    for lost in page.unavailable:
        reason = f"the API kept failing for this record: {lost.reason}"
        # of a list that cannot be read, it is the parent that was asked for
        identity = storable_id(lost.id)
        record_id, parent_id = (None, identity) if stream.parent_key else (identity, None)
        batch.rejects.append(
            Reject(stream.name, record_id, readable(lost.stub), reason, parent_id=parent_id, pending=True)
        )
    refused = {reject.parent_id for reject in batch.rejects}
    batch.whole = tuple(parent for parent in page.whole if parent not in refused)
    return batch


def _add(
    batch: Batch,
    stream: Stream,
    known: KnownNames,
    record: bytes,
    fetched_at: datetime,
    *,
    parent: str | None = None,
    gone: Gone | None = None,
) -> None:
    try:
        text, repairs, content = storable_with_content(record)
        batch.cleaned.update(f"{stream.name}: {repair}" for repair in repairs)
        row = read_row(stream.model, text, stream.name, batch.cleaned)
        values = dict(row.values)
        identity = _identify(stream, values, parent)
    except RefusedError as refusal:
        stub = read_stub(record) if stream.identity == ("id",) else None
        identity = storable_id(stub.id) if stub else None
        batch.rejects.append(Reject(stream.name, identity, readable(record), str(refusal), parent_id=parent))
        return
    if gone is not None and "merged_into" in values:
        values["merged_into"] = gone.merged_into
    if gone is None:
        count_unknown(known, content, batch.unknown)
    children: dict[str, ChildRows] = {}
    top = members(row.raw)
    for declared in () if gone else stream.children:  # a listing's stub does not hold the whole lists
        found, unread = find_lists(top, content, declared)
        batch.cleaned.update(f"{declared.table}: no list at `{path}`" for path in unread)
        if not found:
            continue
        rows, rejects = child_rows(declared, identity, found, batch.cleaned)
        batch.rejects += rejects
        received = sum(len(one.texts) for one in found)
        short = any(one.is_cut_off() for one in found)
        if declared.truncated_flag:
            values[declared.truncated_flag] = short or _counted_more(declared, values, received)
        at_cap = declared.cap is not None and received >= declared.cap
        absent = declared.labelled is not None and len(found) < len(declared.paths)
        children[declared.table] = ChildRows(rows, complete=not (short or at_cap or absent or rejects))
    batch.items.append(
        Item(
            identity,
            values.get("updated_at"),
            Row(values, row.raw),
            children,
            fetched_at,
            gone.reason if gone else None,
        )
    )


def _identify(stream: Stream, values: dict[str, Any], parent: str | None) -> str:
    """The record's id; where the API gives none, it is made of the columns that tell records apart."""
    if stream.parent_key is not None:
        values[stream.parent_key] = parent
    if stream.identity != ("id",):
        parts = [values[column] for column in stream.identity]
        if None in parts:
            missing = stream.identity[parts.index(None)]
            raise RefusedError(f"`{missing}`: is missing, and the record has no other id")
        values["id"] = ":".join(p.isoformat() if isinstance(p, datetime) else str(p) for p in parts)
    return values["id"]


def read_row(model: type[Record], text: bytes, where: str, cleaned: Counter[str]) -> Row:
    """Storable text as typed values. Raises RefusedError with the reason."""
    notes: list[str] = []
    try:
        values = vars(model.model_validate_json(text, context=notes.append))
    except ValidationError as error:
        notes.clear()
        if _is_too_deep(error):
            values = _piece_by_piece(model, text, notes)
        else:
            values = _without_unfit(model, text, _unfit_fields(error, model), notes)
    if notes:
        cleaned.update(f"{where}: {note}" for note in notes)
    return Row(values, text)


def _is_too_deep(error: ValidationError) -> bool:
    return any(
        detail["type"] == "json_invalid" and "recursion" in detail["msg"]
        for detail in error.errors(include_input=False, include_url=False, include_context=False)
    )


def _piece_by_piece(model: type[Record], text: bytes, notes: list[str]) -> dict[str, Any]:
    """Reads only the places that the columns are taken from: deep nesting elsewhere does not matter."""
    found: dict[str, Any] = {}
    try:
        top = members(text)
    except ValueError as error:
        raise RefusedError(f"not JSON that can be read: {error}") from None
    for name, field in model.model_fields.items():
        alias = field.validation_alias
        first, *rest = map(str, alias.path) if isinstance(alias, AliasPath) else (str(alias or name),)
        piece = member_at(top[first], tuple(rest)) if first in top else None
        try:
            if piece is not None:
                found[name] = from_json(piece)
        except ValueError:
            notes.append(f"`{name}` left empty, it is nested too deep")
    fitting: list[str] = []
    try:
        values = vars(model.model_validate(found, by_alias=False, by_name=True, context=fitting.append))
    except ValidationError as error:
        fitting.clear()
        for name in sorted(_unfit_fields(error, model)):
            del found[name]
            fitting.append(_left_empty(name))
        values = vars(model.model_validate(found, by_alias=False, by_name=True, context=fitting.append))
    notes += fitting
    return values


def _left_empty(name: str) -> str:
    return f"`{name}` left empty, its value does not fit"


def _without_unfit(model: type[Record], text: bytes, unfit: set[str], notes: list[str]) -> dict[str, Any]:
    try:
        decoded = from_json(text)
        for name in sorted(unfit):
            _leave_out(decoded, model, name)
            notes.append(_left_empty(name))
        return vars(model.model_validate(decoded, context=notes.append))
    except ValidationError as error:
        raise RefusedError(_reason(error)) from None
    except (ValueError, RecursionError) as error:
        raise RefusedError(f"not JSON that can be read: {error}") from None


def _unfit_fields(error: ValidationError, model: type[Record]) -> set[str]:
    """The optional fields that failed; RefusedError when a required one did, or it is no object."""
    names: set[str] = set()
    for detail in error.errors(include_input=False, include_url=False, include_context=False):
        name = str(detail["loc"][0]) if detail["loc"] else ""
        field = model.model_fields.get(name)
        if field is None or field.is_required():
            raise RefusedError(_reason(error))
        names.add(name)
    return names


def _reason(error: ValidationError) -> str:
    details = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(
        f"`{'.'.join(map(str, detail['loc']))}`: {detail['msg']}" if detail["loc"] else detail["msg"]
        for detail in details[:5]
    )


def _leave_out(decoded: Any, model: type[Record], name: str) -> None:
    alias = model.model_fields[name].validation_alias
    path = alias.path if isinstance(alias, AliasPath) else [alias or name]
    for key in path[:-1]:
        decoded = decoded.get(key, {})
    decoded.pop(path[-1], None)  # another column that is read from there may have been left out already


def child_rows(
    declared: Children, parent_id: str, found: Sequence[FoundList], cleaned: Counter[str]
) -> tuple[tuple[Row, ...], list[Reject]]:
    """The elements of these lists as rows, each key once, and those that cannot be rows."""
    rows: dict[Any, Row] = {}
    rejects: list[Reject] = []
    is_plain = declared.labelled is None and declared.numbered is None
    key = itemgetter(*declared.keys)
    for one in found:
        for place, text in enumerate(one.texts, one.first):
            if text.strip() == b"null":
                continue
            if not text.lstrip().startswith(b"{"):
                text = b'{"id":' + text + b"}"
            try:
                row = read_row(declared.model, text, declared.table, cleaned)
            except RefusedError as refusal:
                stub = read_stub(text)
                rejects.append(
                    Reject(
                        declared.table,
                        storable_id(stub.id) if stub else None,
                        readable(text),
                        str(refusal),
                        parent_id=parent_id,
                        label=None if declared.labelled is None else str(one.label),
                        place=None if declared.numbered is None else place,
                    )
                )
                continue
            if not is_plain:
                row = _placed(declared, row, one, place)
            rows[key(row.values)] = row
    return tuple(rows.values()), rejects


def _placed(declared: Children, row: Row, found: FoundList, place: int) -> Row:
    """The row with what its place says of it: which list it stood in, and where."""
    values = dict(row.values)
    if declared.labelled is not None:
        values[declared.labelled] = found.label
    if declared.numbered is not None:
        values[declared.numbered] = place
    return Row(values, row.raw)


def _counted_more(declared: Children, values: dict[str, Any], received: int) -> bool:
    """Whether a list at its cap is short by the API's own count, which includes the opening message."""
    counted = values.get(declared.counted_by) if declared.counted_by else None
    return counted is not None and declared.cap is not None and declared.cap <= received < counted - 1


def storable_id(identity: str) -> str:
    """An id that no row has, as PostgreSQL can hold it; only for people and for quarantine."""
    return identity.replace("\x00", "\ufffd")[:LONGEST_ID]


def readable(text: bytes) -> str:
    """Any bytes as text that PostgreSQL can hold; only for people and for quarantine."""
    return text.decode(errors="replace").replace("\x00", "\ufffd")
