"""How numbers, times and strange texts look."""

import os
import pty
import sys
import termios
from datetime import UTC, datetime, timedelta

import pytest

from cli.options import parse_since
from cli.output import Printer, clean
from cli.table import age, counted, duration, span, table
from cli.terminal import terminal_width
from intercom_etl.database import secrets_of
from intercom_etl.errors import EtlError
from intercom_etl.settings import Settings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.04, "0.0s"),
        (9.94, "9.9s"),
        (12, "12s"),
        (59.6, "1m00s"),
        (112, "1m52s"),
        (3_660, "1h01m"),
        (200_000, "2d07h"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_a_span_leaves_out_what_is_nothing() -> None:
    minutes = {30: "30m", 146: "2h26m", 120: "2h", 1_500: "25h", 4_320: "3d", 4_380: "3d01h"}
    assert {each: span(timedelta(minutes=each)) for each in minutes} == minutes
    assert span(timedelta(seconds=70)) == "1m10s"


def test_an_age_has_one_unit() -> None:
    spans = [(None, "-"), (5, "5s"), (65, "1m"), (7_300, "2h"), (90_000, "1d"), (-5, "0s")]
    for seconds, shown in spans:
        moment = None if seconds is None else NOW - timedelta(seconds=seconds)
        assert age(moment, NOW) == shown


def test_counts_speak_english() -> None:
    assert counted(1, "row") == "1 row"
    assert counted(51_539, "row") == "51,539 rows"
    assert counted(2, "retry", "retries") == "2 retries"


def test_columns_line_up_whatever_the_letters() -> None:
    lines = table(("name", "n"), [("Übersetzung", "7"), ("日本語", "12,000")], right="lr")
    assert lines == ["name              n", "Übersetzung       7", "日本語       12,000"]


def test_the_last_column_gives_way_on_a_narrow_terminal() -> None:
    lines = table(("id", "error"), [("1", "x" * 100)], width=30)
    assert [len(line) for line in lines] == [9, 30]
    assert lines[1].endswith("…")


def test_a_name_cannot_steer_the_terminal() -> None:
    assert clean("a\x1b[2J\x07b\nc\u202ed") == "a [2J b c d"
    assert table(("tag",), [("[red]x\x1b[31m",)])[1] == "[red]x [31m"


def test_spans_and_times_become_utc() -> None:
    assert parse_since("7d", NOW) == NOW - timedelta(days=7)
    assert parse_since("90m", NOW) == NOW - timedelta(minutes=90)
    assert parse_since("2026-01-02T03:04:05+02:00", NOW) == datetime(2026, 1, 2, 1, 4, 5, tzinfo=UTC)
    assert parse_since(None, NOW) is None


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:p%40ssw0rd@host/db",
        "host=x user=me password='p@ssw0rd' dbname=y",
        "postgresql://host/db?user=me&password=p%40ssw0rd",
        "postgresql://me:p@ssw0rd@host/db",
    ],
)
def test_a_password_is_known_in_every_form_of_address(url: str) -> None:
    settings = Settings.load(database_url=url, intercom_access_token="the-token-of-this-test")
    printer = Printer()
    printer.keep_secret(secrets_of(settings))
    assert printer.scrub("the-token-of-this-test") == "****"
    assert "ssw0rd" not in printer.scrub("here p@ssw0rd there")
    assert "ssw0rd" not in printer.scrub(url)


def test_an_error_is_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    Printer().fail(EtlError("first\nsecond", "mend\r\nit"), 3)
    assert capsys.readouterr().err == "error: first second\nhint: mend it\n"
    assert sys.stderr


def test_a_terminal_without_a_size_is_taken_for_a_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `docker run -t` gives one, and `script`."""
    monkeypatch.delenv("COLUMNS", raising=False)
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as screen, os.fdopen(ours, "rb"):
        assert terminal_width(screen) == 80
        termios.tcsetwinsize(theirs, (50, 200))
        assert terminal_width(screen) == 200
