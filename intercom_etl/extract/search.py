"""Reads a search: POST, cursor in the body, ascending `updated_at`, the upper bound frozen."""

import logging
from collections.abc import AsyncGenerator

from intercom_etl.endpoint import Search
from intercom_etl.errors import ApiError, FatalApiError, RetriableApiError
from intercom_etl.extract.client import Answer, IntercomClient
from intercom_etl.extract.cursors import next_cursor
from intercom_etl.extract.failures import CUT_OFF, TIMED_OUT, TOO_LARGE
from intercom_etl.extract.listed import Listed, ListedRecord, ListingReader, Order
from intercom_etl.window import Window

logger = logging.getLogger(__name__)

# A date is cut down to the start of its day in the workspace's zone, and `>` begins with the next
# day: 25 hours, since that is how long the day is when clocks go back.
DAY_OVERLAP = 90_000
TRIES_BEFORE_SMALLER = 3
GOOD_BEFORE_LARGER = 4
SLOW_SHARE = 0.4  # of what one request may take


class _PageSize:
    """Halves when a page is too heavy for the API to answer, and grows back once many were not."""

    def __init__(self, full: int) -> None:
        self._full = self._ceiling = full
        self._good = 0
        self.now = full

    def shrink(self) -> None:
        self.now = self._ceiling = max(1, self.now // 2)
        self._good = 0

    def grow(self) -> None:
        self._good += 1
        if self._good % GOOD_BEFORE_LARGER == 0:
            self._ceiling = min(self._full, self._ceiling * 2)
        self.now = self._ceiling


async def read_search(client: IntercomClient, endpoint: Search, window: Window) -> AsyncGenerator[Listed]:
    """Pages of the window. A window of days is read from further back; the surplus is dropped."""
    request = f"POST {endpoint.path}"
    reader = ListingReader(request, endpoint.key)
    order = Order(request, window.end)
    size = _PageSize(endpoint.page_size)
    cursor: str | None = None
    while True:
        answer = await _ask(client, endpoint, window, cursor, size)
        listed = reader.read(answer)
        placed = order.place(listed.records)
        past_end = endpoint.granularity == "day" and order.holds and _is_past(placed, window)
        if not past_end:  # there, the same busy record may well come again and again
            reader.remember(listed, answer)
        if endpoint.granularity == "day":
            placed = tuple(record for record in placed if not _is_before(record, window))
        yield Listed(placed, listed.fetched_at, listed.total)
        cursor = next_cursor(answer)
        if cursor is None or past_end:
            return
        reader.follow(cursor, "cursor", answer)


async def _ask(
    client: IntercomClient, endpoint: Search, window: Window, cursor: str | None, size: _PageSize
) -> Answer:
    """One page, in the largest size in which the API can give it."""
    patient = False
    while True:
        body = _body(endpoint, window, cursor, size.now)
        tries = None if patient or size.now == 1 else min(TRIES_BEFORE_SMALLER, client.config.max_attempts)
        try:
            answer = await client.post(endpoint.path, body, attempts=tries)
        except (RetriableApiError, FatalApiError) as error:
            if size.now > 1 and _is_about_size(error):
                size.shrink()
                logger.warning("%s: asking for %d records a page", error.message, size.now)
                continue
            is_final = not isinstance(error, RetriableApiError) or error.status == 429
            if patient or size.now == 1 or is_final:
                raise
            patient = True
            continue
        if answer.seconds > SLOW_SHARE * client.config.request_timeout:
            size.shrink()  # before it takes so long that there is no answer at all
        else:
            size.grow()
        return answer


def _is_about_size(error: ApiError) -> bool:
    """Whether a smaller page may be answered: the server broke or gave up, or it is too much."""
    if error.status is not None and (error.status >= 500 or error.status == 408):
        return True
    return error.code in (TIMED_OUT, CUT_OFF, TOO_LARGE)


def _body(endpoint: Search, window: Window, cursor: str | None, per_page: int) -> dict[str, object]:
    pagination: dict[str, object] = {"per_page": per_page}
    if cursor is not None:
        pagination["starting_after"] = cursor
    return {
        "query": _query(endpoint, window),
        "pagination": pagination,
        "sort": {"field": "updated_at", "order": "ascending"},
    }


def _query(endpoint: Search, window: Window) -> dict[str, object]:
    """Bounds that hold the window whether `>` means "greater" or, as documented, "or equal"."""
    start = None if window.start is None else int(window.start.timestamp())
    if endpoint.granularity == "day":  # no upper bound: `<` now would leave out all of today
        return compare(">", 0 if start is None else start - DAY_OVERLAP)
    lower = compare(">", 0 if start is None else start - 1)
    upper = compare("<", int(window.end.timestamp()) + 1)
    return {"operator": "AND", "value": [lower, upper]}


def compare(operator: str, seconds: int) -> dict[str, object]:
    """A condition on `updated_at` as the body of a search has it."""
    return {"field": "updated_at", "operator": operator, "value": seconds}


def _is_before(record: ListedRecord, window: Window) -> bool:
    seconds = record.stub.updated_at if record.stub is not None else None
    return window.start is not None and seconds is not None and seconds < int(window.start.timestamp())


def _is_past(records: tuple[ListedRecord, ...], window: Window) -> bool:
    """Whether all records changed after the window's end: one with a wrong date must not end it."""
    seconds = [record.stub.updated_at if record.stub is not None else None for record in records]
    end = window.end.timestamp()
    return bool(seconds) and all(moment is not None and moment > end for moment in seconds)
