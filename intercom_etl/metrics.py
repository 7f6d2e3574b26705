"""What a monitoring system wants to know of the last runs, as text in the format of Prometheus.

Made for the textfile collector of the node exporter. The file is what remembers: each run replaces what it
knows better and keeps the rest, so that a failure never takes the time of the last success away.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from intercom_etl.errors import ConfigError
from intercom_etl.exit_codes import ExitCode
from intercom_etl.report import RunReport, StreamReport
from intercom_etl.status import Status
from intercom_etl.verdict import KINDS, Verdict, VerifyReport

PREFIX = "intercom_etl_"
RUN, RUN_STREAM = ("command", "workspace"), ("command", "workspace", "stream")
STORED, CHECKED = ("workspace", "stream"), ("workspace", "stream", "kind")
# Name without the prefix: labels, and what it says; docs/operations.md has the same list. A run that ends
# early, before it could read anything, has no report: what the last one said is kept.
FAMILIES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "last_run_timestamp_seconds": (RUN, "When the last run ended"),
    "last_run_exit_code": (RUN, "Exit code of the last run"),
    "last_success_timestamp_seconds": (RUN, "When the last run that ended with 0 did so"),
    "last_report_duration_seconds": (RUN, "How long the last run with a report took"),
    "last_report_requests": (RUN, "Requests that it sent"),
    "last_report_retries": (RUN, "Requests that it had to repeat"),
    "last_report_records": (RUN_STREAM, "Records that it read"),
    "last_report_rows": (RUN_STREAM, "Rows that it wrote"),
    "last_report_quarantined_records": (RUN_STREAM, "Records that it put into quarantine"),
    "last_report_failed": (RUN_STREAM, "1 when it did not come to the end of the stream"),
    "stream_last_success_timestamp_seconds": (STORED, "When the stream was last read to its end"),
    "stream_bookmark_timestamp_seconds": (STORED, "Every change up to here is stored"),
    "stream_rows": (STORED, "Live rows in the table of the stream"),
    "stream_quarantined_records": (STORED, "Open entries of quarantine"),
    "verify_timestamp_seconds": (STORED, "When the stream was last checked to its end"),
    "verify_wrong_records": (CHECKED, "Records that the last check found wrong and did not fix"),
}
# what no failure changes
LASTING = "last_success_timestamp_seconds"
READABLE = 0o644  # whatever the umask: the collector is another user, and nothing here is secret

Key = tuple[str, tuple[str, ...]]
Samples = dict[Key, float]


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a command ended. `report` is None when it ended early, `status` when the database is away."""

    command: str
    exit_code: int
    at: datetime
    report: RunReport | VerifyReport | None = None
    status: Status | None = None


def require_place(path: Path) -> None:
    """Raises ConfigError when the file cannot be written, as far as can be told before."""
    folder = path.resolve().parent
    if path.is_dir():
        raise _unwritable(path, "it is a folder")
    if path.exists() and not path.is_file():
        raise _unwritable(path, "it is no plain file")
    if not folder.is_dir():
        raise _unwritable(path, f"there is no folder `{folder}`")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(path, "permission denied")


def write_metrics(path: Path, end: RunEnd) -> None:
    """Replaces the file by one that knows of this run too. Nobody ever reads half of it.

    Raises ConfigError when there is no place to write to.
    """
    samples = _read(path)
    workspace = _workspace(samples, end)
    kept = samples if end.report is None else _without_run(samples, end.command, workspace)
    for name, value in _of_run(end):
        kept[name, (end.command, workspace)] = value
    if isinstance(end.report, RunReport):
        kept |= _of_streams(end.command, workspace, end.report.streams)
    if isinstance(end.report, VerifyReport):
        kept |= _of_checks(workspace, end.report.streams, end.at)
    if end.status is not None:
        kept = _of_status(kept, workspace, end.status)
    try:
        _replace(path, _as_text(kept))
    except OSError as error:
        raise _unwritable(path, (error.strerror or str(error)).lower()) from error


def _unwritable(path: Path, why: str) -> ConfigError:
    return ConfigError(
        f"cannot write the metrics file `{path}`: {why}", "name a file in a folder that you can write to"
    )


def _is_of_run(name: str) -> bool:
    return FAMILIES[name][0][0] == "command"


