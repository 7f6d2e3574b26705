"""The outermost layer of the server: request log, scheduled changes, latency and faults."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from intercom_etl.simulator import fault_answers
from intercom_etl.simulator.fault_answers import right_answer, status_answer
from intercom_etl.simulator.faults import BODY_KINDS, STATUS_KINDS, Fault, Faults
from intercom_etl.simulator.wire import cut_connection
from intercom_etl.simulator.workspace import Workspace

LoggedRequest = tuple[str, str, int]


class Front:
    """Logs each request with the status it was answered with; 0 stands for no whole answer."""

    def __init__(self, app: ASGIApp, workspace: Workspace, faults: Faults, latency: float) -> None:
        self._app = app
        self._workspace = workspace
        self.faults = faults
        self.latency = latency
        self.requests: list[LoggedRequest] = []
        self.connections: dict[tuple[str, int], asyncio.Transport] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request: what is due happens, then it is answered, rightly or not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        with self._workspace.lock:
            self._workspace.schedule.run(method, path)
        if self.latency:
            await asyncio.sleep(self.latency)
        fault = self.faults.pick(method, path)
        if fault is None:
            await self._app(scope, receive, self._logging(method, path, send))
            return
        await self._play(fault, scope, receive, send)

    def _logging(self, method: str, path: str, send: Send) -> Send:
        async def logged(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.requests.append((method, path, message["status"]))
            await send(message)

        return logged

    async def _play(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        logging_send = self._logging(method, path, send)
        if fault.kind in STATUS_KINDS:
            if int(fault.kind) >= 500 and path == "/companies/scroll":
                self._workspace.scroll.break_off()
            await status_answer(fault, self._workspace.now)(scope, receive, logging_send)
        elif fault.kind in BODY_KINDS:
            start, body = await right_answer(self._app, scope, receive)
            await fault_answers.send_spoiled(fault, start, body, logging_send)
        elif fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, logging_send)
        elif fault.kind == "trickle":
            start, body = await right_answer(self._app, scope, receive)
            await fault_answers.send_trickling(fault.seconds, start, body, logging_send)
        else:
            self.requests.append((method, path, 0))
            await self._break(fault, scope, receive, send)

    async def _break(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        """Faults after which the connection is gone."""
        if fault.kind in ("reset_mid_body", "short_body"):
            start, body = await right_answer(self._app, scope, receive)
            await fault_answers.send_half(start, body, send)
        if fault.kind != "hang":
            cut_connection(self.connections, tuple(scope["client"]), rudely=fault.kind != "short_body")
        await fault_answers.until_disconnected(receive)
