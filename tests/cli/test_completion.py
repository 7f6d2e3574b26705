"""What the Tab key offers, in a real bash; and that asking loads nothing heavy."""

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import pytest
from command_line import CommandLine

from cli.completion import SCRIPTS, VARIABLE, stream_names
from intercom_etl.streams import all_streams

BIN = Path(sys.executable).parent


class Bash:
    """A bash at a terminal, that has read the script."""

    def __init__(self, cli: CommandLine) -> None:
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-i"],
            cwd=cli.folder,
            env=cli.environment | {"PATH": f"{BIN}:{cli.environment['PATH']}", "TERM": "dumb", "PS1": "> "},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.type('eval "$(intercom-etl completion bash)"; echo "rea""dy"\n')
        self.wait_for("ready")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.ours)

    def type(self, keys: str) -> None:
        os.write(self.ours, keys.encode())

    def wait_for(self, text: str) -> None:
        shown, until = "", time.monotonic() + 60
        while text not in shown:
            ready, _, _ = select.select([self.ours], [], [], max(0.0, until - time.monotonic()))
            assert ready, f"bash shows {shown!r}, and never {text!r}"
            shown += os.read(self.ours, 4096).decode().replace("\a", "")  # it rings when there are several


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("intercom-etl sy\t", "intercom-etl sync "),
        ("intercom-etl sync conv\t", "intercom-etl sync conversation"),
        (
            "intercom-etl quarantine list --stream news_\t",
            "intercom-etl quarantine list --stream news_items ",
        ),
        ("intercom-etl transform on\t", "intercom-etl transform one.txt "),
        ("intercom-etl runs show on\tly", "intercom-etl runs show only"),
    ],
)
def test_tab_in_a_real_bash(bare: CommandLine, typed: str, completed: str) -> None:
    (bare.folder / "one.txt").touch()
    with Bash(bare) as bash:
        bash.type(typed)
        bash.wait_for(completed)


@pytest.mark.parametrize(
    ("shell", "asks", "answer"),
    [
        ("zsh", {"_TYPER_COMPLETE_ARGS": "intercom-etl sync news_"}, '"news_items"'),
        (
            "fish",
            {"_TYPER_COMPLETE_ARGS": "intercom-etl sync news_", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
            "news_items",
        ),
    ],
)
def test_the_other_shells_ask_in_their_ways(
    bare: CommandLine, shell: str, asks: dict[str, str], answer: str
) -> None:
    ended = bare(changes={VARIABLE: f"complete_{shell}", **asks})
    assert answer in ended.out
    assert all(name in SCRIPTS[shell] for name in (VARIABLE, f"complete_{shell}", *asks))


@pytest.mark.parametrize("line", ["runs show ", "quarantine show ", "quarantine retry 1 ", "erase "])
@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_for_ids_the_program_tells_the_shell_to_offer_no_files(
    bare: CommandLine, shell: str, line: str
) -> None:
    asks = {"_TYPER_COMPLETE_ARGS": f"intercom-etl {line}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    ended = bare(changes={VARIABLE: f"complete_{shell}", **asks})
    assert (ended.code, ended.out) == (1, "")


def test_the_names_offered_are_those_of_the_streams() -> None:
    assert stream_names() == list(all_streams())


def test_who_presses_tab_waits_for_no_driver_and_no_stream(bare: CommandLine) -> None:
    asks = {VARIABLE: "complete_bash", "COMP_WORDS": "intercom-etl sync conv", "COMP_CWORD": "2"}
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "cli"],
        cwd=bare.folder, env=bare.environment | asks, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "conversations" in ended.stdout.split()
    loaded = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert "typer" in loaded
    assert loaded & {"intercom_etl.streams", "intercom_etl.settings", "psycopg", "httpx", "rich"} == set()


def test_an_unknown_shell_is_refused(bare: CommandLine) -> None:
    ended = bare("completion", "tcsh")
    assert ended.code == 2
    assert "SHELL is `tcsh`" in ended.err
