"""A server of raw sockets for the extract tests: it can break every rule that a web framework keeps."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

CERTIFICATE = Path(__file__).with_name("localhost.pem")  # signed by itself, with its key: for tests only


@dataclass
class Request:
    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass
class Reply:
    """`hang` is silence before the answer, in seconds; `cut` ends the connection after so many bytes."""

    json: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    hang: float = 0.0
    cut: int | None = None
    drip: float = 0.0  # seconds between single bytes of the body
    date: str | None = ""

    def encode(self) -> bytes:
        body = json.dumps(self.json).encode() if self.body is None else self.body
        date = formatdate(usegmt=True) if self.date == "" else self.date
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **self.headers}
        if date is not None:
            headers["Date"] = date
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {self.status} X\r\n{lines}\r\n".encode() + body


Handler = Callable[[Request], Reply | Awaitable[Reply]]


class Api:
    """Answers every request with `handler`; remembers all of them and how many were at work at once."""

    def __init__(self) -> None:
        self.handler: Handler = lambda _: Reply({})
        self.requests: list[Request] = []
        self.busy = self.busiest = 0
        self.url = ""
        self.tls = False
        self._connections: set[asyncio.Task[None]] = set()

    def answer(self, *replies: Reply) -> None:
        """These replies in turn, the last one for ever."""
        queue = list(replies)
        self.handler = lambda _: queue.pop(0) if len(queue) > 1 else queue[0]

    @property
    def connections(self) -> int:
        return len(self._connections)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Api"]:
        context = None
        if self.tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(CERTIFICATE)
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=2**20, ssl=context)
        self.url = f"{'https' if self.tls else 'http'}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for task in list(self._connections):
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)
            await server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in head[1:] if line)}
        sent = await reader.readexactly(int(headers.get("content-length", 0)))
        address = urlsplit(target)
        params = {key: values[0] for key, values in parse_qs(address.query).items()}
        request = Request(method, address.path, params, headers, json.loads(sent) if sent else None)
        self.requests.append(request)
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            reply = self.handler(request)
            if not isinstance(reply, Reply):
                reply = await reply
            if reply.hang:
                await asyncio.sleep(reply.hang)
        finally:
            self.busy -= 1
        text = reply.encode()
        if reply.cut is not None:
            writer.write(text[: text.index(b"\r\n\r\n") + 4 + reply.cut] if reply.cut >= 0 else b"")
            await writer.drain()
            return False
        if reply.drip:
            for byte in text:
                writer.write(bytes([byte]))
                await asyncio.sleep(reply.drip)
        writer.write(b"" if reply.drip else text)
        await writer.drain()
        return True
