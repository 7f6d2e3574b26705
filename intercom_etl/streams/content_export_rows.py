"""Deliveries of outbound messages and what came of them: the rows of Intercom's content export."""

from datetime import timedelta
from typing import ClassVar

from intercom_etl.export import Export, Files
from intercom_etl.record import ExportedId, Id, Record, Text, Time
from intercom_etl.stream import Stream


class ContentExportRow(Record):
    is_open: ClassVar = True

    id: Text = None
    statistic: Id
    record_key: Id
    receipt_id: Text = None
    received_at: Time = None
    user_id: Text = None
    user_external_id: Text = None
    company_id: ExportedId = None
    email: Text = None
    name: Text = None
    ruleset_id: Text = None
    ruleset_version_id: Text = None
    content_id: Text = None
    content_type: Text = None
    content_title: Text = None
    series_id: ExportedId = None
    series_title: Text = None
    node_id: Text = None
    first_reply: Time = None
    first_completion: Time = None
    first_series_completion: Time = None
    first_series_disengagement: Time = None
    first_series_exit: Time = None
    first_goal_success: Time = None
    first_open: Time = None
    first_click: Time = None
    first_dismisall: Time = None
    first_unsubscribe: Time = None
    first_hard_bounce: Time = None


STREAM = Stream(
    name="content_export_rows",
    title="Deliveries of messages, and what came of them",
    permission="Export content data",
    model=ContentExportRow,
    endpoint=Export(
        "/export/content/data",
        status="/export/content/data/{job}",
        download="/download/content/data/{job}",
        cancel="/export/cancel/{job}",
        span=("created_at_after", "created_at_before"),
        rows=Files(keyed=("receipts", "receipt"), key="receipt_id"),
        step=timedelta(days=30),
        settle=timedelta(days=14),
        first=timedelta(days=90),
    ),
    replication_key="received_at",
    identity=("statistic", "record_key"),
    optional="an export job in each run, minutes long, that writes all messages of the last 14 days again;"
    " the workspace can run one at a time",
)
