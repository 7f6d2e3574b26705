"""Access to the bare connection of a request, to break it the way networks do."""

import asyncio
import socket
import struct
from collections.abc import Mapping
from typing import Any, cast

from uvicorn.protocols.http.auto import AutoHTTPProtocol

# On close, send RST and forget what is unsent.
LINGER_NONE = struct.pack("ii", 1, 0)


def make_protocol(connections: dict[tuple[str, int], asyncio.Transport]) -> type[asyncio.Protocol]:
    """Uvicorn's own HTTP protocol, which also writes down its transports by the client's address."""

    class RegisteringProtocol(cast("type[Any]", AutoHTTPProtocol)):
        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self.peer = tuple(transport.get_extra_info("peername")[:2])
            connections[self.peer] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            connections.pop(self.peer, None)
            super().connection_lost(exc)

    return RegisteringProtocol


def cut_connection(
    connections: Mapping[tuple[str, int], asyncio.Transport], client: tuple[str, int], *, rudely: bool
) -> None:
    """Close at once; `rudely` with a reset instead of an orderly end."""
    transport = connections.get(client)
    if transport is None:
        return
    if rudely:
        raw: socket.socket = transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
        transport.abort()
    else:
        transport.close()
