"""What goes to the terminal: data to stdout, talk and errors to stderr; one place that knows about colours.

Strings of the API may hold control characters that move the cursor or retitle the window: they are
taken out of every line, whoever wrote it. Known secrets are taken out of errors, logs and tracebacks,
should one ever get there.
"""

import json
import os
import re
import sys
from collections.abc import Iterable
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Literal, TextIO

from cli.terminal import folded, terminal_width
from intercom_etl.errors import ApiError, EtlError, UsageError, is_full

Colour = Literal["red", "green", "yellow", "cyan", "bold", "dim"]

_CODES: dict[Colour, str] = {
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
    "bold": "1",
    "dim": "2",
}
# C0, C1, line separators, and the marks that turn the direction of writing around
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
# of JSON only what it leaves as it is
_UNPRINTABLE_IN_JSON = re.compile(_UNPRINTABLE.pattern.replace(r"\x00-\x1f", "").removesuffix("+"))
_PAINT = re.compile("(\x1b\\[(?:0|" + "|".join(_CODES.values()) + ")m)")
# a shorter secret would be found in innocent words
_SHORTEST_SECRET = 4
_discarded: set[int] = set()  # streams whose reader went away


def clean(text: str) -> str:
    """One line that cannot do anything to a terminal."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def _harmless(line: str) -> str:
    """One line of which only our own colours are more than text."""
    if not _UNPRINTABLE.search(line):
        return line
    parts = _PAINT.split(line)
    return "".join(part if number % 2 else _UNPRINTABLE.sub(" ", part) for number, part in enumerate(parts))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _as_json(value: Any, *, indent: int | None = 2) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_plain)
    return _UNPRINTABLE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class Printer:
    """The one who talks. `as_json`: exactly one JSON document on stdout, whatever happens."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.as_lines = False
        self.quiet = False
        self.command = "intercom-etl"
        self.afterwards = ""
        self.crash_folder: Path | None = None  # known once the settings are
        self._secrets: set[str] = set()
        self._documented = False

    def set_mode(
        self,
        *,
        as_json: bool = False,
        as_lines: bool = False,
        quiet: bool = False,
        command: str = "",
        afterwards: str = "",
    ) -> None:
        """As the command was told to talk; its name stands in the one line of --quiet.

        `as_lines`: of JSON there is no end; each document is a line.

        `afterwards` is what an interruption leaves, and how to go on; `{again}` in it is the command as
        it was typed.
        """
        self.as_json, self.quiet, self.afterwards = as_json, quiet, afterwards
        self.as_lines = as_lines
        self.command = f"intercom-etl {command}".strip()

    def keep_secret(self, secrets: Iterable[str]) -> None:
        """From now on these are shown as asterisks in errors, logs and tracebacks."""
        self._secrets |= {secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}

    def scrub(self, text: str) -> str:
        """`text` without the known secrets."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "****")
        return text

    def data(self, line: str = "") -> None:
        """One line of what was asked for."""
        if not self.as_json:
            _write(sys.stdout, _harmless(line))

    def redraw(self, lines: Iterable[str]) -> None:
        """These lines in place of all that the terminal shows."""
        _write(
            sys.stdout, "\x1b[H" + "".join(f"{_harmless(line)}\x1b[K\n" for line in lines) + "\x1b[J", end=""
        )

    def raw(self, text: str) -> None:
        """Exactly this text, for a pipe or a file: not even the end of a line is added."""
        _write(sys.stdout, text, end="")

    def document(self, value: Any) -> None:
        """The JSON document; a second one is left out, unless each is a line."""
        if self.as_lines:
            _write(sys.stdout, _as_json(value, indent=None))
        elif not self._documented:
            self._documented = True
            _write(sys.stdout, _as_json(value))

    def talk(self, line: str = "") -> None:
        """One line about what is going on."""
        if not self.quiet:
            self._tell(line)

    def warn(self, message: str, hint: str | None = None) -> None:
        """Something that a person should look at; the command goes on."""
        if not self.quiet:
            self._tell(clean(message), "warning:", "yellow")
            if hint:
                self._tell(clean(hint), "hint:", "cyan")

    def fail(self, error: EtlError, exit_code: int) -> None:
        """The error and its mend, a line each; one line in all with --quiet."""
        message, hint = self.scrub(clean(error.message)), self.scrub(clean(error.hint or ""))
        if self.quiet:
            mend = f"; hint: {hint}" if hint else ""
            label = self.paint("error:", "red", sys.stderr)
            _write(sys.stderr, f"{label} {self.command}: {message}{mend} (exit {exit_code})")
        else:
            self._tell(message, "error:", "red")
            if hint:
                self._tell(hint, "hint:", "cyan")
        if self.as_json:
            told: dict[str, Any] = {"message": message, "hint": hint or None}
            if isinstance(error, ApiError):
                told |= {"request": error.request, "status": error.status, "request_id": error.request_id}
            self.document({"status": "failed", "exit_code": exit_code, "error": told})

    def interrupted(self, command: str, exit_code: int) -> None:
        """A signal ended the work: what that means, and how to go on."""
        message = "interrupted"
        if self.afterwards:
            message += f": {self.afterwards.replace('{again}', f'`{command}`')}"
        message = self.scrub(clean(message))
        self._tell(message)
        if self.as_json:
            self.document(
                {"status": "interrupted", "exit_code": exit_code, "error": {"message": message, "hint": None}}
            )

    def _tell(self, text: str, label: str = "", colour: Colour = "bold") -> None:
        """On a terminal, folded at its width; in one line elsewhere."""
        indent = len(label) + 1 if label else 0
        columns = terminal_width(sys.stderr)
        first, *others = folded(self.scrub(_harmless(text)), columns and columns - indent, break_words=False)
        _write(sys.stderr, f"{self.paint(label, colour, sys.stderr)} {first}".lstrip())
        for line in others:
            _write(sys.stderr, " " * indent + line)

    def paint(self, text: str, colour: Colour, stream: TextIO | None = None) -> str:
        """`text` in colour where the stream (stdout unless said) is a terminal that shows colours."""
        if not text or not has_colours(stream or sys.stdout):
            return text
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m"


def has_colours(stream: TextIO) -> bool:
    """NO_COLOR and TERM=dumb are the customs of terminals, no settings of ours."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def is_animated(stream: TextIO) -> bool:
    """Whether lines can be drawn over."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def prepare_streams() -> None:
    """What the terminal's encoding lacks is shown as `?` and not a crash."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _give_up_stdout() -> UsageError:
    _discard(sys.stdout)
    return UsageError("cannot write the output: no space left", "free some space, or write it elsewhere")


def no_room(error: BaseException) -> EtlError:
    """The error for a full disk, which space mends, or for a full output; what else goes there is lost."""
    try:
        sys.stdout.flush()  # what others than we wrote and is still in its buffer
    except OSError:
        return _give_up_stdout()
    why = str(getattr(error, "strerror", None) or error).lower()
    return EtlError(f"cannot write to disk: {why}", "free some space, and run the same command again")


def _write(stream: TextIO, line: str, end: str = "\n") -> None:
    """A reader that went away (`| head`) does not stop the work: the exit code stays the command's own.

    Neither does an error stream that is full; there is nobody to tell.
    """
    try:
        stream.write(line + end)
        stream.flush()
    except BrokenPipeError:
        _discard(stream)
    except OSError as error:
        if stream is not sys.stderr:
            if is_full(error):
                raise _give_up_stdout() from error
            raise
        _discard(stream)


def has_reader(stream: TextIO) -> bool:
    """Whether what is written there still goes anywhere."""
    return id(stream) not in _discarded


def _discard(stream: TextIO) -> None:
    _discarded.add(id(stream))
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
