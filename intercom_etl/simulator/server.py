"""Serves a workspace on loopback from a thread of its own."""

import asyncio
import socket
import threading
import time
from types import TracebackType
from typing import Self

import uvicorn

from intercom_etl.simulator.application import make_application
from intercom_etl.simulator.faults import Faults
from intercom_etl.simulator.front import Front, LoggedRequest
from intercom_etl.simulator.wire import make_protocol
from intercom_etl.simulator.workspace import Workspace

HOST = "127.0.0.1"
START_SECONDS = 20.0
STOP_SECONDS = 10.0


class _Uvicorn(uvicorn.Server):
    """Sees within a hundredth of a second that it should stop: tests start and stop many."""

    async def main_loop(self) -> None:
        """Uvicorn's own loop looks ten times a second, and minds a Date header that is not sent here."""
        while not self.should_exit:  # noqa: ASYNC110 (set from another thread)
            await asyncio.sleep(0.01)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Nobody waits for answers any more, hanging ones least of all: drop them."""
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for task in list(self.server_state.tasks):
            task.cancel()
        # Two turns of the loop would do for the connections to be told.
        await asyncio.sleep(0.005)


class SimulatorServer:
    """Use as a context manager, or call `start` and `stop`.

    `port` 0 takes any free one. `latency` is seconds added to every answer.
    """

    def __init__(
        self, workspace: Workspace, port: int = 0, faults: Faults | None = None, latency: float = 0.0
    ) -> None:
        self.workspace = workspace
        self._wanted_port = port
        self._front = Front(make_application(workspace), workspace, faults or Faults(), latency)
        self._server: _Uvicorn | None = None
        self._thread: threading.Thread | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """Base URL, without a slash at its end."""
        if self._url is None:
            raise RuntimeError("the simulator is not running")
        return self._url

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.url.rsplit(":", 1)[1])

    @property
    def requests(self) -> list[LoggedRequest]:
        """(method, path, status) of each request since the start or `clear_requests`."""
        return list(self._front.requests)

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        self._front.requests.clear()

    @property
    def faults(self) -> Faults:
        """The rules in force; may be replaced while it runs."""
        return self._front.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._front.faults = faults

    @property
    def latency(self) -> float:
        """Seconds added to each answer."""
        return self._front.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self._front.latency = seconds

    def start(self) -> None:
        """Returns when requests are answered; OSError when the port is taken."""
        listener = _listen(self._wanted_port)
        config = uvicorn.Config(
            self._front,
            http=make_protocol(self._front.connections),
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            date_header=False,
            server_header=False,
            # Longer than clients keep idle connections, so that the server never closes one they reuse.
            timeout_keep_alive=120,
        )
        self._server = _Uvicorn(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="intercom-simulator", daemon=True
        )
        self._url = f"http://{HOST}:{listener.getsockname()[1]}"
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the simulator did not start")
            time.sleep(0.002)

    def stop(self) -> None:
        """Ends at once; answers that are under way are dropped."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS)
        self._server = self._thread = self._url = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _listen(port: int) -> socket.socket:
    # The protocol is named because asyncio sets TCP_NODELAY only where it is; without it, each answer
    # waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # A port that a finished server used a moment ago may be used again; one in use still may not.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"cannot listen on {HOST}:{port}: {error.strerror}") from error
    return listener
