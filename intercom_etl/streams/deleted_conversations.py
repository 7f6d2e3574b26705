"""Conversations that were deleted: only this list says so, and it marks them in `conversations`."""

from pydantic import Field

from intercom_etl.endpoint import Paged
from intercom_etl.record import Flag, Id, Record, Time
from intercom_etl.stream import Burial, Stream


class DeletedConversation(Record):
    id: Id
    metrics_retained: Flag = None
    # `deleted_at` is the mark of this table's own rows
    conversation_deleted_at: Time = Field(default=None, validation_alias="deleted_at")


STREAM = Stream(
    name="deleted_conversations",
    title="Deleted conversations",
    permission="Read conversations",
    model=DeletedConversation,
    endpoint=Paged(
        "/conversations/deleted",
        key="conversations",
        page_size=60,
        params=(("order", "desc"),),
        newest_first="deleted_at",
    ),
    replication_key="deleted_at",
    burial=Burial(table="conversations", at="conversation_deleted_at", reason="deleted"),
)
