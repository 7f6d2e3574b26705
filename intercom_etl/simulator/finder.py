"""Runs searches on a workspace, and remembers their results until something changes."""

import json
from collections import OrderedDict
from typing import Any

from intercom_etl.simulator.contacts import view_contact
from intercom_etl.simulator.keyset import Key
from intercom_etl.simulator.refusal import RefusalError
from intercom_etl.simulator.search import Dialect, Predicate, compile_query
from intercom_etl.simulator.search_fields import Field, find_field
from intercom_etl.simulator.workspace import Workspace

Record = dict[str, Any]

REMEMBERED = 16
ORDERS = ("ascending", "descending")


class Finder:
    """Sorted keys of the records that fit a query; a quiet workspace is searched once, not once a page."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._results: OrderedDict[str, list[Key]] = OrderedDict()

    def find(self, dialect: Dialect, query: object, sort_field: str) -> list[Key]:
        """Keys in ascending order. `query` None means everything."""
        field = find_field(dialect.kind, sort_field)
        predicate = None if query is None else compile_query(query, dialect)
        collection = getattr(self._workspace, dialect.kind)
        name = json.dumps([repr(dialect), collection.version, query, sort_field], sort_keys=True)
        if name not in self._results:
            self._results[name] = self._search(dialect.kind, predicate, sort_field, field)
            if len(self._results) > REMEMBERED:
                self._results.popitem(last=False)
        self._results.move_to_end(name)
        return self._results[name]

    def _search(self, kind: str, predicate: Predicate | None, sort_field: str, field: Field) -> list[Key]:
        collection = getattr(self._workspace, kind)
        blank: Any = 0 if field.type in ("date", "integer", "boolean") else ""
        keys: list[Key] = []
        for record_id in collection:
            row = _Row(self._workspace, kind, record_id)
            if predicate is None or predicate(row.read):
                value = row.read(sort_field, field)
                keys.append((blank if value is None else value, record_id))
        keys.sort()
        return keys


class _Row:
    """One record under the predicate: times are at hand, everything else has to be made first."""

    __slots__ = ("_id", "_kind", "_record", "_workspace")

    def __init__(self, workspace: Workspace, kind: str, record_id: str) -> None:
        self._workspace = workspace
        self._kind = kind
        self._id = record_id
        self._record: Record | None = None

    def read(self, name: str, field: Field) -> Any:
        if name == "id":
            return self._id
        if name in ("updated_at", "created_at"):
            collection = getattr(self._workspace, self._kind)
            return (collection.updated if name == "updated_at" else collection.created)[self._id]
        if self._record is None:
            self._record = self._make()
        return field.read(self._record)

    def _make(self) -> Record:
        workspace = self._workspace
        match self._kind:
            case "contacts":
                state = workspace.contacts.state(self._id)
                return {**view_contact(state, cap=None), "_segments": state.segments}
            case "conversations":
                return workspace.conversations.state(self._id).fields
            case _:
                return workspace.tickets.state(self._id)


def read_sort(body: Record, default_field: str = "updated_at") -> tuple[str, bool]:
    """Field and whether it descends; searches descend unless told otherwise."""
    sort = body.get("sort")
    if not isinstance(sort, dict):
        return default_field, True
    order = sort.get("order", "descending")
    if order not in ORDERS:
        raise RefusalError(
            400, "invalid_sort_order", f"Invalid sort order '{order}'. Must be one of: ascending, descending"
        )
    return sort.get("field", default_field), order == "descending"
