"""Views of custom attributes on a real server: what analysts see, and what must not break in their hands."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg import sql

from intercom_etl.load.attribute_refresh import refresh_views
from intercom_etl.load.attribute_views import SOURCES, Source
from intercom_etl.load.write import Loader
from intercom_etl.page import Page
from intercom_etl.postgres.connection import Database, open_database
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch

MOMENT = datetime(2023, 3, 4, 9, 46, 14, tzinfo=UTC)
T0 = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CONTACTS, COMPANIES, CONVERSATIONS, TICKETS = SOURCES


async def write(database: Database, stream: str, *records: dict[str, Any], workspace_id: str = "w") -> None:
    texts = tuple(json.dumps(record).encode() for record in records)
    batch = to_batch(all_streams()[stream], Page(texts, T0))
    assert batch.rejects == []
    loader = await Loader.create(database.connection, all_streams()[stream])
    async with database.transaction() as tx:
        await loader.write(tx, batch, workspace_id=workspace_id, run_id=1, now=T0)


async def define(database: Database, *, workspace_id: str = "w", **types: str) -> None:
    await define_named(database, types, workspace_id=workspace_id)


async def define_named(
    database: Database, types: dict[str, str], *, model: str = "contact", workspace_id: str = "w", **more: Any
) -> None:
    await write(
        database,
        "data_attributes",
        *(
            {
                "model": model,
                "name": name,
                "full_name": f"custom_attributes.{name}",
                "data_type": data_type,
                "custom": True,
                **more,
            }
            for name, data_type in types.items()
        ),
        workspace_id=workspace_id,
    )


async def contact(database: Database, identity: str, values: Any, *, workspace_id: str = "w") -> None:
    await write(
        database,
        "contacts",
        {"id": identity, "updated_at": 5, "custom_attributes": values},
        workspace_id=workspace_id,
    )


async def refresh(database: Database, source: Source = CONTACTS) -> list[str]:
    async with database.transaction() as tx:
        return await refresh_views(tx, source)


async def query(database: Database, text: str) -> list[dict[str, Any]]:
    return await (await database.connection.execute(text.encode())).fetchall()


async def columns(database: Database, view: str = "contact_attributes") -> dict[str, str]:
    found = await query(
        database,
        "select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute"
        f" where attrelid = 'analytics.{view}'::regclass and attnum > 0 order by attnum",
    )
    return {row["name"]: row["type"] for row in found}


async def comments(database: Database, view: str = "contact_attributes") -> dict[str, str]:
    found = await query(
        database,
        "select attname as name, col_description(attrelid, attnum) as comment from pg_attribute"
        f" where attrelid = 'analytics.{view}'::regclass and attnum > 2",
    )
    return {row["name"]: row["comment"] for row in found}


TYPES = {
    "string": ("text", "x", "x"),
    "list": ("text", "Billing", "Billing"),
    "integer": ("bigint", 2**40, 2**40),
    "float": ("numeric", 1.25, Decimal("1.25")),
    "decimal": ("numeric", "99.99", Decimal("99.99")),
    "boolean": ("boolean", False, False),
    "date": ("timestamp with time zone", 1677923174, MOMENT),
    "datetime": ("timestamp with time zone", "2023-03-04T09:46:14Z", MOMENT),
    "relationship": ("jsonb", {"instances": [{"id": 1}]}, {"instances": [{"id": 1}]}),
    "files": ("jsonb", None, None),
    "of tomorrow": ("jsonb", [1], [1]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("source", "stream"), [(CONTACTS, "contacts"), (COMPANIES, "companies"), (CONVERSATIONS, "conversations")]
)
async def test_each_attribute_is_a_column_of_its_type(
    database: Database, source: Source, stream: str
) -> None:
    if source is CONVERSATIONS:
        definitions = [
            {"id": number, "name": f"a {kind}", "data_type": kind} for number, kind in enumerate(TYPES, 1)
        ]
        await write(database, "conversation_attributes", *definitions)
    else:
        await define_named(database, {f"a {kind}": kind for kind in TYPES}, model=source.model or "")
    values = {f"a {kind}": value for kind, (_, value, _) in TYPES.items()}
    misfits = {f"a {kind}": {"an": ["object"]} for kind in TYPES}
    for number, held in enumerate((values, misfits, {}, None, [1], "x")):
        record = {"id": f"{number}", "updated_at": 5, "custom_attributes": held}
        await write(database, stream, record)
    assert await refresh(database, source) == []
    names = {f"a_{kind.replace(' ', '_')}": known for kind, known in TYPES.items()}
    assert await columns(database, source.view) == {
        "workspace_id": "text",
        "id": "text",
        **{name: names[name][0] for name in sorted(names)},
    }
    full, misfit, *empty = await query(database, f"select * from analytics.{source.view} order by id")
    assert full == {"workspace_id": "w", "id": "0", **{name: known[2] for name, known in names.items()}}
    for name, known in names.items():
        assert misfit[name] == ({"an": ["object"]} if known[0] == "jsonb" else None)
    assert len(empty) == 4
    assert all(row[name] is None for row in empty for name in names)


async def test_attributes_of_tickets_come_from_all_their_types(database: Database) -> None:
    await database.connection.execute(
        b"drop table if exists intercom.ticket_type_attributes;"
        b"create table intercom.ticket_type_attributes"
        b" (workspace_id text, ticket_type_id text, id text, raw jsonb, deleted_at timestamptz)"
    )
    for number, (name, kind) in enumerate(
        [("_default_title_", "string"), ("Due", "datetime"), ("Due", "datetime"), ("Size", "integer"),
         ("Size", "string")]
    ):  # fmt: skip
        await database.connection.execute(
            "insert into intercom.ticket_type_attributes values ('w', '1', %s, %s, null)",
            (str(number), json.dumps({"name": name, "data_type": kind})),
        )
    held = {"_default_title_": "Help", "Due": 1677923174, "Size": 5}
    await write(database, "tickets", {"id": "1", "updated_at": 5, "ticket_attributes": held})
    assert await refresh(database, TICKETS) == []
    assert await query(database, "select * from analytics.ticket_attributes") == [
        {"workspace_id": "w", "id": "1", "due": MOMENT, "size": "5", "default_title": "Help"}
    ]


async def test_without_ticket_types_there_is_no_view_of_their_attributes(database: Database) -> None:
    await database.connection.execute(b"drop table if exists intercom.ticket_type_attributes")
    assert await refresh(database, TICKETS) == []
    assert await query(database, VIEWS) == []


async def test_without_attributes_the_view_has_the_records(database: Database) -> None:
    await contact(database, "1", {"plan": "pro"})
    assert await refresh(database) == []
    assert await query(database, "select * from analytics.contact_attributes") == [
        {"workspace_id": "w", "id": "1"}
    ]


VIEWS = "select 1 from pg_views where schemaname = 'analytics' and viewname ~ '_attributes'"
HOSTILE = (
    '"', "'", 'x"; drop table intercom.contacts; --', "'; drop schema analytics cascade; --", "\\", "$$",
    "%s", "{held}", ";", "--", "/*", "a\nb\tc", "id", "ID", "workspace_id", "ctid", "select", "", " ",
    "プラン", "😀", "\u202eabc", "x" * 200, "x" * 201, "X" * 200, "é" * 100,
    "Plan", "plan", "PLAN", "a.b", "a->b",
    "0", ":1", "E'\\x'",
)  # fmt: skip


async def test_hostile_names_are_columns_like_any_other(database: Database) -> None:
    await define_named(database, dict.fromkeys(HOSTILE, "string"))
    await contact(database, "1", {name: f"of {name}" for name in HOSTILE})
    assert await refresh(database) == []
    (row,) = await query(database, "select * from analytics.contact_attributes")
    said = await comments(database)
    assert len(said) == len(HOSTILE)
    assert {(row[column], comment) for column, comment in said.items()} == {
        (f"of {name}", f"{name} (string)") for name in HOSTILE
    }
    assert await query(database, "select id from intercom.contacts") == [{"id": "1"}]


async def test_nothing_is_done_while_nothing_changes(database: Database) -> None:
    await define(database, plan="string")
    await refresh(database)
    state = "select oid, xmin::text from pg_class where oid = 'analytics.contact_attributes'::regclass"
    before = await query(database, state)
    await contact(database, "1", {"plan": "pro"})
    assert await refresh(database) == []
    assert await query(database, state) == before


async def test_a_view_that_was_dropped_is_made_again(database: Database) -> None:
    await refresh(database)
    await database.connection.execute(b"drop view analytics.contact_attributes")
    assert await refresh(database) == []
    assert await columns(database) == {"workspace_id": "text", "id": "text"}


async def test_new_attributes_come_last_and_old_columns_stay_where_they_are(database: Database) -> None:
    await define(database, plan="string", seats="integer")
    await refresh(database)
    await database.connection.execute(
        b"create view public.mine as select * from analytics.contact_attributes"
    )
    await define(database, alpha="boolean", Plan="string")
    assert await refresh(database) == []
    _, _, *names = await columns(database)
    assert names[:3] == ["plan", "seats", names[2]]
    assert names[3] == "alpha"
    assert names[2].startswith("plan_")


async def test_an_archived_attribute_keeps_its_column_and_says_so(database: Database) -> None:
    await define(database, plan="string", seats="integer")
    await contact(database, "1", {"plan": "pro"})
    await refresh(database)
    await define_named(database, {"plan": "string"}, archived=True)
    await database.connection.execute(
        b"update intercom.data_attributes set deleted_at = now() where name = 'seats'"
    )
    assert await refresh(database) == []
    assert await comments(database) == {
        "plan": "plan (string); archived",
        "seats": "seats (integer); archived",
    }
    assert await query(database, "select plan from analytics.contact_attributes") == [{"plan": "pro"}]


async def test_a_type_that_changes_makes_the_view_anew_and_keeps_who_may_read_it(database: Database) -> None:
    await define(database, plan="integer")
    await refresh(database)
    await database.connection.execute(
        b'create role "an ""analyst"; grant select on analytics.contact_attributes to public;'
        b'grant select on analytics.contact_attributes to "an ""analyst" with grant option'
    )
    try:
        await define(database, plan="string")
        assert await refresh(database) == []
        assert (await columns(database))["plan"] == "text"
        acl = await query(
            database,
            "select array_to_string(relacl, ' ') as acl from pg_class where relname = 'contact_attributes'",
        )
        assert '"an ""analyst"=r*/' in acl[0]["acl"].replace("\\", "")
        assert " =r/" in acl[0]["acl"]
    finally:
        await database.connection.execute(b'drop owned by "an ""analyst"; drop role "an ""analyst"')


async def test_a_view_that_others_build_upon_stays_until_they_are_gone(database: Database) -> None:
    await define(database, plan="integer")
    await contact(database, "1", {"plan": 5})
    await refresh(database)
    await database.connection.execute(
        b"create view public.mine as select plan from analytics.contact_attributes"
    )
    await define(database, plan="string")
    for _ in range(2):
        (trouble,) = await refresh(database)
        assert "public.mine" in trouble.replace("view mine", "view public.mine")
        assert "intercom-etl sync data_attributes" in trouble
        assert (await columns(database))["plan"] == "bigint"
        assert await query(database, "select plan from public.mine") == [{"plan": 5}]
    await database.connection.execute(b"drop view public.mine")
    assert await refresh(database) == []
    assert (await columns(database))["plan"] == "text"


async def test_what_somebody_else_made_under_our_name_stays(database: Database) -> None:
    await database.connection.execute(b"create table analytics.contact_attributes (mine text)")
    (trouble,) = await refresh(database)
    assert "rename it" in trouble
    assert await columns(database) == {"mine": "text"}


async def test_two_workspaces_have_one_view_together_and_one_each(database: Database) -> None:
    await define(database, plan="string", seats="integer", workspace_id="w")
    await contact(database, "1", {"plan": "pro", "seats": 3}, workspace_id="w")
    await refresh(database)
    await define(database, plan="string", seats="boolean", region="string", workspace_id="Other one")
    await contact(database, "1", {"seats": True, "region": "emea"}, workspace_id="Other one")
    assert await refresh(database) == []
    assert await columns(database) == {
        "workspace_id": "text",
        "id": "text",
        "plan": "text",
        "seats": "text",
        "region": "text",
    }
    together = await query(database, "select * from analytics.contact_attributes order by workspace_id")
    assert together == [
        {"workspace_id": "Other one", "id": "1", "plan": None, "seats": "true", "region": "emea"},
        {"workspace_id": "w", "id": "1", "plan": "pro", "seats": "3", "region": None},
    ]
    assert await query(database, "select * from analytics.contact_attributes_w") == [
        {"workspace_id": "w", "id": "1", "plan": "pro", "seats": 3}
    ]
    (other,) = [
        row["viewname"]
        for row in await query(database, "select viewname from pg_views where viewname like '%other_one%'")
    ]
    assert await query(database, f"select * from analytics.{other}") == [
        {"workspace_id": "Other one", "id": "1", "plan": None, "region": "emea", "seats": True}
    ]


async def test_more_attributes_than_a_view_can_have_are_left_out_with_a_word(database: Database) -> None:
    await define_named(database, {f"attribute {number:04}": "integer" for number in range(1_700)})
    await contact(database, "1", {"attribute 0003": 3, "attribute 1699": 5})
    (trouble,) = await refresh(database)
    assert "1,500 of 1,700" in trouble
    names = list(await columns(database))
    assert (len(names), names[-1]) == (1_502, "attribute_1499")
    assert (await query(database, "select * from analytics.contact_attributes"))[0]["attribute_0003"] == 3


@pytest.fixture
async def loader_role(database: Database) -> AsyncIterator[str]:
    """A role that may write rows and nothing else."""
    await database.connection.execute(
        b"create role only_loads; grant usage on schema intercom, etl, analytics to only_loads;"
        b"grant select, insert, update, delete on all tables in schema intercom, etl to only_loads"
    )
    yield "only_loads"
    await database.connection.execute(b"reset role; drop owned by only_loads; drop role only_loads")


async def test_a_loader_that_may_not_create_is_told_what_is_missing(
    database: Database, loader_role: str
) -> None:
    await define(database, plan="string")
    await database.connection.execute(sql.SQL("set role {}").format(sql.Identifier(loader_role)))
    (trouble,) = await refresh(database)
    assert "permission denied for function make_attribute_view" in trouble
    assert "`intercom-etl db roles`" in trouble
    await database.connection.execute(
        b"reset role; grant execute on function etl.make_attribute_view to only_loads; set role only_loads"
    )
    assert await refresh(database) == []
    assert "plan" in await columns(database)
    (view,) = await query(database, "select viewowner from pg_views where viewname = 'contact_attributes'")
    assert view["viewowner"] != "only_loads"


async def test_the_function_makes_views_of_custom_attributes_and_nothing_else(database: Database) -> None:
    made = "select etl.make_attribute_view({}, {}, '[]', '', '', {})"
    await database.connection.execute(b"create view analytics.contact_attributes_mine as select 1 as mine")
    for name, workspace, anew in (
        ("'conversation_messages'", "null", "false"),
        ("'contact_attributes_x'", "null", "false"),
        ("'contact_attributes_mine'", "'w'", "false"),
        ("'contact_attributes_mine'", "'w'", "true"),
        ("'attachments'", "'w'", "true"),
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await query(database, made.format(name, workspace, anew))
    assert await query(database, "select mine from analytics.contact_attributes_mine") == [{"mine": 1}]


async def test_who_may_read_a_view_needs_no_right_on_anything_else(database: Database) -> None:
    await define(database, **{f"a {kind}": kind for kind in TYPES})
    await contact(database, "1", {"a date": "2023-03-04T09:46:14Z"})
    await refresh(database)
    await database.connection.execute(
        b"create role only_reads; grant usage on schema analytics to only_reads;"
        b"grant select on analytics.contact_attributes to only_reads; set role only_reads"
    )
    try:
        assert await query(database, "select a_date from analytics.contact_attributes") == [
            {"a_date": MOMENT}
        ]
    finally:
        await database.connection.execute(b"reset role; drop owned by only_reads; drop role only_reads")


async def test_a_view_that_somebody_else_owns_stays(database: Database, loader_role: str) -> None:
    await define(database, plan="string")
    await refresh(database)
    await define(database, seats="integer")
    await database.connection.execute(
        b"create role owns_tables; grant all on schema intercom, etl, analytics to owns_tables;"
        b"grant all on all tables in schema intercom, etl to owns_tables;"
        b"alter function etl.make_attribute_view owner to owns_tables"
    )
    try:
        (trouble,) = await refresh(database)
        assert "must be owner" in trouble
        assert "the owner of the tables must own the view" in trouble
        assert "seats" not in await columns(database)
    finally:
        await database.connection.execute(b"drop owned by owns_tables; drop role owns_tables")


async def test_a_view_that_is_being_read_is_left_for_the_next_run(
    database: Database, database_url: str
) -> None:
    await define(database, plan="string")
    await refresh(database)
    await define(database, seats="integer")
    async with open_database(database_url) as other, other.transaction() as reading:
        await reading.execute(b"select * from analytics.contact_attributes")
        (trouble,) = await refresh(database)
        assert "the next run tries again" in trouble
    assert await refresh(database) == []
    assert "seats" in await columns(database)


async def test_runs_of_two_workspaces_do_not_make_a_view_at_once(database_url: str) -> None:
    async def run(number: int) -> list[str]:
        async with open_database(database_url) as database:
            await define(database, plan="string", workspace_id=f"w{number}")
            return await refresh(database)

    assert await asyncio.gather(*(run(number) for number in range(4))) == [[], [], [], []]
    async with open_database(database_url) as database:
        assert (
            len(
                await query(
                    database,
                    VIEWS,
                )
            )
            == 5
        )


def test_definitions_and_values_are_in_tables_of_streams() -> None:
    for source in SOURCES:
        assert source.table in all_streams()
        if source.stream in all_streams():
            assert source.defined_in in all_streams()[source.stream].tables


async def test_a_lost_connection_is_no_mere_trouble(database: Database, database_url: str) -> None:
    async with open_database(database_url) as other:
        process = other.connection.info.backend_pid
        await database.connection.execute("select pg_terminate_backend(%s)", (process,))
        with pytest.raises(psycopg.OperationalError):
            await refresh_views(other.connection, CONTACTS)
