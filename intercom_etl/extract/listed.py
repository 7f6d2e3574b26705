"""One page of a listing before anything is fetched in addition, and the guards that every kind needs.

A paging bug of another tool once read the same page for three days (2 TB): a cursor, a page number
or a page that comes twice ends the stream here, and so do records that come again and again.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from intercom_etl.errors import FatalApiError
from intercom_etl.extract.config import Answer
from intercom_etl.extract.failures import clean
from intercom_etl.extract.fields import integer_at
from intercom_etl.json_text import elements, read_stub
from intercom_etl.page import Page, Stub
from intercom_etl.privacy.addresses import without_addresses

logger = logging.getLogger(__name__)

EMPTY_IN_A_ROW = 10  # empty pages that still announce a next one
TOTAL_FACTOR, TOTAL_SLACK = 1.5, 1_000  # records that change while being read come twice
SAMPLE, TIMES_AGAIN = 500, 3
FIRST_SPAN = 4_000  # records that a sample is compared with; each later span is twice as long

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ListedRecord:
    """A record as a listing shows it. `position` is how far an ordered stream is read with it."""

    text: bytes
    stub: Stub | None
    position: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """The records of one answer, in its order, less those that the caller did not ask for."""

    records: tuple[ListedRecord, ...]
    fetched_at: datetime
    total: int | None

    def page(self) -> Page:
        """The same as a finished page, for streams whose listing gives whole records."""
        position = self.records[-1].position if self.records else None
        texts = tuple(record.text for record in self.records)
        return Page(texts, self.fetched_at, position=position, total=self.total)


class ListingReader:
    """Cuts the answers of one listing into records, and stops a listing that goes in circles."""

    def __init__(self, request: str, key: str) -> None:
        self._request = without_addresses(request)
        self._key = key
        self._cursors: set[str | int] = set()
        self._pages: set[bytes] = set()
        self._sample: set[Stub | bytes] = set()
        self._repeats, self._compared, self._span = 0, 0, FIRST_SPAN
        self._fetched = 0
        self._has_warned = False
        self._empty = 0

    def read(self, answer: Answer) -> Listed:
        """The page in an answer; FatalApiError when it is none, or one too many."""
        texts = self._texts(answer)
        records = tuple(ListedRecord(text, read_stub(text)) for text in texts)
        total = integer_at(answer.members, "total_count")
        self._fetched += len(records)
        self._empty = 0 if records else self._empty + 1
        if self._empty > EMPTY_IN_A_ROW:
            raise self._stop(f"{self._empty} empty pages in a row", answer)
        self._watch_total(total)
        return Listed(records, answer.fetched_at, total)

    def _watch_total(self, total: int | None) -> None:
        """A total that is too low is the API's mistake: what comes counts."""
        if total is None or self._has_warned or self._fetched <= total * TOTAL_FACTOR + TOTAL_SLACK:
            return
        self._has_warned = True
        logger.warning("`%s` gave %d records of a total of %d", self._request, self._fetched, total)

    def remember(self, listed: Listed, answer: Answer) -> None:
        """Raises FatalApiError when what was read comes again.

        That is a page with the same records as another, or some records, unchanged, again and again
        among others. From span to span other records are looked out for (Brent's way to find a cycle):
        a circle need not lead back to the beginning, and is found within a few rounds.
        """
        if not listed.records:
            return
        for record in listed.records:
            self._compare(record.stub or record.text)
        if self._repeats > TIMES_AGAIN * SAMPLE:
            raise self._stop(f"the same {len(self._sample)} records again and again", answer)
        digest = blake2b(digest_size=16)
        for record in listed.records:
            stub = record.stub
            digest.update(record.text if stub is None else f"{stub.id} {stub.updated_at}\n".encode())
        if digest.digest() in self._pages:
            raise self._stop("the same page again", answer)
        self._pages.add(digest.digest())

    def _compare(self, record: Stub | bytes) -> None:
        if self._compared == self._span:
            self._sample.clear()
            self._repeats, self._compared, self._span = 0, 0, 2 * self._span
        self._compared += 1
        if record in self._sample:
            self._repeats += 1
        elif len(self._sample) < SAMPLE:
            self._sample.add(record)

    def follow(self, cursor: str | int, what: str, answer: Answer) -> None:
        """Raises FatalApiError when a cursor or page number has been used before."""
        if cursor in self._cursors:
            raise self._stop(f"{what} `{clean(str(cursor))}` again", answer)
        self._cursors.add(cursor)

    def _texts(self, answer: Answer) -> list[bytes]:
        if answer.is_list:
            return elements(answer.body)
        found = answer.members.get(self._key)
        keys = ", ".join(f"`{clean(key)}`" for key in list(answer.members)[:10]) or "nothing"
        if found is None:
            raise self._unexpected(f"has no `{self._key}` (it has {keys})", answer)
        try:
            return elements(found)
        except ValueError as error:
            raise self._unexpected(f"has something else than a list in `{self._key}`", answer) from error

    def _unexpected(self, what: str, answer: Answer) -> FatalApiError:
        return FatalApiError(
            f"answer to `{self._request}` {what}",
            "check INTERCOM_API_VERSION",
            request=self._request,
            status=answer.status,
            request_id=answer.request_id,
        )

    def _stop(self, what: str, answer: Answer) -> FatalApiError:
        return FatalApiError(
            f"`{self._request}` goes in circles: {what}",
            "nothing read so far is wrong; report this with the request id",
            request=self._request,
            status=answer.status,
            request_id=answer.request_id,
        )


class Order:
    """Watches whether a stream really comes in ascending `updated_at`, and says how far it got."""

    def __init__(self, request: str, end: datetime) -> None:
        self._request = request
        self._end = end
        self._newest: int | None = None
        self.holds = True

    def place(self, records: Sequence[ListedRecord]) -> tuple[ListedRecord, ...]:
        """The records with their positions: None for ever once one came out of order."""
        return tuple(ListedRecord(r.text, r.stub, self._position(r.stub)) for r in records)

    def _position(self, stub: Stub | None) -> datetime | None:
        seconds = stub.updated_at if stub is not None else None
        if self.holds and seconds is not None:
            if self._newest is not None and seconds < self._newest:
                self.holds = False
                logger.warning(
                    "`%s` is not sorted by updated_at: an interrupted run will read this window again",
                    self._request,
                )
            self._newest = seconds
        if not self.holds or self._newest is None:
            return None
        try:
            return min(_EPOCH + timedelta(seconds=self._newest), self._end)
        except OverflowError:  # a time beyond the year 9999 is not before the end either
            return self._end
