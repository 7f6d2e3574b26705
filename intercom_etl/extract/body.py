"""Reads the body of a response and inflates it without ever holding more than the cap.

httpx would inflate 190 KB of gzip to 200 MB without asking, so the raw bytes are read and
inflated here in steps.
"""

import zlib
from collections.abc import AsyncIterator

GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS  # zlib's way to say: look at the header


class BodyTooLargeError(ValueError):
    """The body, inflated, is larger than the cap."""


class UnknownEncodingError(ValueError):
    """The body is compressed in a way that was not asked for."""


async def read_body(chunks: AsyncIterator[bytes], encoding: str, cap: int) -> bytes:
    """The body in full, at most `cap` bytes of it after inflation.

    Raises BodyTooLargeError, UnknownEncodingError, or zlib.error when the compressed text is
    damaged or cut off.
    """
    body = bytearray()
    if encoding.strip().lower() in ("", "identity"):
        async for chunk in chunks:
            _append(body, chunk, cap)
        return bytes(body)
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        raise UnknownEncodingError(encoding)
    inflater = zlib.decompressobj(GZIP_OR_ZLIB)
    started = False
    async for chunk in chunks:
        while chunk:
            if inflater.eof:  # gzip allows several members one after the other
                inflater = zlib.decompressobj(GZIP_OR_ZLIB)
            started = True
            _append(body, inflater.decompress(chunk, cap - len(body) + 1), cap)
            chunk = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if started and not inflater.eof:
        raise zlib.error("compressed body is cut off")
    return bytes(body)


def _append(body: bytearray, piece: bytes, cap: int) -> None:
    if len(body) + len(piece) > cap:
        raise BodyTooLargeError
    body += piece
