"""What `runs list` shows: the runs, and how the last ones of each command compare."""

from typing import Any

from cli.output import Printer
from cli.run_words import quarantined_by, rows_of, took
from cli.sparkline import sparkline
from cli.table import counted, moment, table
from cli.terminal import terminal_width
from intercom_etl.run_history import Trend


def show_list(printer: Printer, found: list[dict[str, Any]]) -> None:
    """The table."""
    rows = [
        (
            str(row["id"]),
            moment(row["started_at"]),
            took(row),
            row["command"],
            f"{rows_of(row):,}",
            f"{quarantined_by(row):,}",
            "-" if row["exit_code"] is None else str(row["exit_code"]),
            row["status"],
            row["error"] or "",
        )
        for row in found
    ]
    head = ("id", "started (UTC)", "took", "command", "rows", "quar", "exit", "status", "error")
    for line in table(
        head,
        rows,
        right="rlrlrrr",
        width=terminal_width(),
        printer=printer,
    ):
        printer.data(line)


def show_trends(printer: Printer, trends: list[Trend]) -> None:
    """The foot: a bar for each of the last runs of a command."""
    width = max((len(trend.command) for trend in trends), default=0)
    printer.data()
    for trend in trends:
        sizes = [rows for rows in trend.rows if rows is not None]
        broken = len(trend.rows) - len(sizes)
        least = f"{min(sizes):,} to " if sizes and min(sizes) < max(sizes) else ""
        span = f"{least}{counted(max(sizes, default=0), 'row')}"
        bad = f", {broken:,} failed" if broken else ""
        line = sparkline(printer, trend.rows)
        printer.data(f"{trend.command:<{width}}  {line}  last {counted(len(trend.rows), 'run')}: {span}{bad}")
