"""Compressed files of one JSON text a line, written in one step: a file is there whole or not at all."""

import base64
import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from intercom_etl.errors import UsageError

LEVEL = 3  # level 6 is twice as slow and saves a tenth


def make_folder(folder: Path) -> None:
    """A folder for records of people; it and the new ones above it are for their user only."""
    for above in reversed(folder.parents):
        if not above.exists():
            above.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def open_private(path: Path) -> BinaryIO:
    """A new file that only its user can read; takes the place of what an interrupted one left."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def write_lines(path: Path, lines: Iterable[bytes]) -> None:
    """Writes a new file. Raises UsageError when the disk refuses."""
    beside = path.with_suffix(".part")
    try:
        make_folder(path.parent)
        with open_private(beside) as raw, gzip.open(raw, "wb", compresslevel=LEVEL) as file:
            for line in lines:
                file.write(line)
                file.write(b"\n")
        beside.replace(path)
    except OSError as error:
        raise UsageError(
            f"cannot write `{path}`: {error.strerror}", "free some space, then run it again"
        ) from error


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file. Raises UsageError naming a file that is damaged."""
    try:
        with gzip.open(path, "rb") as file:
            for line in file:
                yield line.removesuffix(b"\n")
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot read `{path}`: {reason}", "the file is damaged: extract again") from error


def files(folder: Path, stage: str, stream: str) -> list[Path]:
    """All files of one stream and stage, in the order in which they were written."""
    return sorted((folder / stage / stream).glob("*.ndjson.gz"))


def file(folder: Path, stage: str, stream: str, number: int) -> Path:
    """Where the file of that number stands; numbers begin at 1."""
    return folder / stage / stream / f"{number:06d}.ndjson.gz"


def as_line(text: bytes) -> bytes:
    """Any text as one line of JSON; what cannot be a line as it stands becomes a base64 string."""
    if b"\n" in text or b"\r" in text or text.startswith(b'"') or not _is_utf8(text):
        return b'"' + base64.b64encode(text) + b'"'
    return text


def from_line(line: bytes) -> bytes:
    """The text that `as_line` was given, byte for byte."""
    return base64.b64decode(line[1:-1]) if line.startswith(b'"') else line


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
