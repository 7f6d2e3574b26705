"""Whoever reads what the program says may be gone, deaf to UTF-8, or narrow: row 32 of the fault matrix."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from truth import execute

from tests.faults.copying import Copy, copying

# a locale that knows ASCII only, and a Python that does not look behind it
ASCII = {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
COMMANDS = (
    ("sync", "tags"),
    ("status",),
    ("runs",),
    ("runs", "show", "1"),
    ("streams",),
    ("doctor",),
    ("quarantine", "list"),
)
GONE, CLOSED, ALL_CLOSED = "| true", ">&-", "<&- >&- 2>&-"


@pytest.fixture
def copy(database_url: str, tmp_path: Path) -> Iterator[Copy]:
    """A copy whose runs and fields have names of all sorts."""
    with copying(database_url, tmp_path, names=["tags"]) as copying_tags:
        assert copying_tags.command("--quiet").code == 0
        execute(database_url, "update etl.run set error = 'Größe ☃ \x1b[31m' || chr(8238)")
        execute(
            database_url,
            "insert into etl.unknown_field select workspace_id, 'tags', 'größe☃', 7, now(), now(), 1"
            " from etl.bookmark limit 1",
        )
        yield copying_tags


def ended(copy: Copy, command: tuple[str, ...], how: str) -> tuple[int, str]:
    """Code and errors of a command in a shell that does this with its output."""
    errors = copy.program.folder / "errors"
    line = f'"$0" -m cli "$@" {how}' if "2>" in how else f'"$0" -m cli "$@" 2>"$ERRORS" {how}'
    process = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line, sys.executable, *command],
        cwd=copy.program.folder,
        env=copy.program.environment | {"ERRORS": str(errors)},
        timeout=60,
        check=False,
    )
    return process.returncode, errors.read_text() if errors.exists() else ""


def in_terminal(copy: Copy, *command: str, columns: int, **changes: str) -> str:
    """What a terminal of so many columns is sent."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", *command],
        cwd=copy.program.folder,
        env=copy.program.environment | {"COLUMNS": str(columns)} | changes,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    # Linux says that everybody else has closed the terminal with an error
    with process, suppress(OSError):
        while piece := os.read(ours, 65_536):
            shown += piece
    os.close(ours)
    assert process.returncode == 0, shown
    assert b"Traceback" not in shown
    return shown.decode("ascii" if "LC_ALL" in changes else "utf-8")


@pytest.mark.fault(32, "UI")
def test_nobody_has_to_listen(copy: Copy) -> None:
    closed = [(command, how) for how in (CLOSED, ALL_CLOSED) for command in (COMMANDS[0], ("doctor",))]
    for command, how in [*((command, GONE) for command in COMMANDS), *closed, (("status", "--json"), GONE)]:
        code, errors = ended(copy, command, how)
        assert code == 0, (command, how, errors)
        assert "Traceback" not in errors
    assert ended(copy, ("sync", "no-such-stream"), ALL_CLOSED)[0] == 2
    assert not list(copy.program.folder.rglob("traceback-*"))
    copy.assert_recovers()


@pytest.mark.fault(32, "UI")
def test_a_narrow_terminal_that_knows_only_ascii_is_enough(copy: Copy) -> None:
    for command in COMMANDS:
        shown = in_terminal(copy, *command, columns=40, TERM="dumb", **ASCII)
        assert "\x1b" not in shown
    assert "gr??e? (7)" in in_terminal(copy, "status", columns=40, TERM="dumb", **ASCII)
    assert "größe☃ (7)" in in_terminal(copy, "status", columns=40, TERM="xterm")
    in_terminal(copy, "sync", "tags", columns=1, TERM="xterm-256color")
    copy.assert_recovers()


@pytest.mark.fault(32, "UI")
def test_the_demo_needs_no_more_of_a_terminal(copy: Copy) -> None:
    for name in ("DATABASE_URL", "INTERCOM_BASE_URL", "INTERCOM_ACCESS_TOKEN"):
        del copy.program.environment[name]
    shown = in_terminal(copy, "demo", columns=40, TERM="dumb", **ASCII)
    assert "\x1b" not in shown
    assert "conversations" in shown
