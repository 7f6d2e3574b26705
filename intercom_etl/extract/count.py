"""Asks how many records a collection has, with the smallest request that says so."""

from datetime import datetime

from intercom_etl.endpoint import Search
from intercom_etl.errors import FatalApiError
from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.fields import integer_at
from intercom_etl.extract.search import compare
from intercom_etl.window import Window


async def count_records(client: IntercomClient, endpoint: Search) -> int | None:
    """The API's own count of everything that the search finds; None when it does not say."""
    return await _count(client, endpoint, compare(">", 0))


class Counter:
    """Counts the records of windows, both ends inclusive, by whole seconds of `updated_at`."""

    def __init__(self, client: IntercomClient, endpoint: Search) -> None:
        self._client = client
        self._endpoint = endpoint
        self._includes_equal = False

    async def calibrate(self, moment: datetime) -> None:
        """Finds out whether `>` means "or equal" here. `moment` has records, the second before it none."""
        second = int(moment.timestamp())
        at = await self._ask(compare(">", second))
        before = await self._ask(compare(">", second - 1))
        self._includes_equal = at == before

    async def count(self, window: Window) -> int:
        """Records of the window. Raises FatalApiError when the API does not count them."""
        first = 0 if window.start is None else int(window.start.timestamp())
        last = int(window.end.timestamp())
        slack = 0 if self._includes_equal else 1
        return await self._ask(
            {"operator": "AND", "value": [compare(">", first - slack), compare("<", last + slack)]}
        )

    async def _ask(self, query: dict[str, object]) -> int:
        counted = await _count(self._client, self._endpoint, query)
        if counted is None:
            request = f"POST {self._endpoint.path}"
            raise FatalApiError(f"answer to `{request}` has no `total_count`", request=request)
        return counted


async def _count(client: IntercomClient, endpoint: Search, query: dict[str, object]) -> int | None:
    answer = await client.post(endpoint.path, {"query": query, "pagination": {"per_page": 1}})
    return integer_at(answer.members, "total_count")
