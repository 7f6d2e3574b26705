"""How a collection of the API is declared: frozen values, interpreted in one place each.

Endpoint kinds are read by `extract/pages.py`, models by `transform/validate.py`, tables by
`load/merge.py`. A stream never carries code of its own.
"""

from dataclasses import dataclass
from typing import Literal

from intercom_etl.record import Record


@dataclass(frozen=True, slots=True)
class Search:
    """POST search, cursor in the body, sorted ascending by `updated_at`, upper bound frozen.

    `granularity` "day": API <= 2.16 cuts dates of contact searches down to days of the
    workspace's time zone, so the reader asks for more and drops the surplus itself.
    """

    path: str
    key: str
    page_size: int = 150
    granularity: Literal["second", "day"] = "second"


@dataclass(frozen=True, slots=True)
class Cursor:
    """GET list with `starting_after` in the query string."""

    path: str
    key: str = "data"
    page_size: int = 150


@dataclass(frozen=True, slots=True)
class Paged:
    """GET list by page number."""

    path: str
    key: str = "data"
    page_size: int = 50


@dataclass(frozen=True, slots=True)
class Scroll:
    """GET scroll: 100 a page, one open scroll a workspace, starts again from zero after trouble."""

    path: str
    key: str = "data"


@dataclass(frozen=True, slots=True)
class Listing:
    """GET that answers the whole collection at once."""

    path: str
    key: str = "data"


Endpoint = Search | Cursor | Paged | Scroll | Listing


@dataclass(frozen=True, slots=True)
class Children:
    """A list inside a record that has a table of its own; the whole list is replaced with the record.

    `paths` are the places where the list may stand, first one present counts: a list that is
    absent says nothing, so stored children stay; an empty or null one says that there are none.
    An element that is a bare id stands for `{"id": ...}`.
    `parent_key` is the column with the parent's id, `key` the one that tells siblings apart.
    A list is incomplete when the `has_more` or `total_count` beside it says so, or when it is as
    long as the API's `cap`; stored children that it does not name are then kept. `truncated_flag`
    is the parent's column that says so, `counted_by` a column of the parent with the API's own
    count of the list and the opening message. `rest` is where the API gives a list whole that it
    cut off in the parent, with `{id}` for the parent's id.
    """

    table: str
    model: type[Record]
    paths: tuple[tuple[str, ...], ...]
    parent_key: str
    key: str = "id"
    cap: int | None = None
    truncated_flag: str | None = None
    counted_by: str | None = None
    rest: Listing | Paged | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """One collection of the API and the tables that it fills.

    `detail` is the address of one record (`/conversations/{id}`) when the listing does not give
    it whole. `replication_key` orders changes, None for collections that are read whole each time.
    `permission` is the tick box in Intercom's Developer Hub.
    """

    name: str
    title: str
    permission: str
    model: type[Record]
    endpoint: Endpoint
    replication_key: str | None = None
    detail: str | None = None
    children: tuple[Children, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table in schema `intercom` that this stream fills, its own first."""
        return (self.name, *(child.table for child in self.children))
