"""`intercom-etl runs`: filters, the bars at the foot, and following what happens."""

import io
import json
import signal
import sys
from typing import Any

import pytest
from command_line import CommandLine, assert_says
from truth import execute

from cli.output import Printer
from cli.run_words import counts_of, stream_status
from cli.sparkline import sparkline


def test_bars_grow_with_the_logarithm_and_broken_runs_have_a_mark(capsys: pytest.CaptureFixture[str]) -> None:
    assert sparkline(Printer(), [400_000, 0, 1, 90, 9_000, None]) == "█▁▂▄▆✗"
    assert sparkline(Printer(), [0, 0, None]) == "▁▁✗"
    assert sparkline(Printer(), []) == ""
    assert sparkline(Printer(), [3, 3]) == "██"


def test_a_terminal_without_utf_8_gets_bars_of_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert sparkline(Printer(), [400_000, 0, 1, 90, 9_000, None]) == "#_.-+x"


def test_progress_counts_what_is_read_and_names_what_is_at_work() -> None:
    streams: dict[str, dict[str, Any]] = {
        "tags": {"read": 5, "complete": True},
        "calls": {"read": 2, "complete": False, "error": {"message": "x"}},
        "contacts": {"read": 300, "already_current": 11, "total": 6_702, "complete": False},
        "teams": {"read": 0, "complete": False},
    }
    assert counts_of(streams) == "318 records read, 2 of 4 streams done, now contacts 311 of 6,702"
    assert counts_of({"tags": {"read": 1, "checked": 4}}) == "1 record read"


def test_what_a_run_did_not_come_to_is_not_ok() -> None:
    read, unread = ({"status": "ok", "read": count, "complete": False} for count in (5, 0))
    whole = {"status": "ok", "read": 5, "complete": True}
    for status in ("running", "interrupted", "abandoned", "failed"):
        words = [stream_status({"status": status}, each) for each in (read, unread, whole)]
        assert words == ["unfinished", "not begun", "ok"]
    assert stream_status({"status": "ok"}, unread | {"note": "left out"}) == "ok"
    assert stream_status({"status": "failed"}, {"status": "failed", "read": 1, "complete": False}) == "failed"


RUNS = """
insert into etl.run (workspace_id, command, asked, status, started_at, finished_at, exit_code, streams,
                     host, pid, program_version)
values ('acme', 'sync', '{}', 'ok', now() - interval '3 days', now(), 0,
        '{"tags": {"rows": {"tags": 400}, "quarantined": 2}}', 'here', 7, '0'),
       ('acme', 'sync', '{}', 'ok', now(), now(), 0, '{"tags": {"rows": {}}}', 'here', 7, '0'),
       ('acme', 'verify', '{}', 'partial', now(), now(), 4, '{"tags": {"missing": 1}}', 'here', 7, '0'),
       (null, 'sync', '{}', 'failed', now(), now(), 77, '{}', 'here', 7, '0'),
       ('acme', 'sync', '{}', 'running', now(), null, null, '{}', 'here', 7, '0')
"""


def test_runs_can_be_filtered_and_the_foot_compares_them(cli: CommandLine, database_url: str) -> None:
    execute(database_url, RUNS)

    def ids(*arguments: str) -> list[int]:
        return [row["id"] for row in cli("runs", "--json", *arguments).json]

    assert ids("--since", "1d", "--command", "sync") == [5, 4, 2]
    assert ids("--failed") == [4, 3]
    assert ids("--workspace", "acme", "--limit", "3") == [5, 3, 2]
    assert cli("runs", "list", "--workspace", "nobody").err == "no such runs\n"
    table, foot = cli("runs", "list").out.split("\n\n")
    assert [line.split()[0] for line in table.splitlines()] == ["id", "5", "4", "3", "2", "1"]
    assert foot.splitlines() == [
        "sync    █▁✗  last 3 runs: 0 to 400 rows, 1 failed",
        "verify  ▁  last 1 run: 0 rows",
    ]


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (
            ["runs", "--command", "snyc"],
            ["--command is `snyc`: no such command has runs"],
            "did you mean `sync`?",
        ),
        (["runs", "list", "--since", "never"], ["--since `never` is not a time"], "`7d`"),
        (["runs", "--since", "7d", "list"], ["`--since` stands before `list`"], "runs list --help"),
        (["runs", "show", "x"], ["ID is `x`: it is not a whole number"], "runs show --help"),
        (["runs", "tail", "--limit", "-1"], ["--limit is `-1`: it is too small"], "runs tail --help"),
        (["status", "--max-lag", "soon"], ["--max-lag `soon` is not a span of time"], "`30m`"),
        (["status", "--max-lag", "0m"], ["--max-lag `0m` is not a span of time"], "`30m`"),
        (["status", "--watch", "0"], ["--watch is `0`: it is too small"], "status --help"),
        (["status", "--watch=x"], ["--watch is `x`: it is not a whole number"], "status --help"),
        (["status", "--watch", "contcts"], ["unknown stream `contcts`"], "did you mean `contacts`"),
        (["status", "contcts"], ["unknown stream `contcts`"], "did you mean `contacts`"),
    ],
)
def test_a_wrong_command_line(bare: CommandLine, arguments: list[str], error: list[str], hint: str) -> None:
    assert_says(bare(*arguments), 2, error, hint)


def test_tail_has_nothing_to_follow_where_nothing_is(bare: CommandLine) -> None:
    assert_says(bare("runs", "tail"), 2, ["no runs to follow", "not made yet"], "intercom-etl sync")


def test_tail_follows_a_run_from_its_beginning_to_its_end(cli: CommandLine, database_url: str) -> None:
    execute(database_url, RUNS)
    process = cli.start("runs", "tail", "--json", "--command", "sync", "--limit", "1")
    assert process.stdout is not None
    try:
        going_on = json.loads(process.stdout.readline())
        assert (going_on["event"], going_on["run"]["id"]) == ("begins", 5)
        execute(
            database_url,
            "insert into etl.run (command, asked, started_at, host, pid, program_version)"
            " values ('sync', '{}', now(), 'here', 1, '0')",
        )
        begun = json.loads(process.stdout.readline())
        assert (begun["event"], begun["run"]["id"], begun["run"]["status"]) == ("begins", 6, "running")
        execute(database_url, """update etl.run set streams = '{"tags": {"read": 5}}' where id = 6""")
        progress = json.loads(process.stdout.readline())
        assert (progress["event"], progress["run"]["streams"]["tags"]["read"]) == ("progress", 5)
        execute(
            database_url,
            "update etl.run set status = 'failed', finished_at = now(), error = 'why', exit_code = 75"
            " where id = 6",
        )
        ended = json.loads(process.stdout.readline())
        assert (ended["event"], ended["run"]["error"]) == ("ends", "why")
    finally:
        process.terminate()
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")


def test_tail_says_it_in_words_until_somebody_ends_it(cli: CommandLine, database_url: str) -> None:
    execute(database_url, RUNS)
    process = cli.start("runs", "tail", "--limit", "3")
    assert process.stdout is not None
    said = [process.stdout.readline().split("  ", 1)[1] for _ in range(3)]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert said == [
        "run 3 verify partial after 0.0s, 0 rows, exit 4\n",
        "run 4 sync failed after 0.0s, 0 rows, exit 77\n",
        "run 5 sync begins\n",
    ]
