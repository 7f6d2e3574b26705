"""One workspace from its first copy on, with the troubles that pages tell of; all screens are of it."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from docs.screens.terminal import Terminal
from intercom_etl.postgres.connection import open_database
from intercom_etl.postgres.embedded import EmbeddedPostgres
from intercom_etl.postgres.schema import bring_up_to_date
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

SEED = 7
SIZE = Size(contacts=60, conversations=40, companies=10, tickets=8, activity_logs=30, calls=8)
DAMAGE = """
delete from intercom.conversation_parts where conversation_id = (select min(id) from intercom.conversations);
delete from intercom.conversations where id = (select min(id) from intercom.conversations);
update intercom.contacts set name = 'changed by hand' where id = (select min(id) from intercom.contacts);
"""
NOBODY = ("127.0.0.1", 9)  # nobody listens there
EXPIRED = {"INTERCOM_ACCESS_TOKEN": "expired"}
HEAD = 12  # lines of a long list that a page shows


def screens() -> dict[str, str]:
    """Every screen by its name."""
    with _stage() as (workspace, terminal, url):
        found = _begin(workspace, terminal) | _go_on(workspace, terminal)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(DAMAGE)
        return found | _look_closer(terminal) | _fail(terminal)


@contextmanager
def _stage() -> Iterator[tuple[Workspace, Terminal, str]]:
    workspace = Workspace(seed=SEED, size=SIZE, rate_limit=1667)
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres(Path(folder) / "server", durable=False).running() as url,
        SimulatorServer(workspace) as server,
    ):
        here = Path(folder) / "here"
        here.mkdir()
        _write_settings(here / ".env", workspace, url)
        asyncio.run(_make_tables(url))
        yield workspace, Terminal(str(here), _environment(folder, server), _names(folder, server, url)), url


def _write_settings(path: Path, workspace: Workspace, url: str) -> None:
    """Those that the tutorial has the reader write."""
    path.touch(mode=0o600)
    path.write_text(f"INTERCOM_ACCESS_TOKEN={workspace.token}\nDATABASE_URL={url}\n", encoding="utf-8")


async def _make_tables(url: str) -> None:
    async with open_database(url) as database:
        await bring_up_to_date(database)


def _environment(folder: str, server: SimulatorServer) -> dict[str, str]:
    return {
        "HOME": folder,
        "TERM": "dumb",
        "NO_COLOR": "1",
        "LANG": "C.UTF-8",
        "INTERCOM_BASE_URL": server.url,
    }


def _names(folder: str, server: SimulatorServer, url: str) -> dict[str, str]:
    """What of this machine and of the simulator shows, and what stands for it in the pages."""
    host, port = NOBODY
    return {
        server.url: "https://api.intercom.io",
        f'"{host}", port {port}': '"db.example.com", port 5432',
        f"{host}:{port}/": "db.example.com/",
        f"{host}:{port}": "api.intercom.io",
        str(conninfo_to_dict(url)["host"]): "db.example.com",
        folder: "/home/ada",
        f"Simulated workspace {SEED}": "Acme",
        f"sim{SEED:05x}": "ecahpwf5",
    }


def _begin(workspace: Workspace, terminal: Terminal) -> dict[str, str]:
    found = {"sync": terminal.screen("intercom-etl sync")}
    conversation = sorted(workspace.truth("conversations"))[3]
    workspace.reply(conversation, "<p>Any news?</p>")
    workspace.add_conversation(body="<p>Where is my invoice?</p>")
    found |= terminal.screens(
        {
            "doctor": "intercom-etl doctor",
            "streams": "intercom-etl streams --cost",
            "plan": "intercom-etl plan contacts conversations tickets",
        }
    )
    return found | {"streams": _head(found["streams"])}


def _go_on(workspace: Workspace, terminal: Terminal) -> dict[str, str]:
    """A day later: something has changed, and something cannot become a row."""
    found = {"sync-again": terminal.screen("intercom-etl sync")}
    contact = sorted(workspace.truth("contacts"))[5]
    # verify does not judge what changed within the second of a sync
    workspace.update_contact(contact, name="Ada", updated_at=workspace.stamp() - 30)
    workspace.plant("contacts", contact, b'{"type":"contact","id":{"no":"id"},"name":"Ada"}')
    found["partial"] = terminal.screen("intercom-etl sync contacts", code=3)
    found |= terminal.screens(
        {
            "quarantine-list": "intercom-etl quarantine list",
            "quarantine-show": "intercom-etl quarantine show 1",
        }
    )
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
    nobody = f"{NOBODY[0]}:{NOBODY[1]}"
    no_api = {"INTERCOM_BASE_URL": f"http://{nobody}", "INTERCOM_ETL_MAX_ATTEMPTS": "2"}
    no_database = {"DATABASE_URL": f"postgresql://etl@{nobody}/intercom"}
    found = {
        "no-api": terminal.screen("intercom-etl sync --quiet", code=75, **no_api),
        "no-database": terminal.screen("intercom-etl sync --quiet", code=75, **no_database),
        "old-token": terminal.screen("intercom-etl sync --quiet", code=77, **EXPIRED),
    }
    return found | terminal.screens(
        {
            "runs": "intercom-etl runs",
            "runs-show": "intercom-etl runs show 3",
            "status": "intercom-etl status",
        }
    )


def _head(screen: str) -> str:
    lines = screen.splitlines(keepends=True)
    return "".join([*lines[:HEAD], "...\n", lines[-1]])
