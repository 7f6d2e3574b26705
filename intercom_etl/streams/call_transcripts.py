"""What was said in calls: POST /calls/search gives it for up to twenty conversations at once."""

from intercom_etl.record import Id, Record, Text
from intercom_etl.stream import PerParent, Stream, Together


class CallTranscript(Record):
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
