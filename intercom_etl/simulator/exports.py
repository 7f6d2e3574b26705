"""What exports contain: CSV files of message statistics, and of the datasets of the reports."""

import csv
import gzip
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from intercom_etl.simulator.content_receipts import COLUMNS, EVENTS, STATISTICS
from intercom_etl.simulator.export_jobs import Archive
from intercom_etl.simulator.workspace import Workspace

Record = dict[str, Any]

# dataset -> (title, attribute of its time, (attribute, title)..)
DATASETS: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    "conversation": (
        "Conversation",
        "conversation_started_at",
        (
            ("conversation_id", "Conversation ID"),
            ("conversation_started_at", "Conversation started at"),
            ("state", "State"),
            ("channel", "Channel"),
            ("currently_assigned_teammate_id", "Currently assigned teammate ID"),
        ),
    ),
    "ticket": (
        "Ticket",
        "ticket_created_at",
        (("ticket_id", "Ticket ID"), ("ticket_created_at", "Ticket created at"), ("category", "Category")),
    ),
}


def datasets() -> list[Record]:
    """What GET /export/reporting_data/get_datasets lists."""
    return [
        {
            "id": dataset_id,
            "name": title,
            "description": f"{title}-level details.",
            "default_time_attribute_id": time,
            "attributes": [
                {"id": one, "qualified_id": f"{dataset_id}.{one}", "name": name} for one, name in attributes
            ],
        }
        for dataset_id, (title, time, attributes) in DATASETS.items()
    ]


def content_files(workspace: Workspace, wanted: Record) -> dict[str, str]:
    """Receipts of messages sent in the wanted time, bounds included; a file a statistic that has rows.

    Of what became of a message only that counts which was in the wanted time as well.
    """
    start, end = wanted["created_at_after"], wanted["created_at_before"]
    receipts = [
        {
            name: None if name in EVENTS and not start <= (value or 0) <= end else value
            for name, value in one.items()
        }
        for one in workspace.records["content_receipts"].values()
        if start <= one["received_at"] <= end
    ]
    suffix = datetime.fromtimestamp(workspace.stamp(), UTC).strftime("%Y%m%d_%H%M%S")
    files: dict[str, str] = {}
    if receipts:
        rows = ([receipt.get(column) for column in COLUMNS] for receipt in receipts)
        files[f"receipts_{suffix}.csv"] = _csv(COLUMNS, rows)
    for name, time, column in STATISTICS:
        events = [[receipt["receipt_id"], receipt[column]] for receipt in receipts if receipt[column]]
        if events:
            files[f"{name}_{suffix}.csv"] = _csv(("receipt_id", time), events)
    return files


def reporting_files(workspace: Workspace, wanted: Record) -> dict[str, str]:
    """One file with the wanted attributes of the records of the wanted time, bounds included."""
    dataset = wanted["dataset_id"]
    plain = [attribute.removeprefix(f"{dataset}.") for attribute in wanted["attribute_ids"]]
    rows = _conversations(workspace) if dataset == "conversation" else _tickets(workspace)
    time = DATASETS[dataset][1]
    chosen = (
        [row[attribute] for attribute in plain]
        for row in rows
        if wanted["start_time"] <= row[time] <= wanted["end_time"]
    )
    return {f"{dataset}.csv": _csv(wanted["attribute_ids"], chosen)}


def _conversations(workspace: Workspace) -> Iterator[Record]:
    for conversation_id in workspace.conversations:
        fields = workspace.conversations.state(conversation_id).fields
        yield {
            "conversation_id": conversation_id,
            "conversation_started_at": fields["created_at"],
            "state": fields["state"],
            "channel": fields["channel"]["initial"],
            "currently_assigned_teammate_id": fields["admin_assignee_id"] or None,
        }


def _tickets(workspace: Workspace) -> Iterator[Record]:
    for ticket_id in workspace.tickets:
        ticket = workspace.tickets.state(ticket_id)
        yield {
            "ticket_id": ticket_id,
            "ticket_created_at": ticket["created_at"],
            "category": ticket["category"],
        }


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def pack(files: dict[str, str], archive: Archive, stamp: int) -> bytes:
    """The files as they are downloaded; nothing but an empty archive when there are none."""
    if archive == "gzip":
        return gzip.compress(next(iter(files.values()), "").encode(), mtime=stamp)
    packed = io.BytesIO()
    when = datetime.fromtimestamp(stamp, UTC)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, text in files.items():
            folder.writestr(zipfile.ZipInfo(name, when.timetuple()[:6]), text)
    return packed.getvalue()
