"""Collects whole records until they make a page worth a transaction."""

from datetime import datetime

from intercom_etl.page import Gone, Page, Unavailable

FULL_RECORDS = 150  # the page size of the API: one merge of 150 takes milliseconds
FULL_BYTES = 8 * 1024 * 1024  # conversations may have 500 parts; as rows they take ten times the bytes
FULL_SKIPPED = 1_500  # a run that finds nothing new shall show progress too


class PageBuilder:
    """A page in the making. `advance` follows every record, whatever became of it."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._records: list[bytes] = []
        self._gone: list[Gone] = []
        self._unavailable: list[Unavailable] = []
        self._current: list[str] = []
        self._parents: list[str] = []
        self._whole: list[str] = []
        self._bytes = 0
        self._fetched_at: datetime | None = None
        self._seen_at: datetime | None = None
        self._position: datetime | None = None
        self._total: int | None = None

    def add(self, record: bytes, fetched_at: datetime) -> None:
        """A whole record."""
        self._records.append(record)
        self._note(len(record), fetched_at)

    def add_list(self, parent: str, records: list[bytes], fetched_at: datetime) -> None:
        """All records of one parent's list."""
        for record in records:
            self.add(record, fetched_at)
            self._parents.append(parent)
        self._whole.append(parent)
        self._note(0, fetched_at)

    def add_gone(self, gone: Gone, fetched_at: datetime) -> None:
        """A record that was listed and is not there any more."""
        self._gone.append(gone)
        self._note(len(gone.stub), fetched_at)

    def add_unavailable(self, unavailable: Unavailable, fetched_at: datetime) -> None:
        """A record that could not be read."""
        self._unavailable.append(unavailable)
        self._note(len(unavailable.stub), fetched_at)

    def skip(self, identity: str) -> None:
        """A record whose listed version is held already."""
        self._current.append(identity)

    def advance(self, seen_at: datetime, position: datetime | None, total: int | None) -> None:
        """How far the listing is dealt with: `position` of the last record that was added."""
        self._seen_at = self._seen_at or seen_at
        self._position = position
        self._total = total

    def _note(self, size: int, fetched_at: datetime) -> None:
        """The page is as new as the oldest thing in it."""
        self._bytes += size
        self._fetched_at = fetched_at if self._fetched_at is None else min(self._fetched_at, fetched_at)

    @property
    def is_full(self) -> bool:
        """Whether to take the page before adding more."""
        count = len(self._records) + len(self._gone) + len(self._unavailable)
        idle = max(len(self._current), len(self._whole))
        return count >= FULL_RECORDS or self._bytes >= FULL_BYTES or idle >= FULL_SKIPPED

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to take, not even a count."""
        return self._seen_at is None and self._fetched_at is None

    def take(self) -> Page:
        """The page, and an empty builder. Raises ValueError when nothing was added."""
        fetched_at = self._fetched_at or self._seen_at
        if fetched_at is None:
            raise ValueError("page without anything in it")
        page = Page(
            records=tuple(self._records),
            fetched_at=fetched_at,
            gone=tuple(self._gone),
            unavailable=tuple(self._unavailable),
            position=self._position,
            current=tuple(self._current),
            total=self._total,
            parents=tuple(self._parents),
            whole=tuple(self._whole),
        )
        self._clear()
        return page
