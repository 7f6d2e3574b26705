"""What the doctor says: a level, a subject, a line, and the mend."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from intercom_etl.errors import EtlError
from intercom_etl.exit_codes import ExitCode, exit_code_of

SKEW_WORTH_A_WORD = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. `code` is what a FAIL means for the exit code."""

    level: Literal["ok", "warn", "FAIL"]
    subject: str
    text: str
    hint: str | None = None
    code: ExitCode = ExitCode.OK


def failed(subject: str, error: EtlError) -> Finding:
    """The finding that an error is."""
    return Finding("FAIL", subject, error.message, error.hint, exit_code_of(error))


def judge_clock(ahead: timedelta, whose: str) -> Finding:
    """Whether our clock and somebody else's agree; `ahead` is how much later the other one's time is."""
    # Intercom's clock is known to the second only
    seconds = ahead.total_seconds()
    if abs(ahead) <= SKEW_WORTH_A_WORD:
        return Finding("ok", "clock", f"{abs(seconds):.0f} s away from {whose}")
    way = "behind" if seconds > 0 else "ahead of"
    return Finding(
        "warn",
        "clock",
        f"{abs(seconds):.0f} s {way} {whose}",
        "let the system set its clock from the network",
    )
