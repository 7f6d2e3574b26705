"""What the doctor says: a level, a subject, a line, and the mend."""

from dataclasses import dataclass
from typing import Literal

from intercom_etl.errors import EtlError
from intercom_etl.exit_codes import ExitCode, exit_code_of


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
