"""The SQL that pages show runs on a synced database, and that of the analyst's page finds something."""

import re
from pathlib import Path

import psycopg
from command_line import TOKEN, CommandLine

from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

ROOT = Path(__file__).parents[2]
PAGES = (
    "docs/how-to/query.md",
    "docs/operations.md",
    "docs/how-to/workspaces.md",
    "docs/how-to/erase.md",
    "docs/attributes.md",
    "README.md",
)


def statements(page: str) -> list[str]:
    """Those that look; rights are given in tests/cli/test_roles.py."""
    text = (ROOT / page).read_text()
    blocks = re.findall(r"^ *```sql\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    found = [
        each.strip() for block in blocks for each in re.split(r";(?:\s*--.*)?\s*$", block, flags=re.MULTILINE)
    ]
    return [each for each in found if each.startswith("select")]


def test_queries_of_pages_run(cli: CommandLine, database_url: str) -> None:
    workspace = Workspace(
        seed=35, size=Size(contacts=40, conversations=30, companies=8, tickets=6), token=TOKEN
    )
    with SimulatorServer(workspace) as server:
        assert cli("sync", INTERCOM_BASE_URL=server.url).code == 0
        workspace.delete_contact(min(workspace.truth("contacts")))
        assert cli("sync", "contacts", "--sweep", INTERCOM_BASE_URL=server.url).code == 0
    with psycopg.connect(database_url) as connection:
        for page in PAGES:
            assert statements(page), page
            for statement in statements(page):
                found = connection.execute(statement.encode()).fetchall()
                assert found or page != "docs/how-to/query.md", statement
