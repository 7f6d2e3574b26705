"""A proxy on loopback that spoils what passes between the program and the simulator, and counts that.

The simulator breaks its answers politely; this one holds the bare connection, sees what was asked for,
and can also lie about lengths, cut chunks, and ask for smaller pages than the program wanted.
"""

import asyncio
import re
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from ssl import SSLContext
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
HTML = b"<html><body><h1>Bad Gateway</h1></body></html>"
RUDELY = struct.pack("ii", 1, 0)  # on close, send RST and forget what is unsent
ENDED = (asyncio.IncompleteReadError, OSError)

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True)
class Spoil:
    """One rule: what becomes of answers to requests that fit, from the one after `after` on, `count` times.

    request: a pattern that is searched in method, path, query and body, like `POST /contacts/search`.
    kind: "edit" (status 200, and the body as `edit` makes it), "504" (HTML),
      "reset" (half, then RST), "early_close" (half, then FIN), "more_announced" (all, but more was
      announced), "less_announced" (all, but half was announced), "cut_chunks" (half, in chunks, no end),
      "slow" (a byte per `seconds`), "hang" (no answer).
    """

    kind: str
    request: str
    count: int | None = None
    after: int = 0
    seconds: float = 1.0
    edit: Callable[[bytes], bytes] = bytes
    fired: int = field(default=0, init=False)
    seen: int = field(default=0, init=False)

    def fits(self, asked: str) -> bool:
        """Whether it fires on this request; counts."""
        if re.search(self.request, asked) is None:
            return False
        self.seen += 1
        if self.seen <= self.after or (self.count is not None and self.fired >= self.count):
            return False
        self.fired += 1
        return True


class Wire:
    """Use as a context manager. `page_size` is put into every request that names a size of pages."""

    def __init__(
        self, port: int, *spoils: Spoil, page_size: int | None = None, tls: SSLContext | None = None
    ) -> None:
        self.spoils = list(spoils)
        self.asked: list[str] = []
        self._port, self._page_size, self._tls = port, page_size, tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire", daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._accept, HOST, 0, ssl=self._tls), self._loop
        ).result()
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self._tls else 'http'}://{HOST}:{port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve((reader, writer)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, client: Streams) -> None:
        api = await asyncio.open_connection(HOST, self._port)
        try:
            while await self._exchange(client, api):
                pass
        except ENDED:
            pass
        finally:
            for _, writer in (client, api):
                writer.close()
                with suppress(*ENDED):
                    await writer.wait_closed()

    async def _exchange(self, client: Streams, api: Streams) -> bool:
        """One request and its answer; False when the connection is gone after it."""
        head, body = await _message(client[0])
        head = re.sub(rb"(?i)accept-encoding:[^\r]*\r\n", b"", head)
        if self._page_size is not None:
            head = re.sub(rb"per_page=\d+", b"per_page=%d" % self._page_size, head)
            body = re.sub(rb'"per_page":\d+', b'"per_page":%d' % self._page_size, body)
        api[1].write(_with_length(head, len(body)) + body)
        asked = f"{head.split(b' HTTP/', 1)[0].decode()} {body.decode()}"
        self.asked.append(asked)
        head, body = await _message(api[0])
        spoil = next((each for each in self.spoils if each.fits(asked)), None)
        if spoil is not None:
            return await _play(spoil, client, head, body)
        client[1].write(head + body)
        await client[1].drain()
        return True


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    if b"\r\ndate:" not in head.lower():  # as all answers of Intercom have it, refusals too
        head = head[:-2] + f"date: {formatdate(usegmt=True)}\r\n\r\n".encode()
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return head, await reader.readexactly(int(found[1]) if found else 0)


def _with_length(head: bytes, length: int) -> bytes:
    return re.sub(rb"(?i)content-length: *\d+", b"content-length: %d" % length, head)


async def _play(spoil: Spoil, client: Streams, head: bytes, body: bytes) -> bool:
    """Sends what the rule makes of an answer; False when nothing can follow on this connection."""
    reader, writer = client
    half, length = body[: len(body) // 2], len(body)
    match spoil.kind:
        case "edit":
            edited = spoil.edit(body)
            writer.write(re.sub(rb"^HTTP/1.1 \d+", b"HTTP/1.1 200", _with_length(head, len(edited))) + edited)
        case "504":
            writer.write(b"HTTP/1.1 504 Gateway Timeout\r\ncontent-length: %d\r\n\r\n" % len(HTML) + HTML)
        case "reset" | "early_close":
            writer.write(head + half)
        case "more_announced":
            writer.write(_with_length(head, length + 1_000) + body)
        case "less_announced":
            writer.write(_with_length(head, length // 2) + body)
        case "cut_chunks":
            chunked = re.sub(rb"(?i)content-length: *\d+", b"transfer-encoding: chunked", head)
            writer.write(chunked + b"%x\r\n" % len(half) + half + b"\r\n")
        case "slow":
            writer.write(head)
            for place in range(length):
                writer.write(body[place : place + 1])
                await writer.drain()
                await asyncio.sleep(spoil.seconds)
        case "hang":
            await reader.read()
        case kind:
            raise ValueError(f"no spoil `{kind}`")
    await writer.drain()
    if spoil.kind == "reset":
        await asyncio.sleep(0.02)  # lets the half get onto the wire
        bare: socket.socket = writer.get_extra_info("socket")
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RUDELY)
        writer.transport.abort()
    return spoil.kind in ("edit", "504", "less_announced", "slow")
