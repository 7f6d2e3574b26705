"""Articles of the help centers. Only GET /articles/{id} has statistics, which change without a trace."""

from typing import ClassVar

from pydantic import Field

from intercom_etl.endpoint import Paged
from intercom_etl.record import Flag, Id, Int, Number, OptionalId, Record, Text, Time, at
from intercom_etl.stream import Children, Stream


class Article(Record):
    left_in_raw: ClassVar = frozenset({"workspace_id"})

    id: Id
    title: Text = None
    description: Text = None
    body: Text = None
    body_markdown: Text = None
    state: Text = None
    url: Text = None
    author_id: OptionalId = None
    created_by_id: OptionalId = None
    updated_by_id: OptionalId = None
    created_at: Time = None
    updated_at: Time = None
    default_locale: Text = None
    has_unpublished_changes: Flag = None
    draft_updated_at: Time = None
    scheduled_publish_at: Time = None
    scheduled_unpublish_at: Time = None
    help_center_audience: Text = None
    exclude_from_article_suggestions: Flag = None
    ai_chatbot_availability: Flag = None
    ai_copilot_availability: Flag = None
    ai_sales_agent_availability: Flag = None
    views: Int = at("statistics", "views")
    conversions: Int = at("statistics", "conversions")
    conversations: Int = at("statistics", "conversations")
    reactions: Int = at("statistics", "reactions")
    happy_reaction_percentage: Number = at("statistics", "happy_reaction_percentage")
    neutral_reaction_percentage: Number = at("statistics", "neutral_reaction_percentage")
    sad_reaction_percentage: Number = at("statistics", "sad_reaction_percentage")
    fin_involvements: Int = at("statistics", "fin_involvements")
    fin_resolutions: Int = at("statistics", "fin_resolutions")
    fin_resolution_rate: Number = at("statistics", "fin_resolution_rate")


class ArticleTranslation(Record):
    left_in_raw: ClassVar = frozenset({"audience_ids"})

    locale: Id
    title: Text = None
    description: Text = None
    body: Text = None
    body_markdown: Text = None
    state: Text = None
    url: Text = None
    author_id: OptionalId = None
    created_by_id: OptionalId = None
    updated_by_id: OptionalId = None
    created_at: Time = None
    updated_at: Time = None
    has_unpublished_changes: Flag = None
    draft_updated_at: Time = None
    ai_chatbot_availability: Flag = None
    ai_copilot_availability: Flag = None
    ai_sales_agent_availability: Flag = None


class ArticleTag(Record):
    tag_id: Id = Field(validation_alias="id")
    name: Text = None
    applied_at: Time = None
    applied_by_type: Text = at("applied_by", "type")
    applied_by_id: OptionalId = at("applied_by", "id")


class ArticleParent(Record):
    parent_id: Id = Field(validation_alias="id")


STREAM = Stream(
    name="articles",
    title="Articles",
    permission="Read and list articles",
    model=Article,
    endpoint=Paged("/articles"),
    detail="/articles/{id}",
    children=(
        Children(
            table="article_translations",
            model=ArticleTranslation,
            paths=(("translated_content",),),
            parent_key="article_id",
            key="locale",
            keyed_by="locale",
        ),
        Children(
            table="article_tags",
            model=ArticleTag,
            paths=(("tags", "tags"),),
            parent_key="article_id",
            key="tag_id",
        ),
        Children(
            table="article_parents",
            model=ArticleParent,
            paths=(("parent_ids",),),
            parent_key="article_id",
            key="parent_id",
        ),
    ),
)
