"""What a run tells: frozen or growing values that a printer can show and a row can keep."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, Protocol, Self

from intercom_etl.batch import Batch
from intercom_etl.errors import ApiError, BudgetSpentError, EtlError, NotAvailableError
from intercom_etl.exit_codes import ExitCode, exit_code_of
from intercom_etl.page import Page

COUNTERS = (
    "read",
    "inserted",
    "updated",
    "unchanged",
    "skipped",
    "buried",
    "rejected",
    "dropped",
    "tables",
    "cleaned",
)
READ_WHOLE = "read whole: --since cannot shorten it"
FEW = 4  # that are named in a line which may be of many
NOT_THERE = "left out, since the API does not have it (404)"


@dataclass(slots=True)
class Written:
    """What a batch did to the tables. `by_table` counts rows inserted and updated.

    `dropped` counts what was refused as it was when a person dropped it from quarantine.
    """

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    buried: int = 0
    rejected: int = 0
    dropped: int = 0
    by_table: dict[str, int] = field(default_factory=dict)

    def __iadd__(self, other: "Written") -> Self:
        self.inserted += other.inserted
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.buried += other.buried
        self.rejected += other.rejected
        self.dropped += other.dropped
        for table, count in other.by_table.items():
            self.by_table[table] = self.by_table.get(table, 0) + count
        return self


@dataclass(slots=True)
class StreamReport:
    """One stream of one run. Counters count records; `tables` counts rows written by table."""

    stream: str
    read: int = 0
    total: int | None = None
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    buried: int = 0
    rejected: int = 0
    dropped: int = 0
    tables: Counter[str] = field(default_factory=Counter)
    cleaned: Counter[str] = field(default_factory=Counter)
    since: datetime | None = None
    bookmark: datetime | None = None
    complete: bool = False
    note: str | None = None
    error: EtlError | None = None

    @property
    def status(self) -> Literal["ok", "partial", "stopped", "skipped", "failed"]:
        """`partial`: read to its end, with records in quarantine. `skipped`: not for this token.

        `stopped`: the budget of the run ended before the stream did.
        """
        if self.error is not None:
            return word_for(self.error)
        return "partial" if self.rejected else "ok"

    def after(self, earlier: "StreamReport | None") -> "StreamReport":
        """The same with what an earlier run of this command did to the stream."""
        if earlier is None:
            return self
        counts = {name: getattr(self, name) + getattr(earlier, name) for name in COUNTERS}
        return replace(self, **counts)

    def count(self, page: Page, batch: Batch, written: Written) -> None:
        """Adds what came with one page and what became of it."""
        self.count_page(page)
        self.count_written(batch, written)

    def count_page(self, page: Page) -> None:
        """Adds what came with one page."""
        self.read += len(page.records) + len(page.gone) + len(page.unavailable)
        self.total = page.total if page.total is not None else self.total
        self.skipped += len(page.current)

    def count_written(self, batch: Batch, written: Written) -> None:
        """Adds what became of one batch."""
        self.cleaned += batch.cleaned
        self.inserted += written.inserted
        self.updated += written.updated
        self.unchanged += written.unchanged
        self.buried += written.buried
        self.rejected += written.rejected
        self.dropped += written.dropped
        self.tables.update(written.by_table)

    def as_json(self) -> dict[str, Any]:
        """For `--json` and for the run's row."""
        return {
            "status": self.status,
            "read": self.read,
            "total": self.total,
            "inserted": self.inserted,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "already_current": self.skipped,
            "gone": self.buried,
            "quarantined": self.rejected,
            "dropped": self.dropped,
            "rows": dict(sorted(self.tables.items())),
            "cleaned": dict(self.cleaned.most_common()),
            "since": self.since.isoformat() if self.since else None,
            "bookmark": self.bookmark.isoformat() if self.bookmark else None,
            "complete": self.complete,
            "note": self.note,
            "error": describe_error(self.error) if self.error else None,
        }


class Ended(Protocol):
    """What became of one stream; `read` are records."""

    @property
    def status(self) -> str:
        """In a word."""
        ...

    error: EtlError | None
    read: int


def word_for(error: EtlError) -> Literal["stopped", "skipped", "failed"]:
    """The status of a stream that did not come to its end."""
    match error:
        case BudgetSpentError():
            return "stopped"
        case NotAvailableError():
            return "skipped"
        case _:
            return "failed"


