"""Writes the pages that only repeat what the code says: `make docs`; `--check` says which are stale.

Not shipped. The tables are read from a live database that all migrations were applied to, the help from the
program itself: a page cannot say what is not so.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, assert_never

import typer.main
from typer.testing import CliRunner

from cli.app import app
from intercom_etl.costs import describe_cost
from intercom_etl.endpoint import (
    Cursor,
    Linked,
    ListEndpoint,
    Listing,
    Log,
    Paged,
    PerName,
    PerParent,
    Scroll,
    Search,
    Together,
)
from intercom_etl.exit_codes import MEANINGS
from intercom_etl.export import Datasets, Export, Files
from intercom_etl.postgres.connection import open_database
from intercom_etl.postgres.embedded import EmbeddedPostgres
from intercom_etl.postgres.schema import bring_up_to_date
from intercom_etl.settings import Settings
from intercom_etl.stream import Children, Stream
from intercom_etl.streams import all_streams

ROOT = Path(__file__).parent.parent
PROGRAM = "intercom-etl"
MADE = "<!-- Made by `make docs`: edit {source}, not this page. -->\n"
SCHEMAS = {
    "intercom": "The workspace. Every table also keeps the record as it came, in `raw`.",
    "etl": "Bookkeeping: what ran, how far each stream is, what was refused.",
    "analytics": "Views for reading.",
}
# What an example shows where nothing is set.
EXAMPLES = {"DATABASE_URL": "postgresql://user:password@localhost:5432/intercom"}

COLUMNS = """
select n.nspname as schema, c.relname as table, c.relkind in ('v', 'm') as is_view,
       obj_description(c.oid, 'pg_class') as table_comment,
       a.attname as column, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
       col_description(c.oid, a.attnum) as comment, a.attnum = any (i.indkey) as in_key,
       a.attgenerated <> '' as from_raw
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_index i on i.indrelid = c.oid and i.indisprimary
 where n.nspname = any (%(schemas)s) and c.relkind in ('r', 'p', 'v', 'm')
 order by array_position(%(schemas)s, n.nspname::text), c.relname, a.attnum
"""
INDEXES = """
select schemaname as schema, tablename as table, indexdef as definition
  from pg_indexes where schemaname = any (%(schemas)s) and indexname not like '%%_pkey' order by indexname
