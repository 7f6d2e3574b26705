"""What PostgreSQL refuses because of the data and not because of itself."""

import psycopg

from intercom_etl.batch import Reject, Row

# data that does not fit, limits exceeded (nesting, size), constraints: the record's own fault
POISON = ("22", "54", "23")
# psycopg refuses some values before PostgreSQL sees them
REFUSALS = (psycopg.Error, UnicodeEncodeError, OverflowError)


def is_poison(error: Exception) -> bool:
    """Whether the data is at fault and not the server. psycopg refuses some values by itself."""
    if not isinstance(error, psycopg.Error):
        return True
    state = error.sqlstate
    return isinstance(error, psycopg.DataError) if state is None else state.startswith(POISON)


def reject_of(table: str, identity: str, row: Row, error: Exception) -> Reject:
    """The row as a reject, with a reason that does not show it."""
    # only the class of the error: PostgreSQL's own words may quote the row
    state = getattr(error, "sqlstate", None)
    why = type(error).__name__ + (f" (SQLSTATE {state})" if state else "")
    return Reject(table, identity, row.raw.decode(errors="replace"), f"PostgreSQL refused the value: {why}")
