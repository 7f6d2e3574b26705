"""Snippets: short texts that Fin and Copilot answer from."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Paged
from intercom_etl.record import Flag, Id, Record, Text, Time
from intercom_etl.stream import Children, Confirm, Stream


class ContentSnippet(Record):
    left_in_raw: ClassVar = frozenset({"chatbot_availability", "copilot_availability", "json_blocks"})

    id: Id
    title: Text = None
    locale: Text = None
    body_markdown: Text = None
    ai_chatbot_availability: Flag = None
    ai_copilot_availability: Flag = None
    ai_sales_agent_availability: Flag = None
    created_at: Time = None
    updated_at: Time = None


class ContentSnippetAudience(Record):
    audience_id: Id = Field(validation_alias="id")


STREAM = Stream(
    name="content_snippets",
    title="Content snippets",
    permission="Read and write content snippets",
    model=ContentSnippet,
    endpoint=Paged("/content_snippets", page_size=50),
    confirm=Confirm("/content_snippets/{id}"),
    children=(
        Children(
            table="content_snippet_audiences",
            model=ContentSnippetAudience,
            paths=(("audience_ids",),),
            parent_key="content_snippet_id",
            key="audience_id",
        ),
    ),
)
