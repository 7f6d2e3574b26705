"""Without a database of one's own: sync migrates by itself, `db` reaches in, the demo runs and cleans up."""

import os
import pty
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psycopg
from command_line import CommandLine, assert_says

from intercom_etl.postgres.embedded import EmbeddedPostgres
from intercom_etl.streams import usual_streams


def test_sync_makes_server_and_schema_and_leaves_no_server(online: CommandLine, tmp_path: Path) -> None:
    ended = online("sync", "tags")
    assert ended.code == 0, ended
    assert "schema is up to date: " in ended.err
    assert not EmbeddedPostgres(tmp_path / "home" / "postgres").is_running()
    again = online("sync", "tags")
    assert "schema" not in again.err
    assert online("db", "psql", "--", "-Atc", "select count(*) > 3 from intercom.tags").out == "t\n"
    assert online("db", "psql", stdin="select 41 + 1;").out.split()[2] == "42"
    assert online("db", "psql", "--", "-qc", "select nonsense").code == 1


def test_the_url_works_for_other_programs_until_stop(online: CommandLine, tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "home" / "postgres")
    try:
        url = online("db", "url").out.strip()
        assert online("db", "url").out.strip() == url
        assert server.is_running()
        with psycopg.connect(url) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        stopped = online("db", "stop")
        assert (stopped.code, stopped.err) == (0, "stopped\n")
        assert not server.is_running()
        assert online("db", "stop").err == "it does not run\n"
    finally:
        server.stop(force=True)


def test_stop_is_refused_while_a_command_works_unless_forced(online: CommandLine, tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "home" / "postgres")
    with server.running():
        assert_says(online("db", "stop"), 75, ["in use by another command"], "--force")
        assert online("db", "stop", "--force").code == 0
        assert not server.is_running()


def test_a_server_of_the_users_own_is_not_stopped(cli: CommandLine, database_url: str) -> None:
    assert_says(cli("db", "stop"), 78, ["DATABASE_URL is set"], "unset")
    assert cli("db", "url").out.strip() == database_url


def test_the_demo_shows_a_sync_answers_and_an_incremental_sync(bare: CommandLine, tmp_path: Path) -> None:
    # the user's own settings must not be touched, so they are such that touching them would fail
    ended = bare(
        "demo", "--conversations", "40", "--contacts", "40",
        DATABASE_URL="postgresql://nobody@127.0.0.1:1/x", INTERCOM_ACCESS_TOKEN="not to be used",
    )  # fmt: skip
    assert ended.code == 0, ended
    assert f"ok  run 1  {len(usual_streams((), ()))} streams" in ended.out
    assert "Conversations by state" in ended.out
    assert "meanwhile: 1 new contact, 1 new conversation" in ended.out
    found = re.search(r"(\d+) requests the first time, (\d+) the second", ended.out)
    assert found
    assert int(found[2]) < int(found[1])
    assert not EmbeddedPostgres(tmp_path / "home" / "demo" / "postgres").is_running()
    counted = bare("db", "psql", "--demo", "--", "-Atc", "select count(*) from intercom.conversations")
    assert counted.out == "41\n"
    assert "run 1 " in bare("demo", "--conversations", "1", "--contacts", "1").out


def test_simulate_tells_how_to_use_it_and_ends_with_ctrl_c(bare: CommandLine) -> None:
    process = bare.start("simulate", "--port", "0", "--conversations", "3", "--contacts", "4")
    try:
        assert process.stdout
        lines = [process.stdout.readline().strip() for _ in range(2)]
        names = dict(line.removeprefix("export ").split("=", 1) for line in lines)
        assert set(names) == {"INTERCOM_BASE_URL", "INTERCOM_ACCESS_TOKEN"}
        ended = bare("extract", "contacts", "--out", "landing", "--json", **names)
        assert ended.json["streams"]["contacts"]["read"] == 4
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    finally:
        if process.poll() is None:
            process.kill()
    assert process.returncode == 0
    assert "stop with Ctrl-C" in errors
    assert "Traceback" not in errors


def run_in_terminal(online: CommandLine, *arguments: str, **changes: str) -> str:
    """What a terminal of 80 columns is sent."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", *arguments],
        cwd=online.folder,
        env=online.environment | {"TERM": "xterm-256color", "COLUMNS": "80"} | changes,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    # Linux says that everybody else has closed the terminal with an error
    with process, suppress(OSError):
        while piece := os.read(ours, 65536):
            shown += piece
    os.close(ours)
    assert process.returncode == 0
    return shown.decode()


def test_with_a_terminal_there_are_bars_and_colours_unless_unwanted(online: CommandLine) -> None:
    shown = run_in_terminal(online, "sync", "tags")
    assert "\x1b[32mok\x1b[0m  run 1" in shown
    assert "━" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")  # the cursor is back
    assert "\x1b[3" not in run_in_terminal(online, "sync", "tags", NO_COLOR="1")
    assert "\x1b" not in run_in_terminal(online, "sync", "tags", TERM="dumb")