def _workspace(samples: Samples, end: RunEnd) -> str:
    """The label of this run: of a run that ended before it knew, what earlier ones of this file were for."""
    if end.report is not None:
        return _fit(end.report.workspace)
    earlier = {values[1] for name, values in samples if _is_of_run(name)} - {""}
    if not earlier and end.status is not None:
        earlier = {_fit(workspace.workspace) for workspace in end.status.workspaces}
    return earlier.pop() if len(earlier) == 1 else ""


def _without_run(samples: Samples, command: str, workspace: str) -> Samples:
    """`samples` without what an earlier run of the command said of itself, but for its success."""
    return {
        (name, values): value
        for (name, values), value in samples.items()
        if not (_is_of_run(name) and values[0] == command and values[1] in (workspace, ""))
        or (name == LASTING and values[1] == workspace)
    }


def _of_run(end: RunEnd) -> Iterator[tuple[str, float]]:
    yield "last_run_timestamp_seconds", end.at.timestamp()
    yield "last_run_exit_code", end.exit_code
    if end.exit_code == ExitCode.OK:
        yield LASTING, end.at.timestamp()
    if end.report is not None:
        yield "last_report_duration_seconds", end.report.seconds
        yield "last_report_requests", end.report.requests
    if isinstance(end.report, RunReport):
        yield "last_report_retries", end.report.retries


def _of_streams(command: str, workspace: str, streams: Iterable[StreamReport]) -> Samples:
    found: Samples = {}
    for stream in streams:
        for name, value in (
            ("last_report_records", stream.read),
            ("last_report_rows", stream.tables.total()),
            ("last_report_quarantined_records", stream.rejected),
            ("last_report_failed", stream.error is not None),
        ):
            found[name, (command, workspace, stream.stream)] = float(value)
    return found


def _of_checks(workspace: str, verdicts: Iterable[Verdict], at: datetime) -> Samples:
    """Only of streams that were checked to their end: of the others the last check still counts."""
    found: Samples = {}
    for verdict in verdicts:
        if verdict.error is not None:
            continue
        found["verify_timestamp_seconds", (workspace, verdict.stream)] = at.timestamp()
        wrong = Counter(verdict.wrong.values())
        for kind in KINDS:
            found["verify_wrong_records", (workspace, verdict.stream, kind)] = float(wrong[kind])
    return found


def _of_status(samples: Samples, workspace: str, status: Status) -> Samples:
    """`samples` with what is stored of this workspace as it is now."""
    kept = {
        (name, values): value
        for (name, values), value in samples.items()
        if not (name.startswith("stream_") and values[0] == workspace)
    }
    for each in status.workspaces:
        if _fit(each.workspace) != workspace:
            continue
        for stream in each.streams:
            if stream.completed_at is None and not stream.quarantined:
                continue
            for name, value in (
                ("stream_last_success_timestamp_seconds", _seconds(stream.completed_at)),
                ("stream_bookmark_timestamp_seconds", _seconds(stream.bookmark)),
                ("stream_rows", stream.rows),
                ("stream_quarantined_records", stream.quarantined),
            ):
                if value is not None:
                    kept[name, (workspace, stream.stream)] = float(value)
    return kept


def _read(path: Path) -> Samples:
    """What the file says that one of our runs has written; nothing when there is none, or it is damaged."""
    found: Samples = {}
    try:
        for family in text_string_to_metric_families(path.read_text(encoding="utf-8")):
            name = family.name.removeprefix(PREFIX)
            if name in FAMILIES:
                labels = FAMILIES[name][0]
                for sample in family.samples:
                    found[name, tuple(sample.labels[label] for label in labels)] = sample.value
    except (OSError, ValueError, KeyError):
        return {}
    return found


def _as_text(samples: Samples) -> bytes:
    registry = CollectorRegistry()
    for name, (labels, text) in FAMILIES.items():
        mine = {values: value for (other, values), value in samples.items() if other == name}
        if mine:
            family = Gauge(PREFIX + name, text, labels, registry=registry)
            for values, value in sorted(mine.items()):
                family.labels(*values).set(value)
    return generate_latest(registry)


def _replace(path: Path, text: bytes) -> None:
    """Written beside its place, under a name that no collector reads, and then moved there.

    A link stays, and what it names is replaced.
    """
    path = path.resolve()
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside.open("wb") as file:
            os.fchmod(file.fileno(), READABLE)
            file.write(text)
        aside.replace(path)
    except OSError:
        with suppress(OSError):
            aside.unlink()
        raise


def _fit(label: str) -> str:
    """A label that can be written: half a surrogate pair cannot."""
    return label.encode(errors="replace").decode()


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
