"""What every table and every statement promises, checked on the live catalog and on the files."""

import re
from pathlib import Path

import pytest

from intercom_etl.postgres.connection import Database
from intercom_etl.streams import all_streams

SQL = Path(__file__).parents[2] / "sql"
FILES = sorted(SQL.rglob("*.sql"))
QUERIES = sorted((SQL / "queries").glob("*.sql"))
MIGRATIONS = sorted((SQL / "migrations").glob("*.sql"))
TABLES = """
select n.nspname || '.' || c.relname as name, obj_description(c.oid, 'pg_class') as comment,
       array(select a.attname::text from unnest(i.indkey::int2[]) with ordinality as k (number, place)
               join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number order by k.place) as key,
       array(select a.attname || ' ' || format_type(a.atttypid, a.atttypmod) from pg_attribute a
              where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  left join pg_index i on i.indrelid = c.oid and i.indisprimary
 where n.nspname in ('intercom', 'etl', 'analytics') and c.relkind in ('r', 'p', 'v', 'm') order by 1
"""
STANDARD = {
    "workspace_id text",
    "raw jsonb",
    "synced_at timestamp with time zone",
    "deleted_at timestamp with time zone",
    "deletion_reason text",
}


async def tables(database: Database) -> dict[str, dict[str, object]]:
    cursor = await database.connection.execute(TABLES)
    return {row["name"]: row for row in await cursor.fetchall()}


def without_comments(path: Path) -> str:
    return re.sub(r"--[^\n]*", "", path.read_text())


async def test_every_table_and_view_has_a_comment(database: Database) -> None:
    assert [name for name, table in (await tables(database)).items() if not table["comment"]] == []


async def test_every_key_of_data_begins_with_the_workspace(database: Database) -> None:
    keys = {
        name: table["key"] for name, table in (await tables(database)).items() if name.startswith("intercom.")
    }
    assert keys
    assert {
        name: key for name, key in keys.items() if not isinstance(key, list) or key[:1] != ["workspace_id"]
    } == {}


async def test_every_data_table_has_the_standard_columns(database: Database) -> None:
    found = await tables(database)
    data = {name: set(table["columns"]) for name, table in found.items() if name.startswith("intercom.")}  # pyright: ignore[reportArgumentType]
    assert {name: STANDARD - columns for name, columns in data.items() if STANDARD - columns} == {}


async def test_every_data_table_belongs_to_a_stream(database: Database) -> None:
    declared = {f"intercom.{table}" for stream in all_streams().values() for table in stream.tables}
    assert {name for name in await tables(database) if name.startswith("intercom.")} == declared


async def test_no_column_is_too_narrow_for_a_number_of_intercom(database: Database) -> None:
    """Binary COPY into an int4 stores 3,000,000,000 as -1,294,967,296 and says nothing."""
    narrow = re.compile(r" (integer|smallint|real|timestamp without time zone|character varying.*)$")
    columns = [
        f"{name}.{column}"
        for name, table in (await tables(database)).items()
        if name.startswith("intercom.")
        for column in table["columns"]  # pyright: ignore[reportGeneralTypeIssues]
        if narrow.search(column)
    ]
    assert columns == []


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.name)
def test_a_query_file_holds_one_statement(path: Path) -> None:
    assert ";" not in re.sub(r"'[^']*'", "", without_comments(path)).strip().rstrip(";")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_row_is_rewritten_only_because_time_went_by(path: Path) -> None:
    """A time in DO UPDATE would make every run change every row; the lease is no such row."""
    for update in re.findall(r"do\s+update(.*?)(?:;|returning|\Z)", without_comments(path), re.DOTALL):
        assert not re.search(r"now\(\)|current_timestamp|clock_timestamp", update)


def test_the_composed_merge_reads_no_clock_either() -> None:
    source = (SQL.parent / "intercom_etl" / "load" / "merge.py").read_text()
    assert not re.search(r"now\(\)|current_timestamp|clock_timestamp", source)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_keywords_are_lower_case(path: Path) -> None:
    text = re.sub(r"'[^']*'", "", without_comments(path))
    assert (
        re.findall(r"\b(?:SELECT|INSERT|UPDATE|DELETE|CREATE|TABLE|WHERE|FROM|JOIN|NOT NULL)\b", text) == []
    )


def test_no_two_migrations_have_the_same_number() -> None:
    numbers = [path.name.split("_", 1)[0] for path in MIGRATIONS]
    assert all(re.fullmatch(r"\d{4}", number) for number in numbers)
    assert len(set(numbers)) == len(numbers)
