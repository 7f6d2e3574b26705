"""What a check found: by stream, the ids of records that are not as they should be."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from intercom_etl.errors import EtlError
from intercom_etl.exit_codes import ExitCode
from intercom_etl.report import code_of, describe_error, status_of, tally, word_for

SHOWN = 20  # ids of each kind in the report; --fix takes all
Kind = Literal["missing", "extra", "stale", "altered", "parts"]
KINDS: tuple[Kind, ...] = ("missing", "extra", "stale", "altered", "parts")
# of a record that is wrong in several ways: whether it is there says most
WEIGHTIEST: tuple[Kind, ...] = ("extra", "missing", "stale", "altered", "parts")


@dataclass(slots=True)
class Verdict:
    """One stream of one check.

    `checked` rows were compared with their own text, `stored` are live, `api` is what the API counts
    up to the last sync. By kind and id: missing (the API has
    it, the table not), extra (the reverse), stale (an older version), altered (columns that are not what
    the record says), parts (its lists differ). `newer` changed after the last sync, which is nothing wrong.
    """

    stream: str
    method: str = "not compared with the API"
    api: int | None = None
    stored: int | None = None
    checked: int = 0
    sampled: int = 0
    newer: int = 0
    read: int = 0
    found: dict[str, Kind] = field(default_factory=dict)
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    note: str | None = None
    error: EtlError | None = None

    def add(self, kind: Kind, ids: Iterable[str], columns: tuple[str, ...] = ()) -> None:
        """Notes that these are not as they should be, whatever was done about them before."""
        for identity in ids:
            known = self.found.get(identity, kind)
            self.found[identity] = kind if WEIGHTIEST.index(kind) < WEIGHTIEST.index(known) else known
            self.fixed.discard(identity)
            if columns:
                self.columns.setdefault(identity, columns)

    def count(self, kind: Kind) -> int:
        """How many records are wrong in this way."""
        return sum(each == kind for each in self.found.values())

    @property
    def wrong(self) -> dict[str, Kind]:
        """The records that are wrong and were not put right."""
        return {identity: kind for identity, kind in self.found.items() if identity not in self.fixed}

    @property
    def drift(self) -> int:
        """How many these are."""
        return len(self.wrong)

    @property
    def status(self) -> Literal["ok", "drift", "stopped", "skipped", "failed"]:
        """`stopped`: the budget ended before the check did."""
        if self.error is not None:
            return word_for(self.error)
        return "drift" if self.drift else "ok"

    def as_json(self) -> dict[str, Any]:
        """For `--json` and for the run's row."""
        ids = {kind: [i for i, each in self.found.items() if each == kind] for kind in KINDS}
        return {
            "status": self.status,
            "method": self.method,
            "api": self.api,
            "stored": self.stored,
            "checked": self.checked,
            "sampled": self.sampled,
            "newer": self.newer,
            **{kind: len(found) for kind, found in ids.items()},
            "fixed": len(self.fixed),
            "ids": {kind: sorted(found)[:SHOWN] for kind, found in ids.items() if found},
            "columns": sorted({column for columns in self.columns.values() for column in columns}),
            "note": self.note,
            "error": describe_error(self.error) if self.error else None,
        }


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """A whole check that came to its end. `requests` were sent, `expected` were announced before."""

    run_id: int
    workspace: str
    streams: tuple[Verdict, ...]
    requests: int
    expected: int
    seconds: float

    @property
    def drift(self) -> int:
        """Records that are wrong and were not put right."""
        return sum(verdict.drift for verdict in self.streams)

    @property
    def exit_code(self) -> ExitCode:
        """DRIFT when anything is wrong; else whether everything could be looked at."""
        return ExitCode.DRIFT if self.drift else code_of(self.streams)

    @property
    def status(self) -> Literal["ok", "partial", "failed"]:
        """As in the run's row."""
        return status_of(self.streams, self.exit_code)

    @property
    def trouble(self) -> str | None:
        """What is not as it should be though every stream could be checked."""
        counts = [(verdict.stream, verdict.drift) for verdict in self.streams if verdict.drift]
        return f"records are wrong: {tally(counts)}" if counts else None

    def as_json(self) -> dict[str, Any]:
        """One document with everything that the screen says."""
        return {
            "command": "verify",
            "run": self.run_id,
            "workspace": self.workspace,
            "status": self.status,
            "exit_code": int(self.exit_code),
            "drift": self.drift,
            "requests": self.requests,
            "expected_requests": self.expected,
            "seconds": round(self.seconds, 3),
            "streams": {verdict.stream: verdict.as_json() for verdict in self.streams},
        }
