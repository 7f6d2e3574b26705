"""Reads the body of a response and inflates it without ever holding more than the cap.

httpx would inflate 190 KB of gzip to 200 MB without asking, so the raw bytes are read and
inflated here in steps.
"""

import tempfile
import zlib
from codecs import BOM_UTF8
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import IO

from intercom_etl.errors import DiskError

IN_MEMORY = 8 * 1024 * 1024  # bytes of a file; a larger one goes to disk
GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS  # zlib's way to say: look at the header


class BodyTooLargeError(ValueError):
    """The body, inflated, is larger than the cap."""


class UnknownEncodingError(ValueError):
    """The body is compressed in a way that was not asked for."""


async def read_body(chunks: AsyncIterator[bytes], encoding: str, cap: int) -> bytes:
    """The body in full, at most `cap` bytes of it after inflation, less a byte order mark.

    Raises BodyTooLargeError, UnknownEncodingError, or zlib.error when the compressed text is
    damaged or cut off.
    """
    body = bytearray()
    async with aclosing(_pieces(chunks, encoding, cap)) as pieces:
        async for piece in pieces:
            body += piece
    return bytes(body).removeprefix(BOM_UTF8)


async def read_file(chunks: AsyncIterator[bytes], encoding: str, cap: int) -> tuple[IO[bytes], int]:
    """The same as a file and its size; it stands at its beginning, and the caller closes it."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - outlives this function
    try:
        async with aclosing(_pieces(chunks, encoding, cap)) as pieces:
            async for piece in pieces:
                _write(file, piece)
        size = file.tell()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file, size


def _write(file: IO[bytes], piece: bytes) -> None:
    """Raises DiskError: an error of ours must not be taken for one of the connection."""
    try:
        file.write(piece)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise DiskError(
            f"cannot write a temporary file: {why}", "free some space there, or set TMPDIR to another folder"
        ) from error


async def _pieces(chunks: AsyncIterator[bytes], encoding: str, cap: int) -> AsyncGenerator[bytes]:
    room = cap
    if encoding.strip().lower() in ("", "identity"):
        async for chunk in chunks:
            room = _less(room, chunk)
            yield chunk
        return
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        raise UnknownEncodingError(encoding)
    inflater = zlib.decompressobj(GZIP_OR_ZLIB)
    started = False
    async for chunk in chunks:
        while chunk:
            if inflater.eof:  # gzip allows several members one after the other
                inflater = zlib.decompressobj(GZIP_OR_ZLIB)
            started = True
            piece = inflater.decompress(chunk, room + 1)
            room = _less(room, piece)
            yield piece
            chunk = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if started and not inflater.eof:
        raise zlib.error("compressed body is cut off")


def _less(room: int, piece: bytes) -> int:
    if len(piece) > room:
        raise BodyTooLargeError
    return room - len(piece)
