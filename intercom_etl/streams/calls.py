"""Phone calls. The list has no order that could be relied on, and 25 is the largest page."""

from intercom_etl.endpoint import Paged
from intercom_etl.record import Id, OptionalId, Record, Text, Time
from intercom_etl.stream import Confirm, Stream


class Call(Record):
    id: Id
    conversation_id: OptionalId = None
    admin_id: OptionalId = None
    contact_id: OptionalId = None
    state: Text = None
    call_type: Text = None
    direction: Text = None
    ended_reason: Text = None
    phone: Text = None
    initiated_at: Time = None
    answered_at: Time = None
    ended_at: Time = None
    created_at: Time = None
    updated_at: Time = None
    recording_url: Text = None
    transcription_url: Text = None
    fin_recording_url: Text = None
    fin_transcription_url: Text = None


STREAM = Stream(
    name="calls",
    title="Phone calls",
    permission="Read calls",
    model=Call,
    endpoint=Paged("/calls", page_size=25),
    confirm=Confirm("/calls/{id}"),
)
