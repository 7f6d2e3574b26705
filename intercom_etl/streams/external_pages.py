"""External pages: text from outside Intercom that Fin answers from."""

from typing import ClassVar

from intercom_etl.endpoint import Paged
from intercom_etl.record import Flag, Id, OptionalId, Record, Text, Time
from intercom_etl.stream import Confirm, Stream


class ExternalPage(Record):
    left_in_raw: ClassVar = frozenset({"fin_availability"})

    id: Id
    external_id: Text = None
    source_id: OptionalId = None
    title: Text = None
    html: Text = None
    url: Text = None
    locale: Text = None
    ai_agent_availability: Flag = None
    ai_copilot_availability: Flag = None
    ai_sales_agent_availability: Flag = None
    last_ingested_at: Time = None
    created_at: Time = None
    updated_at: Time = None


STREAM = Stream(
    name="external_pages",
    title="External pages",
    permission="Read and write AI content",
    model=ExternalPage,
    endpoint=Paged("/ai/external_pages", page_size=50),
    confirm=Confirm("/ai/external_pages/{id}"),
)
