"""The README shows what the program says: the demo's output, the errors by which one finds help, examples."""

import asyncio
import re
import shlex
from pathlib import Path

import pytest
from command_line import TOKEN, CommandLine, Ended

from cli.options import parse_since
from cli.running import now
from intercom_etl.postgres.connection import open_database
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from intercom_etl.state.leases import leased

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
HEADINGS = {
    int(code): said for said, code in re.findall(r"^\*\*`(.+)` \((\d+)\)\.\*\*", README, re.MULTILINE)
}


def assert_is_as_in_the_readme(ended: Ended) -> None:
    said = ended.err.replace("`", "")
    pieces = [re.escape(piece) for piece in HEADINGS[ended.code].split("…")]
    assert re.search(".+".join(pieces), said), ended


def shape(text: str) -> list[str]:
    """Lines without numbers, and without the spaces that make room for them."""
    lines = re.sub(r"\d[\d,.]*", "0", text.replace("python -m cli", ".venv/bin/intercom-etl")).splitlines()
    return [" ".join(line.split()) for line in lines if line]


def test_the_demo_prints_what_the_readme_shows(bare: CommandLine) -> None:
    shown = re.search(r"```text\n(1\. Everything.*?)```", README, re.DOTALL)
    assert shown
    ended = bare("demo", PATH="/usr/bin:/bin")
    assert shape(ended.out) == shape(shown[1]), "put what `make demo` prints into README.md"


def test_every_error_that_helps_to_find_help_is_tried_here() -> None:
    assert sorted(HEADINGS) == [3, 11, 75, 77, 78]


def test_a_refused_token(cli: CommandLine) -> None:
    assert_is_as_in_the_readme(cli("sync", INTERCOM_ACCESS_TOKEN="a-wrong-token-from-somewhere"))


async def test_a_run_beside_another(cli: CommandLine, simulator: SimulatorServer, database_url: str) -> None:
    assert cli("sync", "tags", "-q").code == 0
    workspace = cli("runs", "show", "1", "--json").json["workspace_id"]
    async with open_database(database_url) as database, leased(database, workspace, 1):
        assert_is_as_in_the_readme(await asyncio.to_thread(cli, "sync", "tags"))


def test_a_record_in_quarantine(cli: CommandLine) -> None:
    workspace = Workspace(seed=33, size=Size(contacts=5, conversations=5), token=TOKEN)
    contact = next(iter(workspace.truth("contacts")))
    workspace.plant("contacts", contact, b'{"type":"contact","id":{"no":"id"},"updated_at":"soon"}')
    with SimulatorServer(workspace) as server:
        assert_is_as_in_the_readme(cli("sync", "contacts", INTERCOM_BASE_URL=server.url))


def test_a_password_that_is_not_escaped(cli: CommandLine) -> None:
    assert_is_as_in_the_readme(cli("status", DATABASE_URL="postgresql://u:p@ssword@127.0.0.1:1/x"))


def test_an_embedded_server_that_does_not_start(bare: CommandLine) -> None:
    data = bare.folder.parent / "home" / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("18\n")
    assert_is_as_in_the_readme(bare("runs"))


@pytest.mark.parametrize("page", ["README.md", "Makefile", "CONTRIBUTING.md"])
def test_times_in_examples_are_accepted(page: str) -> None:
    for example in re.findall(r"--since[ =]([^\s\"'`]+)", (ROOT / page).read_text()):
        assert parse_since(shlex.split(example)[0], now())
