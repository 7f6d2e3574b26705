"""The ways in which Intercom gives out a collection: frozen values, read by `extract/pages.py`."""

from dataclasses import dataclass
from typing import Literal

from intercom_etl.export import Export

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
    """GET list with a cursor in the query string; `params` go along with every request.

    `style` "pages": the cursor comes in `pages.next` and goes back as `starting_after`; "flat": it
    comes as `next_cursor` beside `has_more` and goes back as `cursor`.
    """

    path: str
    key: str = "data"
    page_size: int = 150
    params: Params = ()
    style: Literal["pages", "flat"] = "pages"


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
    """GET that answers the whole collection at once.

    `each` are parameters whose answers make up the collection only together: one request each.
    """

    path: str
    key: str = "data"
    params: Params = ()
    each: tuple[Params, ...] = ((),)


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
class Together:
    """POST that answers with the lists of several parents at once, `at_once` of them at most.

    Their ids go into the member `field` of the body; `of` is the member of a record that says whose
    list it stands in.
    """

    path: str
    field: str
    of: str
    at_once: int
    key: str = "data"


EachList = Listing | Paged | Cursor | Linked | Together


@dataclass(frozen=True, slots=True)
class PerParent:
    """One list for each record of another stream: one request or more a parent.

    `each` is that list, with `{id}` for the parent's id, which goes into column `parent_key`;
    `parent_id` is the column of the parent that has this id. `whole`: what a parent's list does not
    name any more is gone. A list that forgets (events older than 90 days) is not whole. `where` is a
    JSON path in the stored parent: those with `nothing` there have no list worth asking for.
    Lists are asked for again when their parent was written since; `each_run` asks for all of them
    every time, for few parents that do not show a change. `span` does so too, where a list is a log:
    these are the parameters for the two ends of the window, in unix seconds.
    """

    parent: str
    each: EachList
    parent_key: str
    whole: bool = True
    where: tuple[str, ...] = ()
    nothing: str = "0"
    parent_id: str = "id"
    each_run: bool = False
    span: tuple[str, str] | None = None

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
