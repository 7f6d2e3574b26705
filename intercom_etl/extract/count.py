"""Asks how many records a collection has, with the smallest request that says so."""

from intercom_etl.endpoint import Search
from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.fields import integer_at


async def count_records(client: IntercomClient, endpoint: Search) -> int | None:
    """The API's own count of everything that the search finds; None when it does not say."""
    query = {"field": "updated_at", "operator": ">", "value": 0}
    answer = await client.post(endpoint.path, {"query": query, "pagination": {"per_page": 1}})
    return integer_at(answer.members, "total_count")
