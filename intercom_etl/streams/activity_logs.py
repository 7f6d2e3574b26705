"""What teammates did to the workspace. Entries are only ever added; their details are in `raw`."""

from typing import ClassVar

from intercom_etl.endpoint import Log
from intercom_etl.record import Id, OptionalId, Record, Text, Time, at
from intercom_etl.stream import Stream


class ActivityLog(Record):
    left_in_raw: ClassVar = frozenset({"metadata"})

    id: Id
    activity_type: Text = None
    activity_description: Text = None
    created_at: Time = None
    performed_by_type: Text = at("performed_by", "type")
    performed_by_id: OptionalId = at("performed_by", "id")
    performed_by_email: Text = at("performed_by", "email")
    performed_by_ip: Text = at("performed_by", "ip")


STREAM = Stream(
    name="activity_logs",
    title="Activity logs of teammates",
    permission="Read admin activity logs",
    model=ActivityLog,
    endpoint=Log("/admins/activity_logs/search", key="activity_logs", page_size=250),
    replication_key="created_at",
)
