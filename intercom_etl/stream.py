"""How a collection of the API is declared: frozen values, interpreted in one place each.

Endpoint kinds are read by `extract/pages.py`, models by `transform/validate.py`, tables by
`load/merge.py`. A stream never carries code of its own.
"""

from dataclasses import dataclass
from datetime import datetime

from intercom_etl.endpoint import Cursor, Endpoint, Listing, Paged, PerName, PerParent, Scroll
from intercom_etl.export import Datasets, Export
from intercom_etl.record import Record


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
    With `labelled` every path is a list of its own: all of them are put together, each with its
    label of `labels` in that field. `numbered` is the field for the place in the list, from 1, for
    elements that have nothing else to tell them apart.
    `parent_key` is the column with the parent's id, `key` with `key_also` tells siblings apart.
    A list is incomplete when the `has_more` or `total_count` beside it says so, or when it is as
    long as the API's `cap`; stored children that it does not name are then kept. `truncated_flag`
    is the parent's column that says so, `counted_by` a column of the parent with the API's own
    count of the list and the opening message. `rest` is where the API gives a list whole that it
    cut off in the parent, with `{id}` for the parent's id; of one that serves several labelled
    lists, each takes the elements that have its label in the member of that name.
    """

    table: str
    model: type[Record]
    paths: tuple[tuple[str, ...], ...]
    parent_key: str
    key: str = "id"
    key_also: tuple[str, ...] = ()
    keyed_by: str | None = None
    labelled: str | None = None
    labels: tuple[str | bool, ...] = ()
    numbered: str | None = None
    cap: int | None = None
    truncated_flag: str | None = None
    counted_by: str | None = None
    rest: Listing | Paged | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that tell siblings apart."""
        return (self.key, *self.key_also)


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

    def waits_for(self, other: "Stream") -> bool:
        """Whether the other must have been read before, when both are asked for.

        A list by parent needs the parents; and what another stream says is gone need not be looked
        for in the stream's own listing.
        """
        if isinstance(self.endpoint, PerParent) and self.endpoint.parent == other.name:
            return True
        return other.burial is not None and other.burial.table == self.name

    @property
    def follows_parents(self) -> bool:
        """Whether its bookmark is a time of writing: lists are read of the parents written since."""
        endpoint = self.endpoint
        return isinstance(endpoint, PerParent) and not endpoint.each_run and endpoint.span is None

    @property
    def has_whole_lists(self) -> bool:
        """Whether what a parent's list does not name any more is gone."""
        return isinstance(self.endpoint, PerParent) and self.endpoint.whole

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
