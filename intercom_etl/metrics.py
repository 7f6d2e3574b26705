"""What a monitoring system wants to know of the last run, as text in the format of Prometheus.

Made for the textfile collector of the node exporter: the file is written beside its place and then
moved there, so that nobody reads half of it.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from intercom_etl.errors import ConfigError
from intercom_etl.report import RunReport
from intercom_etl.status import Status

PREFIX = "intercom_etl"
STREAM_METRICS: Mapping[str, str] = {
    "stream_last_success_timestamp_seconds": "When the stream was last read to its end",
    "stream_bookmark_timestamp_seconds": "Every change up to here is stored",
    "stream_rows": "Live rows in the table of the stream",
    "stream_quarantined": "Open entries of quarantine",
}
RUN_METRICS: Mapping[str, str] = {
    "run_records": "Records read in the last run",
    "run_rows": "Rows written in the last run",
    "run_quarantined": "Records that went to quarantine in the last run",
    "run_failed": "1 when the stream did not come to its end in the last run",
}


def write_metrics(
    path: Path,
    *,
    command: str,
    exit_code: int,
    finished_at: datetime,
    report: RunReport | None,
    status: Status | None,
) -> None:
    """Writes the file. `report` is None when the run ended early, `status` when the database is away.

    Raises ConfigError when there is no place to write to.
    """
    registry = CollectorRegistry()
    _gauge(registry, "last_run_timestamp_seconds", "When the last run ended", command=command).set(
        finished_at.timestamp()
    )
    _gauge(registry, "last_run_exit_code", "Exit code of the last run", command=command).set(exit_code)
    if report is not None:
        _add_report(registry, command, report)
    if status is not None:
        _add_status(registry, status)
    try:
        write_to_textfile(str(path), registry)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise ConfigError(
            f"cannot write the metrics file `{path}`: {why}", "name a file in a folder that you can write to"
        ) from error


def _gauge(registry: CollectorRegistry, name: str, text: str, **labels: str) -> Gauge:
    family = Gauge(f"{PREFIX}_{name}", text, tuple(labels), registry=registry)
    return family.labels(**labels)


def _add_report(registry: CollectorRegistry, command: str, report: RunReport) -> None:
    for name, text, value in (
        ("last_run_seconds", "How long the last run took", report.seconds),
        ("last_run_requests", "Requests that the last run sent", report.requests),
        ("last_run_retries", "Requests that the last run had to repeat", report.retries),
    ):
        _gauge(registry, name, text, command=command).set(value)
    families = _families(registry, RUN_METRICS)
    for stream in report.streams:
        for name, value in (
            ("run_records", stream.read),
            ("run_rows", stream.tables.total()),
            ("run_quarantined", stream.rejected),
            ("run_failed", int(stream.error is not None)),
        ):
            families[name].labels(report.workspace, stream.stream).set(value)


def _add_status(registry: CollectorRegistry, status: Status) -> None:
    families = _families(registry, STREAM_METRICS)
    for workspace in status.workspaces:
        for stream in workspace.streams:
            known = {
                "stream_last_success_timestamp_seconds": _seconds(stream.completed_at),
                "stream_bookmark_timestamp_seconds": _seconds(stream.bookmark),
                "stream_rows": stream.rows,
                "stream_quarantined": stream.quarantined,
            }
            if stream.completed_at is None and not stream.quarantined:
                continue
            for name, value in known.items():
                if value is not None:
                    families[name].labels(workspace.workspace, stream.stream).set(value)


def _families(registry: CollectorRegistry, texts: Mapping[str, str]) -> dict[str, Gauge]:
    labels = ("workspace", "stream")
    return {name: Gauge(f"{PREFIX}_{name}", text, labels, registry=registry) for name, text in texts.items()}


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
