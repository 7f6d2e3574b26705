"""What PostgreSQL quotes of a row stays out of messages, logs and reports of bugs."""

from pathlib import Path

import psycopg
import pytest

from cli.bug import save_traceback
from cli.output import Printer
from intercom_etl.errors import DatabaseError
from intercom_etl.postgres.connection import Database

PERSON = "jane.roe@example.org"
REFUSED = [
    "insert into intercom.tags (workspace_id, id, name) values ('w', '1', '{0}')",
    "insert into etl.lease (workspace_id, epoch) values ('{0}', 1), ('{0}', 2)",
    "insert into etl.lease (workspace_id, epoch) values ('w', '{0}')",
    "select '[{0}'::jsonb",
]


def save_and_read(printer: Printer, bug: BaseException) -> str:
    hint = save_traceback(printer, bug).hint or ""
    return Path(hint.split("`")[1]).read_text()


@pytest.mark.parametrize("statement", REFUSED)
async def test_a_row_that_is_refused_is_not_quoted(
    database: Database, tmp_path: Path, statement: str
) -> None:
    with pytest.raises(DatabaseError) as caught:
        async with database.transaction() as tx:
            await tx.execute(statement.format(PERSON).encode())
    cause = caught.value.__cause__
    assert isinstance(cause, psycopg.Error)
    assert caught.value.sqlstate
    assert PERSON in str(cause)
    assert PERSON not in f"{caught.value.message} {caught.value.hint}"

    printer = Printer()
    printer.crash_folder = tmp_path
    bug = RuntimeError("while handling it")
    bug.__context__ = ExceptionGroup("several", [caught.value])
    report = save_and_read(printer, bug)
    assert f"SQLSTATE {cause.sqlstate}" in report
    assert PERSON not in report


def test_a_traceback_that_cannot_be_saved_anywhere_is_still_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose root is read-only."""

    def nowhere() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", nowhere)
    error = save_traceback(Printer(), KeyError(PERSON))
    assert error.message == "this is a bug in intercom-etl: KeyError"
    assert error.hint == "please report it; the traceback could not be saved anywhere"
