"""How much one run may ask of the API: so many requests, so much time. What goes beyond is never sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from intercom_etl.errors import BudgetSpentError

AGAIN = "what was read is saved; run the same command again, it goes on from there"


class Budget:
    """What is left of `requests` and of `runtime`; None is no bound. The time runs from `start`.

    `afterwards` tells whoever has used it up what was kept, and how to go on.
    """

    def __init__(
        self, requests: int | None = None, runtime: timedelta | None = None, *, afterwards: str = AGAIN
    ) -> None:
        self._afterwards = afterwards
        self._requests = requests
        self._runtime = runtime
        self._taken = 0
        self._ends: float | None = None

    def start(self) -> None:
        """From now on the time counts; needs a running loop."""
        if self._runtime is not None and self._ends is None:
            self._ends = asyncio.get_running_loop().time() + self._runtime.total_seconds()

    def take(self, request: str) -> None:
        """Counts one request that is about to be sent. Raises BudgetSpentError when there is none left."""
        if self._requests is not None and self._taken >= self._requests:
            spent = (
                "the 1 request of this run is used up"
                if self._requests == 1
                else f"the {self._requests:,} requests of this run are used up"
            )
            raise BudgetSpentError(spent, self._afterwards, request=request)
        self._taken += 1

    @asynccontextmanager
    async def time(self, request: str) -> AsyncIterator[None]:
        """Ends the block when the time is over, waiting included, with BudgetSpentError."""
        limit = asyncio.timeout_at(self._ends)
        try:
            async with limit:
                yield
        except TimeoutError as error:
            if limit.expired():
                raise BudgetSpentError(
                    "the time of this run is over", self._afterwards, request=request
                ) from error
            raise
