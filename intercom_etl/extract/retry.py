"""How long and how often a request is tried again; tenacity does the looping.

Refusals for rate (429) are counted apart: the request was not processed, so it says nothing about
the request, and a busy neighbour must not make a record look unreadable.
"""

import logging
import random
from dataclasses import dataclass

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from intercom_etl.errors import RetriableApiError
from intercom_etl.extract.circuit import Circuit
from intercom_etl.extract.config import ClientConfig, ClientStats

logger = logging.getLogger(__name__)

REFUSALS_PER_ATTEMPT = 4


@dataclass(slots=True)
class Patience:
    """The memory of one request: how often it failed, how often it was refused for rate."""

    config: ClientConfig
    stats: ClientStats
    attempts: int
    circuit: Circuit
    failures: int = 0
    refusals: int = 0

    def retrying(self) -> AsyncRetrying:
        """A fresh loop: tenacity's own objects keep state that tasks must not share."""
        return AsyncRetrying(
            retry=retry_if_exception_type(RetriableApiError),
            wait=self._wait,
            stop=self._is_enough,
            before_sleep=self._note,
            retry_error_callback=self._give_up,
        )

    def _wait(self, state: RetryCallState) -> float:
        error = _error_of(state)
        step = min(self.config.backoff_base * 2 ** min(state.attempt_number - 1, 30), self.config.backoff_cap)
        jitter = random.uniform(0.5, 1.0) * step  # noqa: S311 - spreads retries, guards nothing
        if error.retry_after is None:
            return jitter
        return error.retry_after + min(jitter, self.config.backoff_base)  # not all at once afterwards

    def _is_enough(self, state: RetryCallState) -> bool:
        if _error_of(state).status == 429:
            self.refusals += 1
        else:
            self.failures += 1
        late = (state.seconds_since_start or 0.0) + state.upcoming_sleep > self.config.max_retry_seconds
        refused = self.refusals >= self.config.max_attempts * REFUSALS_PER_ATTEMPT
        return late or refused or self.failures >= self.attempts or self.circuit.is_open

    def _note(self, state: RetryCallState) -> None:
        error = _error_of(state)
        self.stats.retries += 1
        self.stats.waited_seconds += state.upcoming_sleep
        answer = error.status or error.code
        logger.info(
            "retry of `%s` in %.1f s: answered %s, attempt %d, request id %s",
            error.request, state.upcoming_sleep, answer, state.attempt_number, error.request_id,
            extra={"request_id": error.request_id},
        )  # fmt: skip

    def _give_up(self, state: RetryCallState) -> None:
        error = _error_of(state)
        if self.attempts >= self.config.max_attempts:  # who asks for less has another way to go on
            self.circuit.gave_up(error)
        if self.circuit.is_open:
            raise self.circuit.down() from error
        if state.attempt_number == 1:
            raise error
        raise RetriableApiError(
            f"{error.message}; gave up after {state.attempt_number} attempts",
            error.hint,
            request=error.request,
            status=error.status,
            request_id=error.request_id,
            code=error.code,
            retry_after=error.retry_after,
        ) from error


def _error_of(state: RetryCallState) -> RetriableApiError:
    error = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(error, RetriableApiError):
        raise TypeError("asked about an attempt that has not failed")
    return error
