"""Takes an export apart: a ZIP of CSV files, one compressed CSV file, or one as it is. Writes nothing.

`check` reads all of it once, with a cap on what it inflates to, before anything is handed on: a
damaged file gives no row at all, and a bomb no memory.
"""

import csv
import gzip
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, cast

from intercom_etl.extract.body import BodyTooLargeError

CHUNK = 1024 * 1024
MOST_FILES = 1_000
MOST_LINES = 10_000_000  # "we cannot export any job greater than 10 million rows"
LONGEST_NAME = 100
LONGEST_CELL = 64 * 1024 * 1024  # of 128 KB, where Python stops by itself, one text would cost the whole file

_ZIP, _GZIP = b"PK", b"\x1f\x8b"
_TIME = re.compile(r"[-_ .]*\d{4,}[-_\dTZ]*$")
_NO_CSV = (b"{", b"<")
# what the standard library raises, not all on purpose, when somebody else's bytes lead it astray
_DAMAGE = (
    *(zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError, struct.error, OSError, EOFError),
    *(NotImplementedError, RuntimeError, ValueError, IndexError, OverflowError),
)


csv.field_size_limit(LONGEST_CELL)


class DamagedExportError(ValueError):
    """What was downloaded is no export, or not a whole one."""


@dataclass(frozen=True, slots=True)
class Table:
    """One CSV file. `name` has neither ending nor time, None when the file came without one.

    A row has as many cells as the header, unless the file is wrong.
    """

    name: str | None
    header: list[str]
    rows: Iterator[list[str]]


def check(file: IO[bytes], cap: int) -> None:
    """Raises BodyTooLargeError beyond `cap` inflated bytes, DamagedExportError when it is not whole.

    As too large counts what has as many lines as the API gives at most: it has cut off the others.
    """
    room, lines = cap, MOST_LINES
    for _, stream in _files(file):
        while piece := _next_piece(stream):
            room -= len(piece)
            lines -= piece.count(b"\n")
            if room < 0 or lines < 0:
                raise BodyTooLargeError


def _next_piece(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(CHUNK)
    except _DAMAGE as error:
        raise DamagedExportError("it is damaged or cut off") from error


def tables(file: IO[bytes]) -> Generator[Table]:
    """The files one after the other; the rows of one have to be read before the next is taken.

    Raises DamagedExportError when a file is not CSV.
    """
    for name, stream in _files(file):
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
        try:
            rows = _rows(text)
            header = next(rows, None)
            if header is not None:
                yield Table(name, header, rows)
        finally:
            text.detach()


def _rows(text: io.TextIOWrapper) -> Iterator[list[str]]:
    try:
        yield from (row for row in csv.reader(text) if row)
    except csv.Error as error:
        raise DamagedExportError(f"it is not CSV: {error}") from error


def _files(file: IO[bytes]) -> Iterator[tuple[str | None, IO[bytes]]]:
    file.seek(0)
    start = file.read(CHUNK)
    file.seek(0)
    if start.startswith(_ZIP):
        yield from _zipped(file)
    elif start.startswith(_GZIP):
        with gzip.open(file) as stream:
            yield None, cast(IO[bytes], stream)
    elif start.lstrip().startswith(_NO_CSV):
        raise DamagedExportError("it is no CSV file")
    elif start.strip():
        yield None, file


def _zipped(file: IO[bytes]) -> Iterator[tuple[str, IO[bytes]]]:
    try:
        folder = zipfile.ZipFile(file)
        held = [one for one in folder.infolist() if not one.is_dir()]
    except _DAMAGE as error:
        raise DamagedExportError("it is damaged or cut off") from error
    with folder:
        wanted = [one for one in held if one.filename.lower().endswith(".csv")]
        if (held and not wanted) or len(held) > MOST_FILES:
            raise DamagedExportError(f"it holds {len(held)} files, {len(wanted)} of them CSV")
        for one in wanted:
            try:
                stream = folder.open(one)
            except _DAMAGE as error:
                raise DamagedExportError("it is damaged or cut off") from error
            with stream:
                yield _plain_name(one.filename), stream


def _plain_name(path: str) -> str:
    """`receipts` for `receipts_20261123_153320.csv`."""
    stem = PurePosixPath(path.replace("\\", "/")).stem
    return (_TIME.sub("", stem) or stem)[:LONGEST_NAME]