def failures_of(streams: Sequence[Ended]) -> list[Ended]:
    """The streams that something was wrong with; that the budget ended is nothing wrong."""
    return [stream for stream in streams if stream.status in ("failed", "skipped")]


def code_of(streams: Sequence[Ended]) -> ExitCode:
    """When every stream failed for want of the API, or of permissions for anything, that; else PARTIAL.

    TRY_AGAIN also when there is nothing wrong but that the budget was used up.
    """
    failed = failures_of(streams)
    if not failed:
        return ExitCode.TRY_AGAIN if any(s.status == "stopped" for s in streams) else ExitCode.OK
    codes = {exit_code_of(stream.error) for stream in failed if stream.error}
    if len(failed) == len(streams) and codes == {ExitCode.TRY_AGAIN}:
        return ExitCode.TRY_AGAIN
    if len(failed) == len(streams) and codes == {ExitCode.CREDENTIALS} and not any(s.read for s in failed):
        return ExitCode.CREDENTIALS
    return ExitCode.PARTIAL


def status_of(streams: Sequence[Ended], code: ExitCode) -> Literal["ok", "partial", "failed"]:
    """The status of the run's row."""
    if code is ExitCode.OK:
        return "ok"
    return "failed" if len(failures_of(streams)) == len(streams) else "partial"


@dataclass(frozen=True, slots=True)
class RunReport:
    """A whole run that came to its end, whatever became of its streams."""

    command: str
    run_id: int | None
    workspace: str
    streams: tuple[StreamReport, ...]
    requests: int
    retries: int
    seconds: float

    @property
    def rows(self) -> int:
        """Rows written into all tables."""
        return sum(stream.tables.total() for stream in self.streams)

    @property
    def quarantined(self) -> int:
        """Records and children that went to quarantine."""
        return sum(stream.rejected for stream in self.streams)

    @property
    def exit_code(self) -> ExitCode:
        """As the streams ended; records in quarantine are PARTIAL where nothing failed."""
        code = code_of(self.streams)
        return ExitCode.PARTIAL if self.quarantined and not failures_of(self.streams) else code

    @property
    def status(self) -> Literal["ok", "partial", "failed"]:
        """As in the run's row."""
        return status_of(self.streams, self.exit_code)

    @property
    def trouble(self) -> str | None:
        """What is not as it should be though no stream failed."""
        counts = [(stream.stream, stream.rejected) for stream in self.streams if stream.rejected]
        return f"records went to quarantine: {tally(counts)}" if counts else None

    def as_json(self) -> dict[str, Any]:
        """One document with everything that the screen says."""
        return {
            "command": self.command,
            "run": self.run_id,
            "workspace": self.workspace,
            "status": self.status,
            "exit_code": int(self.exit_code),
            "rows": self.rows,
            "quarantined": self.quarantined,
            "requests": self.requests,
            "retries": self.retries,
            "seconds": round(self.seconds, 3),
            "streams": {stream.stream: stream.as_json() for stream in self.streams},
        }


def tally(counts: Sequence[tuple[str, int]]) -> str:
    """`contacts 12, tags 1 and 3 more`."""
    return first_few([f"{name} {count:,}" for name, count in counts])


def first_few(names: Sequence[str]) -> str:
    """`contacts, tags, teams, admins and 3 more`."""
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return ", ".join(names[:FEW]) + more


def describe_error(error: EtlError) -> dict[str, Any]:
    """An error as JSON: what failed, the mend, and what Intercom's support asks for."""
    described: dict[str, Any] = {"message": error.message, "hint": error.hint}
    if isinstance(error, ApiError):
        described |= {"request": error.request, "status": error.status, "request_id": error.request_id}
    return described


class Observer(Protocol):
    """Whoever wants to watch a run. Called from the run's own task; must not block."""

    def started(self, workspace: str, streams: Sequence[str], run_id: int | None) -> None:
        """The work begins; `run_id` is the number of its row in `etl.run`, where it has one."""
        ...

    def advanced(self, report: StreamReport) -> None:
        """A batch of the stream is committed."""
        ...

    def finished(self, report: StreamReport) -> None:
        """The stream has come to its end, or failed."""
        ...
