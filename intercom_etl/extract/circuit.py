"""Knows when the API is down for everybody, so that a run ends in minutes and not in hours.

One request alone is patient for minutes. When several have given up and none was answered in
between, the trouble is not theirs: from then on a single attempt now and then looks whether the
API is back, and all other requests fail at once.
"""

from time import monotonic

from intercom_etl.errors import ApiDownError, RetriableApiError

GAVE_UP = 3


class Circuit:
    """Open once nothing was answered for `silence` seconds; twice in that time it looks again."""

    def __init__(self, silence: float) -> None:
        self._silence = silence
        self._good_at = monotonic()
        self._looked_at = float("-inf")
        self._gave_up: RetriableApiError | None = None
        self._count = 0

    @property
    def is_open(self) -> bool:
        """Whether requests have to be impatient."""
        return self._count >= GAVE_UP and monotonic() - self._good_at >= self._silence

    def enter(self) -> None:
        """Before a request. Raises ApiDownError while the API is down, but for a look now and then."""
        if not self.is_open:
            return
        if monotonic() - self._looked_at < self._silence / 2:
            raise self.down()
        self._looked_at = monotonic()

    def answered(self) -> None:
        """The API has answered a request, whatever it said of it."""
        self._good_at, self._count, self._gave_up = monotonic(), 0, None

    def gave_up(self, error: RetriableApiError) -> None:
        """A request has used up all of its patience. A refusal for rate is an answer of the API."""
        if error.status == 429:
            return
        self._gave_up, self._count = error, self._count + 1

    def down(self) -> ApiDownError:
        """The error of requests that are not sent any more."""
        last = self._gave_up
        if last is None:
            raise RuntimeError("asked why the API is down while it is not")
        return ApiDownError(
            f"the api does not answer any more, and is not asked further in this run: {last.message}",
            last.hint or "what was read is saved; run the same command again later",
            request=last.request,
            request_id=last.request_id,
            code="api_down",
        )
