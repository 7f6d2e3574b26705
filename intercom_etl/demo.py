"""The demo's stage: a simulated workspace in a process of its own, and questions in SQL."""

import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol

from pydantic import SecretStr

from intercom_etl.errors import ConfigError, install_hint
from intercom_etl.postgres.connection import open_database
from intercom_etl.settings import Settings
from intercom_etl.simulator.size import Size

TOKEN = "demo-token"  # noqa: S105 - opens nothing but the simulator
START_SECONDS = 30.0
QUESTIONS = {
    "Conversations by state": "demo_conversations_by_state",
    "How fast we answer": "demo_reply_times",
    "Busiest teammates": "demo_busiest_teammates",
    "Most used tags": "demo_most_used_tags",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A question's title, and its rows by column."""

    title: str
    rows: list[dict[str, Any]]


class Link(Protocol):
    """Our end of a pipe."""

    def send(self, obj: Any, /) -> None:
        """Gives to the other process."""
        ...

    def recv(self) -> Any:
        """Takes from the other process. Raises EOFError when it is gone."""
        ...

    def poll(self, timeout: float | None = 0.0, /) -> bool:
        """Whether something has come, within the time."""
        ...


class SimulatedWorkspace:
    """A workspace that answers at `url`, in a process of its own: it must not slow down who copies it."""

    def __init__(self, link: Link, url: str) -> None:
        self.url = url
        self._link = link

    def live_a_little(self) -> list[str]:
        """Some things happen in the workspace; returns them in words."""
        self._link.send("live")
        return self._link.recv()


@contextmanager
def simulated_workspace(seed: int, size: Size) -> Iterator[SimulatedWorkspace]:
    """Starts the simulator and ends it. Raises ConfigError when its extra is missing."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, seed, size), daemon=True, name="demo workspace")
    process.start()
    theirs.close()
    try:
        yield SimulatedWorkspace(ours, _address(ours))
    finally:
        ours.close()
        process.terminate()
        process.join()


def require_simulator() -> None:
    """Raises ConfigError when the packages of the simulator are not installed."""
    for package in ("starlette", "uvicorn"):
        if find_spec(package) is None:
            raise ConfigError(f"the simulator needs the package `{package}`", install_hint("simulator"))


def demo_settings(settings: Settings, url: str | None = None) -> Settings:
    """The settings with everything that belongs to the user taken out: account, database, data."""
    return settings.model_copy(
        update={
            "intercom_access_token": SecretStr(TOKEN),
            "intercom_base_url": url,
            "intercom_api_version": "2.16",
            "database_url": None,
            "intercom_etl_home": settings.home / "demo",
            "intercom_etl_privacy_file": None,
            "intercom_etl_privacy_key": None,
        }
    )


async def empty(database_url: str) -> None:
    """Forgets the data of earlier demos."""
    async with open_database(database_url) as database:
        await database.rows("demo_drop_schemas")


async def ask(database_url: str) -> list[Answer]:
    """Answers to a few questions that a support team has."""
    async with open_database(database_url) as database:
        return [Answer(title, await database.rows(name)) for title, name in QUESTIONS.items()]


def _address(link: Link) -> str:
    if not link.poll(START_SECONDS):
        raise ConfigError("the simulator does not start")
    try:
        return link.recv()
    except EOFError:
        raise ConfigError("the simulator ended at once", "run `intercom-etl simulate` to see why") from None


def _serve(link: Link, seed: int, size: Size) -> None:
    """The other process: serves until the link is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the demo, which then ends us
    from intercom_etl.simulator.server import SimulatorServer  # noqa: PLC0415 - an extra
    from intercom_etl.simulator.workspace import Workspace  # noqa: PLC0415 - an extra

    workspace = Workspace(seed, size, token=TOKEN)
    with SimulatorServer(workspace) as server:
        link.send(server.url)
        while True:
            try:
                link.recv()
            except EOFError:
                return
            link.send(_live(workspace))


def _live(workspace: Any) -> list[str]:
    """A new customer asks, a teammate answers, closes and tags others."""
    happened: list[str] = []
    conversations, tags = list(workspace.conversations), list(workspace.tags)
    contact = workspace.add_contact(name="Ada Example", email="ada@example.com")
    workspace.add_conversation(contact, "<p>How do I export my data?</p>")
    happened.append("1 new contact, 1 new conversation")
    answered, closed = conversations[:3], conversations[3:5]
    for conversation in answered:
        workspace.reply(conversation, author="admin")
    for conversation in closed:
        workspace.close_conversation(conversation)
    if answered or closed:
        happened.append(f"{len(answered)} conversations answered, {len(closed)} closed")
    if tags and conversations:
        workspace.tag_conversation(conversations[-1], tags[0])
        happened.append("1 conversation tagged")
    return happened
