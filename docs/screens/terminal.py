"""Runs the program in a terminal of a fixed size, and takes out of its screen what differs each time."""

import fcntl
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
from dataclasses import dataclass

COLUMNS = 100
PROGRAM = "intercom-etl"

# In this order. Widths stay what they are, so that columns still line up.
PASSING = (
    (re.compile(r"\d{4}-\d\d-\d\d( |T)\d\d:\d\d:\d\d"), r"2026-11-02\g<1>03:00:00"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "2026-11-02 03:00"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "2026-11-02"),
    (re.compile(r"\b\d\.\ds\b"), "1.2s"),
    (re.compile(r"(?<= )[ \d]\ds\b"), " 4s"),
    (re.compile(r"\b\ds\b"), "4s"),
    (re.compile(r"\bpid \d+ on [^\s),]+"), "pid 4711 on etl-1"),
    (re.compile(r"intercom-etl \d+\.\d+\.\d+\S*(?=, pid)"), "intercom-etl 0.1.0"),
)


@dataclass(frozen=True)
class Terminal:
    """`names` are texts of this machine, and what stands for them in the pages."""

    folder: str
    environment: dict[str, str]
    names: dict[str, str]

    def screen(self, line: str, *, code: int = 0, **changes: str) -> str:
        """What somebody sees who types the line. Raises SystemExit when it ends with another code."""
        words = shlex.split(line)
        if words[0] != PROGRAM:
            raise ValueError(f"`{line}` is no command of ours")
        ended, text = self._run(words[1:], self.environment | changes)
        if ended != code:
            raise SystemExit(f"screens: `{line}` ended with {ended} instead of {code}:\n{text}")
        shown = f"$ {line}\n{self._normal(text)}"
        return f"{shown}$ echo $?\n{code}\n" if code else shown

    def _run(self, words: list[str], environment: dict[str, str]) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        with subprocess.Popen(
            [sys.executable, "-m", "cli", *words],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
        ) as process:
            os.close(theirs)
            pieces = list(iter(lambda: _read(ours), b""))
            os.close(ours)
        return process.returncode, b"".join(pieces).decode().replace("\r\n", "\n")

    def _normal(self, text: str) -> str:
        for name, stands_for in self.names.items():
            text = text.replace(name, stands_for)
        for passing, lasting in PASSING:
            text = passing.sub(lasting, text)
        return "".join(f"{line.rstrip()}\n" for line in text.strip("\n").splitlines())


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux says so at the end, where others give nothing
        return b""
