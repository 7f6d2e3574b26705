"""Runs the real command line as a process of its own, and says what an error must look like."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOKEN = "dG9rOnNlY3JldC10b2tlbi1vZi10aGUtdGVzdA=="


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error_lines(self) -> list[str]:
        return self.err.splitlines()


@dataclass
class CommandLine:
    """Runs commands in an empty folder, with an environment that holds nothing of this machine's user."""

    folder: Path
    environment: dict[str, str]

    def __call__(
        self,
        *arguments: str,
        stdin: str | None = None,
        changes: dict[str, str | None] | None = None,
        **more: str | None,
    ) -> Ended:
        ended = subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            cwd=self.folder,
            env=self.with_changes((changes or {}) | more),
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert "Traceback" not in ended.stderr, ended.stderr
        assert TOKEN not in ended.stdout + ended.stderr
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def start(self, *arguments: str, **changes: str | None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            cwd=self.folder,
            env=self.with_changes(changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def with_changes(self, changes: dict[str, str | None]) -> dict[str, str]:
        return {name: value for name, value in (self.environment | changes).items() if value is not None}


def assert_says(ended: Ended, code: int, error: Sequence[str], hint: str = "") -> None:
    """One line with what is wrong, one with the mend, nothing else."""
    assert ended.code == code, ended
    assert ended.out == ""
    lines = [line for line in ended.error_lines if not line.startswith("schema is up to date")]
    assert len(lines) == (2 if hint else 1), ended.err
    assert lines[0].startswith("error: ")
    for word in error:
        assert word in lines[0], lines[0]
    if hint:
        assert lines[1].startswith("hint: ")
        assert hint in lines[1], lines[1]
