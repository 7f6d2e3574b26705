"""Rows of the datasets behind Intercom's reports. A setting names those that are wanted."""

from datetime import timedelta
from typing import ClassVar

from intercom_etl.export import Datasets, Export
from intercom_etl.record import Id, Record, Text, Time
from intercom_etl.stream import Stream


class ReportingRow(Record):
    is_open: ClassVar = True

    id: Text = None
    dataset: Text = None
    record_key: Id
    occurred_at: Time = None


STREAM = Stream(
    name="reporting_rows",
    title="Rows of the datasets behind reports",
    permission="Export reporting data",
    model=ReportingRow,
    endpoint=Export(
        "/export/reporting_data/enqueue",
        status="/export/reporting_data/{job}",
        download="/download/reporting_data/{job}",
        span=("start_time", "end_time"),
        rows=Datasets(
            "INTERCOM_ETL_REPORTING_DATASETS", "/export/reporting_data/get_datasets", name_key="dataset"
        ),
        step=timedelta(days=90),
        settle=timedelta(days=30),
        first=timedelta(days=90),
    ),
    replication_key="occurred_at",
    identity=("dataset", "record_key"),
    optional="an export job in each run for each dataset that is set, minutes long, that writes all rows of"
    " the last 30 days again",
)
