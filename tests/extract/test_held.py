"""Which failures say something of the API, and which only of their record."""

import pytest

from intercom_etl.errors import (
    ApiDownError,
    BudgetSpentError,
    CredentialsError,
    NotAvailableError,
    RetriableApiError,
)
from intercom_etl.extract.held import FAILURES_ALLOWED, Tolerance


def test_what_failed_in_an_earlier_run_may_fail_again_however_often() -> None:
    tolerance = Tolerance()
    for _ in range(20):
        tolerance.note(RetriableApiError("500", request="GET /x"), is_known=True)
        tolerance.note(NotAvailableError("403", request="GET /x"), is_known=True)
    for _ in range(FAILURES_ALLOWED):
        tolerance.note(RetriableApiError("500", request="GET /y"))
    with pytest.raises(RetriableApiError):
        tolerance.note(RetriableApiError("500", request="GET /y"))


@pytest.mark.parametrize("kind", [ApiDownError, BudgetSpentError, CredentialsError])
def test_what_is_no_matter_of_the_record_stops_all_at_once(kind: type[RetriableApiError]) -> None:
    with pytest.raises(kind):
        Tolerance().note(kind("no more", request="GET /x"), is_known=True)
