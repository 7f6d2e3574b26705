"""`docs/json.md` has every field that `--json` prints, and none that it does not."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from command_line import TOKEN, CommandLine

from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

PAGE = Path(__file__).parents[2] / "docs" / "json.md"
BACKFILL = """
insert into etl.backfill (workspace_id, stream, from_at, to_at, step, done_to, records, run_id, epoch,
                          started_at)
select workspace_id, 'contacts', '2026-01-01', '2026-02-05', '10 days', '2026-01-21', 7, 1, 1, now()
  from etl.run limit 1
"""


def fields(heading: str) -> dict[str, str]:
    """The types of all fields below a heading, by their paths."""
    text = PAGE.read_text().split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return dict(re.findall(r"^\| `([^`]+)` \| ([^|]+?) \|", text, re.MULTILINE))


def leaves(value: Any, known: dict[str, str], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its path, down to what the page has a line for."""
    match value:
        case _ if path in known:
            yield path, value
        case dict():
            for name, inner in value.items():
                name = "STREAM" if path == "streams" else name
                yield from leaves(inner, known, f"{path}.{name}" if path else name)
        case list():
            for inner in value:
                yield from leaves(inner, known, f"{path}[]" if path else "")
        case None if any(name.startswith(f"{path}.") for name in known):
            return
        case _:
            yield path, value


def fits(value: Any, kind: str) -> bool:
    if value is None:
        return kind.endswith("?")
    match kind.removesuffix("?"):
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "true or false":
            return isinstance(value, bool)
        case "time":
            return datetime.fromisoformat(value).tzinfo is not None
        case "list of text":
            return all(isinstance(each, str) for each in value)
        case "error":
            return {"message", "hint"} <= value.keys() <= fields("An error").keys()
        case "object" | "run":
            return isinstance(value, dict)
        case "text":
            return isinstance(value, str)
    return False


def compare(heading: str, *documents: Any) -> None:
    known, found = fields(heading), set[str]()
    for document in documents:
        for path, value in leaves(document, known):
            assert path in known, f"{heading}: `{path}` is not on the page"
            assert fits(value, known[path]), f"{heading}: `{path}` is {value!r}, not {known[path]}"
            found.add(path)
    # of a list that was always empty nothing can be said
    seen = {path.rpartition(".")[0] for path in found} | {""}
    never = {path for path in known.keys() - found if path.rpartition(".")[0] in seen}
    assert never == set(), f"{heading}: on the page, and never printed"


def test_the_page_has_the_fields_that_are_printed(cli: CommandLine, database_url: str) -> None:
    size = Size(contacts=20, conversations=12, companies=4, tickets=3)
    workspace = Workspace(seed=35, size=size, token=TOKEN)
    contact = min(workspace.truth("contacts"))
    workspace.plant("contacts", contact, b'{"type":"contact","id":{"no":"id"}}')
    faults = Faults(Fault("403", path="/tags"))
    with SimulatorServer(workspace, faults=faults) as server:
        cli.environment |= {"INTERCOM_BASE_URL": server.url}

        def run(*words: str) -> Any:
            return cli(*words, "--json").json

        synced = run("sync", "contacts", "conversations", "tags")
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(BACKFILL)
        compare(
            "sync, backfill, extract, transform, load",
            synced,
            run("sync", "contacts", "--dry-run"),
            run("backfill", "conversations", "--from", "30d"),
            run("extract", "teams", "--out", "landing"),
            run("transform", "landing"),
            run("load", "landing"),
        )
        compare("verify", run("verify", "conversations", "tags"))
        compare("status", run("status", "--max-lag", "1s"), run("status"))
        runs, shown = run("runs"), run("runs", "show", "1")
        compare("plan", run("plan"))
        compare("streams", run("streams"), run("streams", "--cost"))
        compare("doctor", run("doctor"))
        compare("quarantine list", run("quarantine", "list"))
        stray = cli("config", "show", "--json", INTERCOM_ETL_HOM="x").json
        compare("config show", run("config", "show"), stray)
    assert {*runs[0]} <= {*shown}
    compare("runs", runs, shown)
    compare("What failed", run("sync", "nope"))
