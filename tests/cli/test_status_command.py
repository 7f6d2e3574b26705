"""`intercom-etl status`: how far behind each stream is, for people, for cron and for a screen on the wall."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from command_line import TOKEN, CommandLine, assert_says
from truth import execute

from cli.watch import _shortened
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

FEW = {"INTERCOM_ETL_STREAMS": "contacts,tags,teams"}

BACKFILL = """
insert into etl.backfill (workspace_id, stream, from_at, to_at, step, done_to, records, run_id, epoch,
                          started_at)
select workspace_id, 'contacts', '2026-01-01', '2026-02-05', '10 days', '2026-01-21', 7, 1, 1, now()
  from etl.run limit 1
"""
PENDING = """
insert into etl.quarantine (run_id, first_run_id, workspace_id, stream, record_id, raw, reason, pending,
                            created_at, seen_at, fetched_at)
select 1, 1, workspace_id, 'contacts', 'x', '{}', 'r', true, now(), now(), now() from etl.run limit 1
"""
WORKING = """
update etl.run
   set streams = '{"tags": {"read": 5, "complete": true}, "teams": {"read": 0, "complete": false},
                   "contacts": {"read": 311, "total": 6702, "complete": false}}'
 where command = 'sync'
"""


# what a sync of these streams leaves behind when it has just ended
COPIED = """
insert into etl.run (workspace_id, command, asked, status, started_at, finished_at, exit_code, streams,
                     host, pid, program_version)
values ('acme', 'verify', '{}', 'ok', now() - interval '3 hours', now() - interval '3 hours', 0,
        '{"tags": {"status": "ok", "stored": 30}}', 'here', 7, '0'),
       ('acme', 'sync', '{}', 'ok', now(), now(), 0, '{}', 'here', 7, '0');
insert into etl.lease (workspace_id, epoch) values ('acme', 1);
insert into etl.bookmark (workspace_id, stream, value, completed_at, run_id, epoch)
values ('acme', 'contacts', now() - interval '15 minutes', now(), 1, 1),
       ('acme', 'tags', null, now(), 1, 1),
       ('acme', 'teams', null, now(), 1, 1)
