"""Somebody who is pinged: an HTTP server on loopback that remembers what came."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

SECRET = "/ping/5ecre7-path-0f-7he-wa7chdog"


class Watchdog:
    """`pings` are path, below the secret one, and body. Use as a context manager."""

    def __init__(self, status: int = 200) -> None:
        watchdog = self
        self.pings: list[tuple[str, str]] = []
        self._came = threading.Condition()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                watchdog.note(self.path, body)
                self.send_response(status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - the name is its

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}{SECRET}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.pings]

    def note(self, path: str, body: str) -> None:
        with self._came:
            self.pings.append((path.removeprefix(SECRET), body))
            self._came.notify_all()

    def wait_for(self, path: str, count: int = 1) -> None:
        with self._came:
            assert self._came.wait_for(lambda: self.paths.count(path) >= count, timeout=30), self.pings
