"""How an export of the API is declared: a job that writes CSV files. Read by `extract/export.py`."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Files:
    """An export that is one CSV file a statistic; a row is told what it counts in member `statistic`.

    That is the name of its file, without the time in it. Rows of the files named in `keyed` are told
    apart by their column `key`, rows of all others by everything that they say. The first of `keyed`
    is also the name of a file that comes without one.
    """

    keyed: tuple[str, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Datasets:
    """An export of one dataset at a time: of each that the user names in `setting`.

    GET `path` lists all with their attributes, which are all asked for. The name goes into column
    `name_key`. A row is known by the dataset's own id (`conversation_id` of `conversation`), where
    there is one, else by everything that it says. Member `occurred_at` is its time.
    """

    setting: str
    path: str
    name_key: str


@dataclass(frozen=True, slots=True)
class Export:
    """Rows of CSV files that a job of the API writes: each becomes an object with a `record_key`.

    POST `path` starts a job for a span of time, whose two ends go into the members `span` of the
    body; GET `status` tells when it is done, GET `download` gives the files, POST `cancel` ends it
    early; `{job}` is its id. One job is for `step` at most. Jobs overlap by `settle`, and the first
    begins that much before the window: what becomes of a row later is only seen when its own time is
    in the span as well. A first run goes back by `first`, unless it is told how far.
    """

    path: str
    status: str
    download: str
    span: tuple[str, str]
    rows: Files | Datasets
    step: timedelta
    settle: timedelta
    first: timedelta
    cancel: str | None = None