"""


def streams_page() -> str:
    """Every stream of the registry."""
    streams = all_streams().values()
    rows = [
        (
            f"[{stream.name}](#{stream.name})" + (" \\*" if stream.optional else ""),
            stream.title,
            f"`{_request(stream)}`",
            "changes" if stream.replication_key or stream.follows_parents else "whole",
            describe_cost(stream),
            _deletions(stream),
            stream.permission,
        )
        for stream in streams
    ]
    text = "# Streams\n\n" + MADE.format(source="`intercom_etl/streams/`")
    text += (
        "\nOne stream is one collection of Intercom. `changes`: a run reads what changed since the bookmark. "
        "`whole`: a run reads all of it, and writes only what differs. The permission is the tick box in the "
        "Developer Hub that the token needs. A stream with a star is copied only when it is asked for: by "
        "name, or with `+name` in `INTERCOM_ETL_STREAMS`. What is gone from Intercom stays as a row with "
        "`deleted_at` and `deletion_reason`.\n\n"
    )
    text += _table(
        ("stream", "what", "read with", "each run reads", "requests", "what is gone", "permission"), rows
    )
    for stream in streams:
        text += f"\n## {stream.name}\n\n{stream.title}. {_how(stream)}\n\n"
        text += _table(
            ("table", "holds", "key", "taken from"),
            [
                (f"`intercom.{stream.name}`", "the records", "`workspace_id`, `id`", "the record"),
                *(_child(child) for child in stream.children),
            ],
        )
    return text


def _request(stream: Stream) -> str:
    match stream.endpoint:
        case Search(path=path) | Log(path=path) | Export(path=path) | PerParent(each=Together(path=path)):
            return f"POST {path}"
        case endpoint:
            return f"GET {endpoint.path}"


def _deletions(stream: Stream) -> str:
    """How it is noticed that a record is gone."""
    if stream.confirm is not None:
        often = "each run" if stream.is_whole else "sweep"
        return f"{often}, asked for one by one"
    if isinstance(stream.endpoint, PerParent):
        return "each list that is read" if stream.endpoint.whole else "never: the list forgets"
    return "each run" if stream.is_whole else "never: nothing is taken from it"


def _how(stream: Stream) -> str:
    match stream.endpoint:
        case Search(page_size=size, granularity=granularity):
            text = f"Searched by `{stream.replication_key}`, oldest change first, {size} a page."
            if granularity == "day":
                text += " The search knows whole days only: more is asked for, and the surplus dropped."
        case Log(page_size=size):
            text = f"Searched by `created_at`, in steps of a month and more, {size} a page."
        case PerParent() as endpoint:
            text = _how_by_parent(stream, endpoint)
        case PerName(setting=setting):
            text = f"One list for each name in `{setting}`."
        case Export():
            text = _how_exported(stream.endpoint)
        case endpoint:
            text = _how_listed(endpoint)
    if stream.detail:
        text += " Each record that the database does not hold yet in this version is fetched with "
        text += f"`GET {stream.detail}`."
    return text


def _how_by_parent(stream: Stream, endpoint: PerParent) -> str:
    text = f"One list for each record of [{endpoint.parent}](#{endpoint.parent})"
    if stream.follows_parents:
        text += " that was written since the last time"
    if endpoint.span is not None:
        text += ", from the last time on"
    if isinstance(endpoint.each, Together):
        text += f", {endpoint.each.at_once} lists with one request"
    return text + "."


def _how_listed(endpoint: ListEndpoint) -> str:
    match endpoint:
        case Cursor(page_size=size):
            return f"Listed by cursor, {size} a page."
        case Paged(page_size=size):
            return f"Listed by page number, {size} a page."
        case Linked():
            return "Listed page by page, each of which says what the next one is asked with."
        case Scroll():
            return "Scrolled through, 100 a page; a workspace has one scroll at a time."
        case Listing(each=each):
            return "Listed in one answer." if len(each) == 1 else f"Listed in {len(each)} answers."
        case _:
            assert_never(endpoint)


def _how_exported(export: Export) -> str:
    match export.rows:
        case Files(keyed=keyed, key=key):
            text = (
                f"CSV files of a job, one a statistic. Rows of `{keyed[0]}` are known by their `{key}`, all "
            )
            text += "others by what they say: those that say the same are one."
        case Datasets(setting=setting, path=path):
            text = (
                f"CSV files of jobs, for each dataset that `{setting}` names (`GET {path}` lists them), with "
            )
            text += "all attributes. Rows are known by the dataset's own id, else by what they say: one that "
            text += "changes is then a new one."
    return (
        f"{text} A first run goes back {export.first.days} days, unless `--since` or `--full` says more; "
        f"later ones begin {export.settle.days} days before the bookmark, since what became of a row shows "
        f"late. A job is for {export.step.days} days at most."
    )


def _child(child: Children) -> tuple[str, ...]:
    holds = "one row an element"
    if child.cap:
        holds += f"; the API gives the {child.cap} newest, older ones stay"
    path = (" and " if child.labelled else " or ").join(f"`{'.'.join(path)}`" for path in child.paths)
    keys = ", ".join(f"`{key}`" for key in ("workspace_id", child.parent_key, *child.keys))
    return f"`intercom.{child.table}`", holds, keys, path


def exit_codes_page() -> str:
    """Every exit code."""
    text = "# Exit codes\n\n" + MADE.format(source="`intercom_etl/exit_codes.py`")
    text += (
        "\nA code tells a script what to do next; they do not change within a major version. Take an unknown "
        "one for a failure. 75, 77 and 78 are those of `sysexits.h`. The run's row in `etl.run` records the "
        "same code.\n\n"
    )
    return text + _table(
        ("code", "name", "meaning"),
        [(str(int(code)), code.name.lower().replace("_", " "), text) for code, text in MEANINGS.items()],
    )


def cli_page() -> str:
    """`--help` of every command."""
    text = "# Commands\n\n" + MADE.format(source="`cli/`")
    text += (
        "\nData go to stdout, talk and progress to stderr. [Exit codes](exit-codes.md) say how it ended.\n"
    )
    for words in _commands(typer.main.get_command(app), ()):
        text += f"\n## {' '.join((PROGRAM, *words))}\n\n```text\n{_help(words)}\n```\n"
    return text


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield words
    for name, inner in getattr(command, "commands", {}).items():
        if not inner.hidden:
            yield from _commands(inner, (*words, name))


def _help(words: tuple[str, ...]) -> str:
    plain = {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
    result = CliRunner().invoke(app, [*words, "--help"], prog_name=PROGRAM, env=plain, terminal_width=100)
    if result.exit_code != 0:
        raise SystemExit(f"`{' '.join(words)} --help` failed: {result.output}")
    return "\n".join(line.rstrip() for line in result.stdout.strip().splitlines())


def settings_page() -> str:
    """Every knob."""
    text = "# Settings\n\n" + MADE.format(source="`intercom_etl/settings.py`")
    text += (
        "\nA flag of the command line wins over the environment, that over a file `.env` in the folder where "
        "the command runs, that over the default. An empty value counts as unset. "
        "[`.env.example`](../.env.example) has them all, ready to be copied.\n\n"
    )
    return text + _table(
        ("setting", "default", "what it does"),
        [(f"`{name}`", f"`{default}`" if default else "unset", what) for name, default, what in _settings()],
    )


def env_example() -> str:
    """The same as a file to be copied."""
    text = "# Copy this file to `.env`, and uncomment what you want to change. Made by `make docs`.\n"
    for name, default, what in _settings():
        text += f"\n# {what}\n#{name}={default or EXAMPLES.get(name, '')}\n"
    return text


def _settings() -> Iterator[tuple[str, str, str]]:
    for name, field in Settings.model_fields.items():
        if not field.description:
            raise SystemExit(f"setting `{name}` has no description")
        yield name.upper(), "" if field.default is None else str(field.default), field.description


def schema_page() -> str:
    """Every table and view, read from a database made for it."""
    columns, indexes = asyncio.run(_read_schema())
    text = "# Schema\n\n" + MADE.format(source="`sql/`")
    text += (
        "\nA bold column belongs to the key. Columns that every table of schema `intercom` has: "
        "`workspace_id` (several workspaces may share a database), `raw` (the JSON as it came), `synced_at` "
        "(when the API was asked for it), `deleted_at` and `deletion_reason` (the original is gone, "
        "the row stays). Times are `timestamptz`, ids are `text`. `from raw`: the database itself takes the "
        "column out of `raw`.\n"
    )
    text += "\n## How tables hang together\n\n" + _diagram(columns)
    for schema, what in SCHEMAS.items():
        tables = list(dict.fromkeys(row["table"] for row in columns if row["schema"] == schema))
        if not tables:
            continue
        text += f"\n## {schema}\n\n{what}\n"
        for table in tables:
            mine = [row for row in columns if (row["schema"], row["table"]) == (schema, table)]
            text += f"\n### {schema}.{table}\n\n{mine[0]['table_comment'] or ''}\n\n"
            text += _table(("column", "type", "meaning"), [_column(row) for row in mine])
            made = [row["definition"] for row in indexes if (row["schema"], row["table"]) == (schema, table)]
            if made:
                text += "\nIndexes: " + ", ".join(f"`{_index(definition)}`" for definition in made) + "\n"
    return text


# whose ids stand in a column, where its name does not say it
POINTS_AT = {
    "admin_assignee_id": "admins",
    "author_id": None,  # a contact, a teammate, or a bot
    "owner_id": "admins",
    "team_assignee_id": "teams",
    "teammate_id": "admins",
}


def _diagram(columns: list[dict[str, Any]]) -> str:
    """An entity-relationship diagram in Mermaid: tables of schema `intercom`, and whose ids they hold."""
    tables = list(dict.fromkeys(row["table"] for row in columns if row["schema"] == "intercom"))
    text = "Lines follow columns; nothing is enforced, since records arrive in any order.\n\n"
    text += "```mermaid\nerDiagram\n"
    for row in columns:
        target = _points_at(row["column"], tables)
        if row["schema"] == "intercom" and target is not None and target != row["table"]:
            many = "|o--o{" if not row["in_key"] else "||--o{"
            text += f"    {target} {many} {row['table']} : {row['column']}\n"
    return text + "```\n"


def _points_at(column: str, tables: list[str]) -> str | None:
    if column in POINTS_AT:
        return POINTS_AT[column]
    stem = column.removesuffix("_id")
    plural = stem.removesuffix("y") + "ies" if stem.endswith("y") else stem + "s"
    return plural if column.endswith("_id") and plural in tables else None


async def _read_schema() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    asked = {"schemas": list(SCHEMAS)}
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedPostgres(Path(folder), durable=False).running() as url,
    ):
        async with open_database(url) as database:
            await bring_up_to_date(database)
            columns = await (await database.connection.execute(COLUMNS, asked)).fetchall()
            indexes = await (await database.connection.execute(INDEXES, asked)).fetchall()
            return columns, indexes


def _column(row: dict[str, Any]) -> tuple[str, ...]:
    name = f"**`{row['column']}`**" if row["in_key"] else f"`{row['column']}`"
    kind = row["type"].replace("timestamp with time zone", "timestamptz")
    if row["required"] and not row["in_key"]:
        kind += ", required"
    if row["from_raw"]:
        kind += ", from raw"
    return name, kind, row["comment"] or ""


def _index(definition: str) -> str:
    unique = "unique " if definition.startswith("CREATE UNIQUE") else ""
    return unique + definition.split(" USING btree ", 1)[-1]


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


PAGES: dict[str, Callable[[], str]] = {
    "docs/streams.md": streams_page,
    "docs/exit-codes.md": exit_codes_page,
    "docs/cli.md": cli_page,
    "docs/settings.md": settings_page,
    ".env.example": env_example,
    "docs/schema.md": schema_page,
}


def main() -> int:
    """Writes or compares all pages; 1 when one is stale."""
    check = "--check" in sys.argv[1:]
    stale = []
    for name, make in PAGES.items():
        path, text = ROOT / name, make()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.write_text(text, encoding="utf-8")
            print(f"docs: wrote {name}")
    if check and stale:
        print(f"docs: stale: {', '.join(stale)}; hint: make docs", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
