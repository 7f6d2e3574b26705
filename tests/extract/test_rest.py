"""Lists that were cut off inside a record are completed, each with what belongs to it."""

import json
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any

from intercom_etl.endpoint import Listing, Paged
from intercom_etl.extract.listed import Listed, ListedRecord
from intercom_etl.extract.rest import complete_lists
from intercom_etl.json_text import read_stub
from intercom_etl.streams import all_streams

NOW = datetime(2026, 1, 2, tzinfo=UTC)
CONTACTS = all_streams()["contacts"]
CUT = {"data": [{"type": "subscription", "id": "1"}], "total_count": 2, "has_more": True}
WHOLE = {"data": [{"type": "subscription", "id": "9"}], "total_count": 1, "has_more": False}


def listed(*records: dict[str, Any]) -> Listed:
    texts = [json.dumps(record).encode() for record in records]
    return Listed(tuple(ListedRecord(text, read_stub(text)) for text in texts), NOW, None)


async def completed(
    contact: dict[str, Any], answer: list[dict[str, Any]]
) -> tuple[dict[str, Any], list[str]]:
    asked: list[str] = []

    async def listing() -> AsyncGenerator[Listed]:
        yield listed(contact)

    async def read(endpoint: Listing | Paged) -> AsyncGenerator[Listed]:
        asked.append(endpoint.path)
        yield listed(*answer)

    (page,) = [page async for page in complete_lists(CONTACTS, listing(), read, {})]
    return json.loads(page.records[0].text), asked


SUBSCRIPTIONS = [
    {"type": "subscription", "id": "1", "consent_type": "opt_out", "translations": []},
    {"type": "subscription", "id": "2", "consent_type": "opt_in", "translations": []},
    {"type": "subscription", "id": "3", "consent_type": "opt_out", "translations": []},
]


async def test_of_one_rest_each_list_takes_what_belongs_to_it() -> None:
    contact = {"id": "c", "opted_in_subscription_types": WHOLE, "opted_out_subscription_types": CUT}
    found, asked = await completed(contact, SUBSCRIPTIONS)
    assert asked == ["/contacts/c/subscriptions"]
    assert found["opted_in_subscription_types"] == WHOLE
    out = found["opted_out_subscription_types"]
    assert out["data"] == [{"type": "subscription", "id": "1"}, {"type": "subscription", "id": "3"}]
    assert out["has_more"] is False


async def test_a_rest_that_has_less_than_the_record_is_not_believed() -> None:
    contact = {"id": "c", "opted_out_subscription_types": CUT}
    found, _ = await completed(contact, SUBSCRIPTIONS[1:2])
    assert found == contact
