"""What a terminal shows of a run at work: rows that fit, however narrow it is, with however many streams."""

from io import StringIO

import pytest
from rich.console import Console

from cli.bars import Bars
from intercom_etl.report import StreamReport


def shown(width: int, streams: int, at_work: int) -> list[str]:
    console = Console(file=StringIO(), width=width, height=24, force_terminal=True, color_system=None)
    bars = Bars(console)
    names = [f"subscription_types_{number}" for number in range(streams)]
    bars.started("Acme", names, None)
    for name in names[:at_work]:
        report = StreamReport(name, read=123_456, total=234_567)
        report.inserted, report.updated, report.buried, report.rejected = 100_000, 3_456, 5, 12
        bars.advanced(report)
    with console.capture() as captured:
        console.print(bars)
    return captured.get().splitlines()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
def test_every_row_is_one_line_that_fits(width: int) -> None:
    lines = shown(width, 30, 4)
    assert len(lines) == 5
    # `^C` has to fit behind the last one
    assert max(map(len, lines)) <= width - 3


def test_on_a_usual_terminal_a_row_has_bar_amount_and_time() -> None:
    first = shown(80, 30, 4)[0]
    assert "━━━━━━━━" in first
    assert first.endswith("123,456 / 234,567  0:00:00")


def test_on_a_wide_one_it_says_what_became_of_the_records() -> None:
    assert shown(140, 30, 4)[0].endswith("100,000 new, 3,456 changed, 5 gone, 12 quarantined")


def test_only_streams_at_work_have_a_row_and_the_others_are_counted() -> None:
    assert shown(80, 30, 4)[-1] == "0 of 30 streams done, 26 waiting"
    assert len(shown(80, 60, 60)) < 24
