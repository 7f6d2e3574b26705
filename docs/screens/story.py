"""One workspace from its first copy on, with the troubles that pages tell of; all screens are of it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from docs.screens.terminal import Terminal
from intercom_etl.postgres.embedded import EmbeddedPostgres
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

SIZE = Size(contacts=60, conversations=40, companies=10, tickets=8, activity_logs=30, calls=8)
STREAMS = "-activity_logs,-macros"
DAMAGE = """
delete from intercom.conversation_parts where conversation_id = (select min(id) from intercom.conversations);
delete from intercom.conversations where id = (select min(id) from intercom.conversations);
update intercom.contacts set name = 'changed by hand' where id = (select min(id) from intercom.contacts);
"""
EXPIRED = {"INTERCOM_ACCESS_TOKEN": "expired"}
HEAD = 12  # lines of a long list that a page shows


def screens() -> dict[str, str]:
    """Every screen by its name."""
    with _stage() as (workspace, terminal, url):
        found = _begin(terminal) | _go_on(workspace, terminal)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(DAMAGE)
        return found | _look_closer(terminal) | _fail(terminal)


@contextmanager
def _stage() -> Iterator[tuple[Workspace, Terminal, str]]:
    workspace = Workspace(seed=7, size=SIZE)
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres(Path(folder) / "server", durable=False).running() as url,
        SimulatorServer(workspace) as server,
    ):
        here = Path(folder) / "here"
        here.mkdir()
        host = str(conninfo_to_dict(url)["host"])
        environment = {
            "HOME": folder,
            "INTERCOM_ETL_HOME": f"{folder}/home",
            "TERM": "dumb",
            "NO_COLOR": "1",
            "LANG": "C.UTF-8",
            "INTERCOM_BASE_URL": server.url,
            "INTERCOM_ACCESS_TOKEN": workspace.token,
            "INTERCOM_ETL_MAX_ATTEMPTS": "2",
            "INTERCOM_ETL_STREAMS": STREAMS,
            "DATABASE_URL": url,
        }
        names = {server.url: "https://api.intercom.io", host: "db.example.com", folder: "/srv/intercom-etl"}
        yield workspace, Terminal(str(here), environment, names), url


def _begin(terminal: Terminal) -> dict[str, str]:
    return {
        "migrate": terminal.screen("intercom-etl migrate"),
        "doctor": terminal.screen("intercom-etl doctor"),
        "sync": terminal.screen("intercom-etl sync"),
        "streams": _head(terminal.screen("intercom-etl streams --cost")),
    }


def _go_on(workspace: Workspace, terminal: Terminal) -> dict[str, str]:
    """A day later: something has changed, and something cannot become a row."""
    conversation = sorted(workspace.truth("conversations"))[3]
    workspace.reply(conversation, "<p>Any news?</p>")
    workspace.add_conversation(body="<p>Where is my invoice?</p>")
    contact = sorted(workspace.truth("contacts"))[5]
    found = {"plan": terminal.screen("intercom-etl plan contacts conversations tickets")}
    found["sync-again"] = terminal.screen("intercom-etl sync")
    workspace.update_contact(contact, name="Ada")
    workspace.plant("contacts", contact, b'{"type":"contact","id":{"no":"id"},"name":"Ada"}')
    found["partial"] = terminal.screen("intercom-etl sync contacts", code=3)
    found["quarantine-list"] = terminal.screen("intercom-etl quarantine list")
    found["quarantine-show"] = terminal.screen("intercom-etl quarantine show 1")
    workspace.unplant("contacts", contact)
    return found


def _look_closer(terminal: Terminal) -> dict[str, str]:
    return {
        "verify": terminal.screen("intercom-etl verify contacts conversations --exit-code", code=4),
        "verify-fix": terminal.screen("intercom-etl verify contacts conversations --fix"),
        "backfill": terminal.screen("intercom-etl backfill conversations --from 90d --window 30d --full"),
        "budget": terminal.screen("intercom-etl sync conversations --full --max-requests 20", code=75),
    }


def _fail(terminal: Terminal) -> dict[str, str]:
    """The troubles of a night, as they stand in the mail of cron; then what the morning sees."""
    nobody = "127.0.0.1:9"
    return {
        "no-api": terminal.screen("intercom-etl sync --quiet", code=75, INTERCOM_BASE_URL=f"http://{nobody}"),
        "no-database": terminal.screen(
            "intercom-etl sync --quiet", code=75, DATABASE_URL=f"postgresql://etl@{nobody}/intercom"
        ),
        "old-token": terminal.screen("intercom-etl sync --quiet", code=77, **EXPIRED),
        "runs": terminal.screen("intercom-etl runs"),
        "runs-show": terminal.screen("intercom-etl runs show 3"),
        "status": terminal.screen("intercom-etl status"),
    }


def _head(screen: str) -> str:
    lines = screen.splitlines(keepends=True)
    return "".join([*lines[:HEAD], "...\n", lines[-1]])
