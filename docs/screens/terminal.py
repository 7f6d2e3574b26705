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
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

COLUMNS = 100
STREAM = re.compile(r"[a-z_]+: [\d,]+ (?:read|wrong)")
SHOWN = 3  # of the lines that tell of one stream each
PROGRAM = "intercom-etl"


def _lag(found: re.Match[str]) -> str:
    return "read whole" + "4s".rjust(len(found[0]) - len("read whole"))


def _window(found: re.Match[str]) -> str:
    return f"{found[1]} {('2026-09-03', '2026-10-03', '2026-11-02')[int(found[2]) - 1]} 03:00"


# In this order. Widths stay what they are, so that columns still line up.
PASSING: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(window (\d) of 3, to) [\d-]+ [\d:]+"), _window),
    (re.compile(r"\d{4}-\d\d-\d\d( |T)\d\d:\d\d:\d\d"), r"2026-11-02\g<1>03:00:00"),
    (re.compile(r"(read whole +)(?:\d+m)?[\d.]+s\b"), _lag),
    (re.compile(r"\b1\dm\d\ds\b"), "15m20s"),
    (re.compile(r"\b[\dm]+s ago\b"), "4s ago"),
    (re.compile(r"(?<= )[ \d]\ds(?=  )"), " 4s"),
    (re.compile(r"\b\d+\.\ds\b"), "1.2s"),
    (re.compile(r"(clock +)\d+ s away"), r"\g<1>0 s away"),
    (re.compile(r"\b[\d,]+(?= left now)"), "1,650"),
    (re.compile(r"(rate +)[\d,]+ requests"), r"\g<1>1,667 requests"),
    # what `plan` reckons with is the allowance as far as the program has seen it
    (re.compile(r"(?<=\ds at )[\d,]+ a minute"), "9,001 a minute"),
    (re.compile(r"\b[\d.,]+ [GT]B free"), "40 GB free"),
    (re.compile(r"\btakes [\d.,]+ MB"), "takes 11 MB"),
    # where the simulator is: no reader sets that
    (re.compile(r"ok +setting +INTERCOM_BASE_URL = .*\n"), ""),
    # how many a sample takes is luck; the first digits of an id are its time
    (re.compile(r"(wrong  (?:\d+ fixed  )?)\d+ requests"), r"\g<1>54 requests"),
    (re.compile(r"\b[0-9a-f]{8}(?=[0-9a-f]{16}\b)"), "6740aa10"),
    (re.compile(r"\bPostgreSQL \d+\.\d+"), "PostgreSQL 18.6"),
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

    def screens(self, lines: dict[str, str]) -> dict[str, str]:
        """Those of commands that only look, by their names; two at a time."""
        with ThreadPoolExecutor(2) as pool:
            return dict(zip(lines, pool.map(self.screen, lines.values()), strict=True))

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
        text = _in_order(text)
        for name, stands_for in self.names.items():
            text = text.replace(name, stands_for)
        for passing, lasting in PASSING:
            text = passing.sub(lasting, text)
        return "".join(f"{line.rstrip()}\n" for line in text.strip("\n").splitlines())


def _in_order(text: str) -> str:
    """Streams end in any order: here in that of their names, and not all of them."""
    lines: list[str] = []
    for is_stream, group in groupby(text.splitlines(), lambda line: bool(STREAM.match(line))):
        found = list(group)
        if is_stream:
            found.sort()
            found[SHOWN:] = ["..."] if len(found) > SHOWN else []
        lines += found
    return "\n".join(lines)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux says so at the end, where others give nothing
        return b""
