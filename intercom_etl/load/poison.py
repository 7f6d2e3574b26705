"""What PostgreSQL refuses because of the data and not because of itself."""

from dataclasses import replace

import psycopg

from intercom_etl.batch import Reject, Row
from intercom_etl.stream import Children

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


def part_reject_of(declared: Children, parent_id: str, row: Row, error: Exception) -> Reject:
    """A child's row as a reject, with all that tells it apart from its siblings."""
    label = None if declared.labelled is None else str(row.values[declared.labelled])
    place = None if declared.numbered is None else row.values[declared.numbered]
    reject = reject_of(declared.table, str(row.values[declared.key]), row, error)
    return replace(reject, parent_id=parent_id, label=label, place=place)
