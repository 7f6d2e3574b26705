"""`intercom-etl runs`: filters, the bars at the foot, and following what happens."""

import io
import json
import sys
from typing import Any

import pytest
from command_line import CommandLine, assert_says
from truth import execute, rows

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


def test_runs_can_be_filtered_and_the_foot_compares_them(cli: CommandLine, database_url: str) -> None:
    for _ in range(2):
        assert cli("sync", "tags", "-q").code == 0
    assert cli("verify", "tags", "--sample", "0", "-q").code == 0
    cli("sync", "tags", "-q", INTERCOM_ACCESS_TOKEN="wrong-token-wrong-token")
    execute(database_url, "update etl.run set started_at = now() - interval '3 days' where id = 1")

    def ids(*arguments: str) -> list[int]:
        return [row["id"] for row in cli("runs", "--json", *arguments).json]

    assert ids() == [4, 3, 2, 1]
    assert ids("--since", "1d") == [4, 3, 2]
    assert ids("--command", "sync") == [4, 2, 1]
    assert ids("--command", "verify", "--since", "1d") == [3]
    assert ids("--failed") == [4]
    (workspace,) = {row["workspace_id"] for row in rows(database_url, "select workspace_id from etl.lease")}
    assert ids("--workspace", workspace) == [3, 2, 1]
    assert ids("--workspace", "nobody") == []
    assert cli("runs", "list", "--workspace", "nobody").err == "no such runs\n"
    table, foot = cli("runs", "list").out.split("\n\n")
    assert len(table.splitlines()) == 5
    written = sum(
        rows(database_url, "select streams #> '{tags,rows}' as n from etl.run where id = 1")[0]["n"].values()
    )
    assert foot.splitlines() == [
        f"sync    █▁✗  last 3 runs: 0 to {written} rows, 1 failed",
        "verify  ▁  last 1 run: 0 to 0 rows",
    ]
    assert cli("runs", "--command", "verify").out.split("\n\n")[1].startswith("verify  ▁")


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
        (["status", "--watch", "2", "-q"], ["--quiet and --watch contradict"], "one of them"),
    ],
)
def test_a_wrong_command_line(bare: CommandLine, arguments: list[str], error: list[str], hint: str) -> None:
    assert_says(bare(*arguments), 2, error, hint)


def test_tail_has_nothing_to_follow_where_nothing_is(bare: CommandLine) -> None:
    assert_says(bare("runs", "tail"), 2, ["no runs to follow", "not made yet"], "intercom-etl sync")


def test_tail_follows_a_run_from_its_beginning_to_its_end(cli: CommandLine, database_url: str) -> None:
    assert cli("sync", "tags", "-q").code == 0
    process = cli.start("runs", "tail", "--json")
    assert process.stdout is not None
    try:
        earlier = json.loads(process.stdout.readline())
        assert (earlier["event"], earlier["run"]["id"]) == ("ends", 1)
        execute(
            database_url,
            "insert into etl.run (command, asked, started_at, host, pid, program_version)"
            " values ('sync', '{}', now(), 'here', 1, '0')",
        )
        begun = json.loads(process.stdout.readline())
        assert (begun["event"], begun["run"]["id"], begun["run"]["status"]) == ("begins", 2, "running")
        execute(database_url, """update etl.run set streams = '{"tags": {"read": 5}}' where id = 2""")
        progress = json.loads(process.stdout.readline())
        assert (progress["event"], progress["run"]["streams"]["tags"]["read"]) == ("progress", 5)
        execute(
            database_url,
            "update etl.run set status = 'failed', finished_at = now(), error = 'why', exit_code = 75"
            " where id = 2",
        )
        ended = json.loads(process.stdout.readline())
        assert (ended["event"], ended["run"]["error"]) == ("ends", "why")
    finally:
        process.terminate()
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")


def test_tail_says_it_in_words(cli: CommandLine) -> None:
    assert cli("sync", "tags", "-q").code == 0
    process = cli.start("runs", "tail", "--limit", "1")
    assert process.stdout is not None
    line = process.stdout.readline()
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert "  run 1 sync ok after " in line
    assert line.endswith(" rows\n")
