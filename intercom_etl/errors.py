"""Every error that a caller may want to tell apart; the caller's next step decides the class.

    EtlError(message, hint)
      ConfigError                 fix a setting
      UsageError                  fix the command line or a file it names
      ApiError                    the API refused or did not answer
        RetriableApiError         waiting may help; the client has already waited as long as it may
          ApiDownError            many requests in a row have failed: no more are sent in this run
        BudgetSpentError          the run may not ask for more: what it was allowed is used up
        FatalApiError             waiting does not help: this stream stops, others go on
          CredentialsError        the token itself is refused: the run stops
      DatabaseError               nothing of the batch at hand was written
        DatabaseUnavailableError  the server is away, full or shutting down: try again later
          ConnectionLostError     the connection broke and may come again at once: connect anew
        SchemaError               the schema is not the one this program needs
      DiskError                   a file of this program's own could not be written: try again later
      LockHeldError               another run works on the workspace
        LeaseLostError            another run has taken it over in the middle of this one
      NeverReadError              there is nothing to compare a stream with yet
      TooManyRejectsError         so many records are refused that something else must be wrong
      MassDeletionError           so many records are missing that the answer is doubted

Messages are lower case, name the value in backticks, and never hold a secret. `hint` is the mend.
Foreign errors become these at two seams only: `extract/client.py` and `postgres/`.
"""

import errno


class EtlError(Exception):
    """Base of all errors that are not bugs. `str(error)` is one line fit for a terminal."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def in_full(self) -> str:
        """The message and the mend, where one line has to hold both."""
        return f"{self.message}; hint: {self.hint}" if self.hint else self.message


class ConfigError(EtlError):
    """A setting is missing or unusable."""


class UsageError(EtlError):
    """The command line names something that does not exist or does not fit."""


class ApiError(EtlError):
    """The API refused a request or could not be reached.

    `request` is like `GET /conversations/42`; `status` is None when no answer came;
    `request_id` is what Intercom's support asks for. `moved_to` is the id of the record that took
    over the one that was asked for (410).
    """

    moved_to: str | None = None

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        request: str,
        status: int | None = None,
        request_id: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.request = request
        self.status = status
        self.request_id = request_id
        self.code = code


class RetriableApiError(ApiError):
    """Waiting may help. `retry_after` is the wait in seconds that the server asked for, if it did."""

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        request: str,
        status: int | None = None,
        request_id: str | None = None,
        code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint, request=request, status=status, request_id=request_id, code=code)
        self.retry_after = retry_after


class ApiDownError(RetriableApiError):
    """So many requests in a row have failed that none is sent any more; a later run may fare better."""


class BudgetSpentError(ApiError):
    """The requests or the time that this run was allowed are used up; what was read is saved."""


class FatalApiError(ApiError):
    """Waiting does not help; this stream stops, others go on."""


class NotAvailableError(FatalApiError):
    """The token's permissions, the plan or the API version do not include this; others go on."""


class CredentialsError(FatalApiError):
    """The token is refused (401); no stream can go on."""


class DatabaseError(EtlError):
    """PostgreSQL refused; nothing of the transaction at hand was written."""

    def __init__(self, message: str, hint: str | None = None, *, sqlstate: str | None = None) -> None:
        super().__init__(message, hint)
        self.sqlstate = sqlstate


class DatabaseUnavailableError(DatabaseError):
    """The server cannot be reached, is shutting down, or is out of room: try again later."""


class ConnectionLostError(DatabaseUnavailableError):
    """The connection broke, or the server ended or undid what was going on: a new one may go on."""


class SchemaError(DatabaseError):
    """The schema in the database is not the one that this program needs."""


class DiskError(EtlError):
    """A file of this program's own could not be written."""


class LockHeldError(EtlError):
    """Another run holds the workspace, or took it over from this one."""


class LeaseLostError(LockHeldError):
    """Another run took the workspace over from this one, which stood still for too long."""


class MassDeletionError(EtlError):
    """A whole reading of a collection lacks so many stored records that it is doubted."""


class NeverReadError(EtlError):
    """A stream was never read to its end, so nothing can be said of what is stored of it."""


class TooManyRejectsError(EtlError):
    """So many records were refused that the cause is not the records."""


def is_full(error: BaseException) -> bool:
    """Whether somewhere there was no room to write to; a file that may not grow is such a place too."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def install_hint(extra: str) -> str:
    """The mend when a package of one of our extras is missing; no registry has this program."""
    return f"install this program with its extra: `pip install '/path/to/checkout[{extra}]'`"
