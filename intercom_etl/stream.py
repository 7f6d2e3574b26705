"""How a collection of the API is declared: frozen values, interpreted in one place each.

Endpoint kinds are read by `extract/pages.py`, models by `transform/validate.py`, tables by
`load/merge.py`. A stream never carries code of its own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from intercom_etl.export import Datasets, Export
from intercom_etl.record import Record

Params = tuple[tuple[str, str], ...]


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
    """GET list with `starting_after` in the query string; `params` go along with every request."""

    path: str
    key: str = "data"
    page_size: int = 150
    params: Params = ()


@dataclass(frozen=True, slots=True)
class Paged:
    """GET list by page number.

    `newest_first` is the time that the list descends by, for lists that need not be read to their
    end: the reader stops at the first page that is older than its window.
    """

    path: str
    key: str = "data"
    page_size: int = 50
    params: Params = ()
    newest_first: str | None = None


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
    params: Params = ()


@dataclass(frozen=True, slots=True)
class Linked:
    """GET list whose next page is the query of the address in `pages.next`; its host is never used."""

    path: str
    key: str = "data"
    params: Params = ()


@dataclass(frozen=True, slots=True)
class Log:
    """POST search of an append-only log between two times of `created_at`, by page number.

    The span is read in steps, oldest first, since the API refuses or forgets long ones.
    """

    path: str
    key: str
    page_size: int


@dataclass(frozen=True, slots=True)
class PerParent:
    """One list for each record of another stream: one request or more a parent.

    `each` is that list, with `{id}` for the parent's id, which goes into column `parent_key`.
    `whole`: what a parent's list does not name any more is gone. A list that forgets (events older
    than 90 days) is not whole. `where` is a JSON path of a count in the stored parent: those with
    0 there have no list worth asking for.
    """

    parent: str
    each: "Listing | Paged | Cursor | Linked"
    parent_key: str
    whole: bool = True
    where: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Where one parent's list is."""
        return self.each.path


@dataclass(frozen=True, slots=True)
class PerName:
    """One list for each name that the user sets, since the API cannot tell which there are.

    `{id}` in `each` is the name, which goes into column `name_key`.
    """

    setting: str
    each: Paged
    name_key: str

    @property
    def path(self) -> str:
        """Where the list of one name is."""
        return self.each.path


ListEndpoint = Cursor | Paged | Scroll | Listing | Linked
Endpoint = Search | ListEndpoint | Log | PerParent | PerName | Export


@dataclass(frozen=True, slots=True)
class Confirm:
    """How to make sure that a record which is not listed any more is gone: GET `address`.

    404 means deleted, 410 merged into another. `unlisted` is what it means when the record is
    still there and yet not listed (None: nothing).
    """

    address: str
    unlisted: str | None = None


@dataclass(frozen=True, slots=True)
class Burial:
    """The records of a stream say that the records of `table` with the same ids are gone.

    `at` is the column that says since when, `reason` goes into `deletion_reason`.
    """

    table: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True)
class Children:
    """A list inside a record that has a table of its own; the whole list is replaced with the record.

    `paths` are the places where the list may stand, first one present counts: a list that is
    absent says nothing, so stored children stay; an empty or null one says that there are none.
    An element that is a bare id stands for `{"id": ...}`. With `keyed_by` the list is an object,
    and the names of its members (languages, say) go into that field of the elements.
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
    keyed_by: str | None = None
    cap: int | None = None
    truncated_flag: str | None = None
    counted_by: str | None = None
    rest: Listing | Paged | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """One collection of the API and the tables that it fills.

    `detail` is the address of one record (`/conversations/{id}`) when the listing does not give
    it whole. `replication_key` orders changes, None for collections that are read whole each time.
    `permission` is the tick box in Intercom's Developer Hub. `identity` names the columns that
    make up `id` where the API gives no id of its own. `optional` says what the stream costs, when
    that is so much that it must be asked for. `confirm` is how a vanished record is told from one
    that a listing left out; without it a whole listing is believed.
    """

    name: str
    title: str
    permission: str
    model: type[Record]
    endpoint: Endpoint
    replication_key: str | None = None
    detail: str | None = None
    children: tuple[Children, ...] = ()
    identity: tuple[str, ...] = ("id",)
    optional: str | None = None
    confirm: Confirm | None = None
    burial: Burial | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table in schema `intercom` that this stream fills, its own first."""
        return (self.name, *(child.table for child in self.children))

    @property
    def after(self) -> str | None:
        """The stream that must have been read before, when both are asked for."""
        if isinstance(self.endpoint, PerParent):
            return self.endpoint.parent
        return self.burial.table if self.burial else None

    @property
    def parent_key(self) -> str | None:
        """The column that the reader fills and not the record: whose list the record stands in."""
        match self.endpoint:
            case PerParent(parent_key=key) | PerName(name_key=key) | Export(rows=Datasets(name_key=key)):
                return key
            case _:
                return None

    @property
    def setting(self) -> str | None:
        """The setting whose names the stream is read by."""
        match self.endpoint:
            case PerName(setting=setting) | Export(rows=Datasets(setting=setting)):
                return setting
            case _:
                return None

    def begins(self, now: datetime) -> datetime | None:
        """Where a first run starts that is not told how far to go back; None: at the beginning."""
        return now - self.endpoint.first if isinstance(self.endpoint, Export) else None

    @property
    def is_whole(self) -> bool:
        """Whether each run reads the whole collection, so that what is missing from it is gone."""
        match self.endpoint:
            case Listing() | Cursor() | Scroll() | PerName():
                return True
            case Paged(newest_first=field):
                return field is None
            case _:
                return False
