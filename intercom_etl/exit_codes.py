"""What a run ends with, for scripts. Beside the errors, since the run's row records it too."""

from enum import IntEnum

from intercom_etl.errors import (
    BudgetSpentError,
    ConfigError,
    CredentialsError,
    DatabaseUnavailableError,
    DiskError,
    EtlError,
    FatalApiError,
    LockHeldError,
    NotAvailableError,
    RetriableApiError,
    SchemaError,
    UsageError,
)


class ExitCode(IntEnum):
    """Unknown codes must be treated as failures."""

    OK = 0
    BUG = 1
    USAGE = 2
    PARTIAL = 3
    DRIFT = 4
    LOCKED = 11
    TRY_AGAIN = 75
    CREDENTIALS = 77
    CONFIGURATION = 78
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


MEANINGS = {
    ExitCode.OK: "done, or nothing to do",
    ExitCode.BUG: "a bug: please report it, with the traceback file that the message names",
    ExitCode.USAGE: "the command line names something that does not exist or does not fit",
    ExitCode.PARTIAL: "finished in part: a stream failed, or records went to quarantine",
    ExitCode.DRIFT: "a check found something: `verify --exit-code` that database and API differ,"
    " `status --max-lag` that a stream is too far behind",
    ExitCode.LOCKED: "another run works on the workspace, or took it over",
    ExitCode.TRY_AGAIN: "not finished; what was read is kept: the API or the database is away, the disk is"
    " full, or what --max-requests or --max-runtime allow is used up; run the same command again",
    ExitCode.CREDENTIALS: "Intercom refused the token, or it lacks the permission for all that was asked for",
    ExitCode.CONFIGURATION: "a setting, the schema or the address of the API does not fit",
    ExitCode.HUNG_UP: "the terminal that it ran in is gone; safe to run again",
    ExitCode.INTERRUPTED: "interrupted from the keyboard; safe to run again",
    ExitCode.TERMINATED: "terminated by a signal; safe to run again",
}


SIGNALLED = (ExitCode.HUNG_UP, ExitCode.INTERRUPTED, ExitCode.TERMINATED)


def exit_code_of(error: BaseException) -> ExitCode:
    """The one mapping from error to code."""
    match error:
        case UsageError():
            return ExitCode.USAGE
        case LockHeldError():
            return ExitCode.LOCKED
        case CredentialsError() | NotAvailableError(status=401 | 403):
            return ExitCode.CREDENTIALS
        case RetriableApiError() | BudgetSpentError() | DatabaseUnavailableError() | DiskError():
            return ExitCode.TRY_AGAIN
        case ConfigError() | SchemaError() | FatalApiError():
            return ExitCode.CONFIGURATION
        case EtlError():
            return ExitCode.PARTIAL
        case _:
            return ExitCode.BUG
