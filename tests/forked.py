"""The command line as processes that need not load the program anew: forked from one that has it loaded.

A process of its own each time, with its own environment, folder, files and signals; a tenth of the time.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from command_line import TOKEN, CommandLine, Ended

PARENT = """
import json, os, resource, sys
import cli.app, cli.extract, cli.progress, cli.rounds, cli.run_report, cli.telling, cli.verify_report
import intercom_etl.backfill, intercom_etl.stages, intercom_etl.streams, intercom_etl.verify
intercom_etl.streams.all_streams()
for line in sys.stdin:
    asked = json.loads(line)
    if "wait" in asked:
        code = os.waitstatus_to_exitcode(os.waitpid(asked["wait"], 0)[1])
        print(json.dumps(code), flush=True)
        continue
    child = os.fork()
    if not child:
        for number, path in enumerate((os.devnull, asked["out"], asked["err"])):
            end = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            os.dup2(end, number)
            os.close(end)
        os.chdir(asked["folder"])
        os.umask(asked["umask"])
        os.environ.clear()
        os.environ.update(asked["environment"])
        if asked["largest"] is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (asked["largest"],) * 2)
        sys.argv = ["intercom-etl", *asked["arguments"]]
        from cli.start import main
        main()
    print(json.dumps(child), flush=True)
"""


@dataclass
class Child:
    """A process that was started; `wait` for its end."""

    parent: "Parent"
    pid: int
    out: Path
    err: Path

    def wait(self) -> Ended:
        code = self.parent.ask({"wait": self.pid})
        ended = Ended(code, self.out.read_text(encoding="utf-8"), self.err.read_text(encoding="utf-8"))
        assert "Traceback" not in ended.err, ended.err
        assert TOKEN not in ended.out + ended.err
        return ended


class Parent:
    """The process that has it loaded. Use as a context manager."""

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="forked-")
        self._count = 0
        self._process = subprocess.Popen(
            [sys.executable, "-c", PARENT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            cwd=Path(__file__).parents[1],
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=30)
        self._folder.cleanup()

    def ask(self, what: dict[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def start(self, arguments: Sequence[str], folder: Path, **more: Any) -> Child:
        self._count += 1
        out, err = (Path(self._folder.name) / f"{self._count}.{name}" for name in ("out", "err"))
        for path in (out, err):
            path.touch()  # somebody may look before it has begun
        asked = {"arguments": arguments, "folder": str(folder), "out": str(out), "err": str(err), **more}
        return Child(self, self.ask(asked), out, err)


@dataclass
class Forked(CommandLine):
    """As a CommandLine; `largest` is how many bytes a file may have, as with `ulimit -f`."""

    parent: Parent
    largest: int | None = None
    umask: int = 0o022

    def __call__(
        self,
        *arguments: str,
        stdin: str | None = None,
        changes: dict[str, str | None] | None = None,
        **more: str | None,
    ) -> Ended:
        assert stdin is None
        return self.fork(*arguments, **(changes or {}) | more).wait()

    def fork(self, *arguments: str, **changes: str | None) -> Child:
        environment = self.with_changes(changes)
        return self.parent.start(
            arguments, self.folder, environment=environment, largest=self.largest, umask=self.umask
        )
