"""Internal articles: what only teammates and Fin read."""

from pydantic import Field

from intercom_etl.endpoint import Paged
from intercom_etl.record import Flag, Id, OptionalId, Record, Text, Time
from intercom_etl.stream import Children, Confirm, Stream


class InternalArticle(Record):
    id: Id
    title: Text = None
    body: Text = None
    body_markdown: Text = None
    locale: Text = None
    owner_id: OptionalId = None
    author_id: OptionalId = None
    ai_chatbot_availability: Flag = None
    ai_copilot_availability: Flag = None
    ai_sales_agent_availability: Flag = None
    created_at: Time = None
    updated_at: Time = None


class InternalArticleAudience(Record):
    audience_id: Id = Field(validation_alias="id")


STREAM = Stream(
    name="internal_articles",
    title="Internal articles",
    permission="Read and list articles",
    model=InternalArticle,
    endpoint=Paged("/internal_articles", page_size=25),
    confirm=Confirm("/internal_articles/{id}"),
    children=(
        Children(
            table="internal_article_audiences",
            model=InternalArticleAudience,
            paths=(("audience_ids",),),
            parent_key="internal_article_id",
            key="audience_id",
        ),
    ),
)
