"""Reasons that teammates give for being away; the list keeps deleted ones, with a flag."""

from pydantic import Field

from intercom_etl.endpoint import Listing
from intercom_etl.record import Flag, Id, Int, Record, Text, Time
from intercom_etl.stream import Stream


class AwayStatusReason(Record):
    id: Id
    label: Text = None
    emoji: Text = None
    sort_order: Int = Field(default=None, validation_alias="order")
    deleted: Flag = None
    created_at: Time = None
    updated_at: Time = None


STREAM = Stream(
    name="away_status_reasons",
    title="Reasons for being away",
    permission="Read admins",
    model=AwayStatusReason,
    endpoint=Listing("/away_status_reasons"),
)
