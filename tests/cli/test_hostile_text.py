"""Strings that others wrote reach the screen as text, whichever command shows them, and SQL as names."""

import json
import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from typing import Any

import pytest
from command_line import TOKEN, CommandLine
from truth import execute, rows

from cli.output import Printer
from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

# retitles the window, clears the screen, hides, turns writing around, C1 CSI, a line of its own, markup
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x1b[8m\u202e\u009b31m\r\nok  forged line\x7f\u2028[red]x[/red]"
HARMFUL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def spoilt(content: Any) -> Any:
    """An answer in which everything that people write is hostile, with a member that nobody knows."""
    if isinstance(content, list):
        return [spoilt(item) for item in content]
    if not isinstance(content, dict):
        return content
    known = {
        key: f"{HOSTILE}{value}"
        if key in ("name", "full_name", "label", "email", "id_code") and isinstance(value, str)
        else spoilt(value)
        for key, value in content.items()
    }
    return known | {HOSTILE: 1} if "id" in content else known


def assert_harmless(text: str) -> None:
    assert HARMFUL.findall(text) == [], text
    assert not [line for line in text.splitlines() if line.startswith("ok  forged")], text


def test_no_command_lets_a_name_steer_the_terminal(cli: CommandLine, database_url: str) -> None:
    workspace = Workspace(seed=7, size=Size(contacts=6, conversations=3, companies=2, tickets=1), token=TOKEN)
    contact = next(iter(workspace.contacts))
    odd = json.dumps({"type": "contact", "id": {HOSTILE: HOSTILE}, "updated_at": HOSTILE}).encode()
    workspace.plant("contacts", contact, odd)
    with SimulatorServer(workspace) as server:
        server.faults = Faults(Fault("edit", edit=spoilt))
        cli.environment["INTERCOM_BASE_URL"] = server.url
        seen = [
            cli("sync", "tags", "contacts", "data_attributes", "-v", "--log-format", "json"),
            cli("doctor"),
        ]
        assert [ended.code for ended in seen] == [3, 0], seen
        shown = show_in_terminal(cli, "sync", "tags", "admins")
    execute(
        database_url,
        "update etl.run set error = $$" + HOSTILE + "$$, host = $$" + HOSTILE + "$$,"
        " asked = jsonb_build_object('since', $$" + HOSTILE + "$$), status = 'failed'"
        " where id = 1",
    )
    streams = rows(database_url, "select streams from etl.run where id = 1")[0]["streams"]
    for each in streams.values():
        each |= {"error": {"message": HOSTILE, "hint": HOSTILE}, "note": HOSTILE, "status": HOSTILE}
    told = json.dumps(streams).replace("'", "''")
    execute(database_url, f"update etl.run set streams = '{told}' where id = 1")
    commands = (
        "status",
        "status --json",
        "runs",
        "quarantine list",
        "quarantine show 1",
        "runs show 1 --json",
    )
    seen += [cli(*command.split()) for command in commands]
    document = seen[-1].out
    seen.append(cli("erase", HOSTILE))
    for ended in seen:
        assert_harmless(ended.out)
        assert_harmless(ended.err)
    everything = "".join(ended.out + ended.err for ended in seen)
    assert everything.count("[red]x[/red]") > 20
    assert json.loads(document)["error"] == HOSTILE
    assert "\x1b]0;" not in shown
    assert "\x1b[8m" not in shown
    assert "[red]x[/red]" in shown
    workspaces = rows(database_url, "select distinct workspace_id as id from intercom.tags")
    assert [row["id"].startswith(HOSTILE) for row in workspaces] == [True]


def show_in_terminal(cli: CommandLine, *arguments: str) -> str:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", *arguments], cwd=cli.folder, stdin=theirs, stdout=theirs, stderr=theirs,
        env=cli.environment | {"TERM": "xterm-256color", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    with process, suppress(OSError):
        while piece := os.read(ours, 65536):
            shown += piece
    os.close(ours)
    assert process.returncode == 0
    return shown.decode()


def test_whoever_forgets_to_clean_a_line_is_saved(capsys: pytest.CaptureFixture[str]) -> None:
    printer = Printer()
    printer.data(f"a {HOSTILE} \x1b[31mred\x1b[0m")
    printer.talk(f"b {HOSTILE}")
    shown = capsys.readouterr()
    assert_harmless(shown.out.replace("\x1b[31m", "").replace("\x1b[0m", ""))
    assert shown.out.endswith("\x1b[31mred\x1b[0m\n")
    assert_harmless(shown.err)
    assert len(shown.out.splitlines()) == len(shown.err.splitlines()) == 1
    printer.document({HOSTILE: HOSTILE})
    document = capsys.readouterr().out
    assert_harmless(document)
    assert json.loads(document) == {HOSTILE: HOSTILE}
