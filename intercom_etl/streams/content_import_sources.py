"""Sources of external pages: websites that are synced, or programs that send pages."""

from pydantic import Field

from intercom_etl.endpoint import Paged
from intercom_etl.record import Id, Record, Text, Time
from intercom_etl.stream import Children, Confirm, Stream


class ContentImportSource(Record):
    id: Id
    url: Text = None
    status: Text = None
    sync_behavior: Text = None
    last_synced_at: Time = None
    created_at: Time = None
    updated_at: Time = None


class ContentImportSourceAudience(Record):
    audience_id: Id = Field(validation_alias="id")


STREAM = Stream(
    name="content_import_sources",
    title="Sources of external pages",
    permission="Read and write AI content",
    model=ContentImportSource,
    endpoint=Paged("/ai/content_import_sources", page_size=50),
    confirm=Confirm("/ai/content_import_sources/{id}"),
    children=(
        Children(
            table="content_import_source_audiences",
            model=ContentImportSourceAudience,
            paths=(("audience_ids",),),
            parent_key="content_import_source_id",
            key="audience_id",
        ),
    ),
)
