"""What was said in calls: POST /calls/search gives it for up to twenty conversations at once."""

from typing import ClassVar

from intercom_etl.endpoint import PerParent, Together
from intercom_etl.record import Id, Record, Text
from intercom_etl.stream import Stream


class CallTranscript(Record):
    left_in_raw: ClassVar = frozenset(
        {
            "admin_id",
            "answered_at",
            "call_type",
            "contact_id",
            "created_at",
            "direction",
            "ended_at",
            "ended_reason",
            "fin_recording_url",
            "fin_transcription_url",
            "initiated_at",
            "phone",
            "recording_url",
            "state",
            "transcript",
            "transcription_url",
            "updated_at",
        }
    )

    id: Id
    conversation_id: Text = None
    transcript_status: Text = None


STREAM = Stream(
    name="call_transcripts",
    title="Transcripts of calls",
    permission="Read calls",
    model=CallTranscript,
    endpoint=PerParent(
        "calls",
        Together("/calls/search", field="conversation_ids", of="conversation_id", at_once=20),
        "conversation_id",
        parent_id="conversation_id",
    ),
    optional="one request for twenty conversations with calls, and a lot of text",
)