"""


@pytest.fixture
def copied(cli: CommandLine, database_url: str) -> CommandLine:
    """Three streams, just read."""
    cli.environment |= FEW
    execute(database_url, COPIED)
    return cli


def test_a_fresh_copy_is_quiet_and_a_stale_one_names_each_stream_and_its_lag(
    copied: CommandLine, database_url: str
) -> None:
    fresh = copied("status", "--max-lag", "30m", "--quiet")
    assert (fresh.code, fresh.out, fresh.err) == (0, "", "")
    execute(
        database_url,
        "update etl.bookmark set value = now() - interval '146 minutes' where stream = 'contacts'",
    )
    execute(
        database_url, "update etl.bookmark set completed_at = now() - interval '3 days' where stream = 'tags'"
    )
    stale = copied("status", "--max-lag", "30m", "--quiet")
    assert (stale.code, stale.out) == (4, "")
    [line] = stale.error_lines
    assert re.fullmatch(
        r"error: intercom-etl status: 2 streams of workspace `\w+` are behind, and 30m is allowed:"
        r" tags 3d, contacts 2h26m; hint: run `intercom-etl sync`.* \(exit 4\)",
        line,
    ), line
    [line] = copied("status", "contacts", "--max-lag", "30m", "--quiet").error_lines
    assert re.match(
        r"error: intercom-etl status: contacts of workspace `\w+` is 2h26m behind, and 30m is allowed; hint:",
        line,
    ), line
    shown = copied("status", "--max-lag", "30m")
    assert shown.code == 4
    assert re.search(r"^contacts .* 2h26m +0  stale > 30m$", shown.out, re.MULTILINE)
    assert re.search(r"^teams .* fresh$", shown.out, re.MULTILINE)
    assert copied("status").code == 0


def test_only_the_streams_that_are_named_are_judged_and_shown(copied: CommandLine, database_url: str) -> None:
    execute(
        database_url, "update etl.bookmark set completed_at = now() - interval '3 days' where stream = 'tags'"
    )
    assert copied("status", "contacts", "--max-lag", "30m", "-q").code == 0
    told = copied("status", "tags", "contacts", "--max-lag", "30m", "--json")
    assert told.code == 4
    assert told.json["exit_code"] == 4
    assert told.json["max_lag_seconds"] == 1800
    (stale,) = told.json["stale"]
    assert stale["stream"] == "tags"
    assert 259_200 <= stale["lag_seconds"] < 260_000
    (workspace,) = told.json["workspaces"]
    states = {each["stream"]: each["state"] for each in workspace["streams"]}
    assert states == {"contacts": "fresh", "tags": "stale"}
    lags = {each["stream"]: each["lag_seconds"] for each in workspace["streams"]}
    assert 900 <= lags["contacts"] < 1_200  # behind by the lookback


def test_one_of_several_workspaces_can_be_asked_about(copied: CommandLine, database_url: str) -> None:
    execute(
        database_url,
        "insert into etl.bookmark (workspace_id, stream, completed_at, epoch) values ('old', 'tags',"
        " now() - interval '300 days', 1)",
    )
    assert copied("status", "--max-lag", "1d", "-q").code == 4
    assert copied("status", "--max-lag", "1d", "-q", "--workspace", "acme").code == 0
    assert "old" not in copied("status", "--workspace", "acme").out
    wrong = copied("status", "--workspace", "acne")
    assert_says(wrong, 2, ["nothing is stored of a workspace `acne`"], "`acme`, `old`")


def test_what_was_never_read_to_its_end_is_stale(cli: CommandLine, bare: CommandLine) -> None:
    nothing = cli("status", "--max-lag", "1d", "-q")
    assert nothing.code == 4
    [line] = nothing.error_lines
    some = r"(\w+ never read to its end(, )?){4}"
    assert re.search(rf"status: 32 streams are behind, and 24h is allowed: {some} and 28 more; hint", line), (
        line
    )
    assert "tags was never read to its end" in cli("status", "tags", "--max-lag", "1d", "-q").err
    assert cli("sync", "tags", "-q").code == 0
    named = cli("status", "tags", "teams", "--max-lag", "1d")
    assert named.code == 4
    assert [line for line in named.error_lines if line.startswith("error")] == [
        line for line in named.error_lines if "teams of workspace" in line
    ]


def test_a_limit_below_the_lookback_is_explained(copied: CommandLine) -> None:
    ended = copied("status", "contacts", "--max-lag", "1m")
    assert ended.code == 4
    assert "stays 15 minutes behind its run (INTERCOM_ETL_LOOKBACK_MINUTES)" in ended.err


def test_a_collection_that_the_api_lacks_is_not_stale_and_a_refused_one_says_why(cli: CommandLine) -> None:
    workspace = Workspace(seed=5, size=Size(contacts=2, conversations=1), token=TOKEN)
    workspace.forbid("/brands", 404, "not_found")
    workspace.forbid("/teams", 403)
    cli.environment["INTERCOM_ETL_STREAMS"] = "brands,tags,teams"
    with SimulatorServer(workspace) as server:
        assert cli("sync", "-q", INTERCOM_BASE_URL=server.url).code == 3
    ended = cli("status", "--max-lag", "1d")
    assert ended.code == 4
    assert re.search(r"^brands .* the API does not have it$", ended.out, re.MULTILINE)
    assert re.search(r"^teams .* never read to its end$", ended.out, re.MULTILINE)
    assert "unread    teams: `GET /teams` was answered 403" in ended.out
    assert [line.split()[1] for line in ended.error_lines if line.startswith("error")] == ["teams"]
    assert "leave the streams out with INTERCOM_ETL_STREAMS" in ended.err


def test_the_last_check_open_backfills_and_pending_records_are_told(
    cli: CommandLine, database_url: str
) -> None:
    assert cli("sync", "tags", "-q").code == 0
    assert "verified  never: `intercom-etl verify`" in cli("status").out
    execute(database_url, "delete from intercom.tags where id = (select min(id) from intercom.tags)")
    assert cli("verify", "tags", "--sample", "0").code == 0
    execute(database_url, BACKFILL)
    execute(database_url, PENDING)
    status = cli("status")
    assert "verified  drift in 1 record, " in status.out
    assert "next: `intercom-etl runs show 2`, `intercom-etl verify --fix`" in status.err
    assert (
        "backfill  1 contacts, 2026-01-01 to 2026-02-05: 2 of 4 windows done, 7 read;"
        " `intercom-etl backfill --resume 1`" in status.out
    )
    assert (
        "refused   1 record in quarantine: `intercom-etl quarantine list`; 1 pending: the next" in status.out
    )
    (workspace,) = cli("status", "--json").json["workspaces"]
    assert workspace["verified"]["drift"] == 1
    assert workspace["verified"]["run_id"] == 2
    assert workspace["backfills"][0]["windows"] == 4
    assert [each["pending"] for each in workspace["streams"] if each["stream"] == "contacts"] == [1]


def test_a_run_at_work_shows_how_far_it_is(copied: CommandLine, database_url: str) -> None:
    idle = copied("status").out
    assert "lease     free: no run is at work" in idle
    assert "verified  clean, 30 records of 1 stream, 3h ago by run 1" in idle
    execute(
        database_url,
        "update etl.lease set run_id = 2, host = 'here', pid = 7, acquired_at = now(),"
        " expires_at = now() + interval '1 hour'",
    )
    execute(database_url, WORKING)
    shown = copied("status").out
    assert re.search(
        r"^working   run 2 sync \(pid 7 on here\), for \d+s: 316 records read", shown, re.MULTILINE
    )
    assert "1 of 3 streams done, now contacts 311 of 6,702" in shown
    assert copied("status", "--json").json["workspaces"][0]["holder"]["streams"]["contacts"]["read"] == 311


def test_a_run_that_was_killed_does_not_look_as_if_it_went_on(copied: CommandLine, database_url: str) -> None:
    execute(
        database_url,
        "update etl.run set status = 'running', finished_at = null, started_at = now() - interval '8 hours'"
        " where id = 2",
    )
    assert "last run  2 sync, running 8h ago, and nobody works at it" in copied("status").out


def test_watching_prints_again_and_again_and_ends_well(copied: CommandLine) -> None:
    process = copied.start("status", "--watch", "1")
    assert process.stdout is not None
    separators = (line for line in process.stdout if line.startswith("--- "))
    assert [next(separators)[:4] for _ in range(2)] == ["--- ", "--- "]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, ""), out


def test_watching_makes_no_sense_in_silence(bare: CommandLine) -> None:
    ended = bare("status", "--watch", "2", "--quiet")
    assert ended.code == 2
    assert "--quiet and --watch contradict each other" in ended.err


def test_watching_ends_when_nobody_reads_any_more(copied: CommandLine) -> None:
    with copied.start("status", "--watch", "1") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("--- ")
        process.stdout.close()
        assert process.wait(timeout=60) == 0


def test_watching_on_a_terminal_draws_over_what_was_there(copied: CommandLine) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "status", "--watch", "1"],
        cwd=copied.folder,
        env=copied.with_changes({"TERM": "xterm", "COLUMNS": "80", "LINES": "10"}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        frames = _frames(ours)
        first, second = next(frames), next(frames)
        process.terminate()
        for _ in frames:
            pass
    os.close(ours)
    assert process.returncode == 0
    for frame in (first, second):
        lines = frame.split("\r\n")
        assert "Ctrl-C ends it" in lines[0]
        assert len(lines) <= 10
        assert sum("more lines" in line for line in lines) == 1


def test_what_is_cut_from_a_low_window_is_the_middle_of_the_table() -> None:
    lines = ["head", "workspace", "", *(f"stream {n}" for n in range(20)), "", "lease", "schema"]
    assert _shortened(lines, 8, lambda left: f"and {left}") == [
        "head", "workspace", "", "stream 0", "stream 1", "and 19", "lease", "schema"
    ]  # fmt: skip
    assert _shortened(["a", "", *"bcdefgh"], 4, lambda left: f"and {left}") == ["a", "", "b", "and 6"]


def _frames(terminal: int) -> Iterator[str]:
    """What is drawn between two returns to the upper left corner."""
    shown = b""
    while True:
        try:
            piece = os.read(terminal, 65_536)
        except OSError:  # Linux says so that everybody else has closed the terminal
            return
        shown += piece
        while b"\x1b[J" in shown:
            frame, shown = shown.split(b"\x1b[J", 1)
            yield frame.decode()


def test_watching_as_json_is_an_object_a_line_and_the_seconds_may_be_left_out(
    copied: CommandLine,
) -> None:
    process = copied.start("status", "--watch", "tags", "--json")
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert [each["stream"] for each in told["workspaces"][0]["streams"]] == ["tags"]
