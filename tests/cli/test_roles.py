"""sql/roles.sql as an administrator would apply it: each login can do its work, and nothing else."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from command_line import TOKEN, CommandLine
from psycopg import errors, sql
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb
from truth import execute, rows

from intercom_etl.migrate import migrate
from intercom_etl.postgres.roles import roles_file
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

SIZE = Size(contacts=15, conversations=12, companies=4, tickets=5)
LOGINS = {"t_loader": "etl_loader", "t_reader": "etl_reader", "t_pii": "etl_pii_reader"}
SCHEMAS = "array['intercom', 'etl', 'analytics']"
PERSON = {"name": "Ada Lovelace", "email": "ada.l@example.org", "phone": "+44 20 7946 0018"}
SAID = "my card ends in 4242"

HISTORY = "contacts,conversations"
STATEMENTS = (
    "drop table {}",
    "truncate {}",
    "alter table {} add column more text",
    "alter table {} disable trigger all",
    "create index on {} (workspace_id)",
    "create trigger t after insert on {} execute function suppress_redundant_updates_trigger()",
)
MAKE = "select etl.make_attribute_view('contact_attributes', null, '[]', '', '', true)"


@pytest.fixture(scope="module")
def url(server_url: str) -> Iterator[str]:
    """A database of somebody who is no superuser, with tables, roles, and a login in each."""
    execute(server_url, "create role t_owner login createrole")
    execute(server_url, "create database of_roles")
    execute(server_url, "grant all on database of_roles to t_owner")
    owner = make_conninfo(server_url, dbname="of_roles", user="t_owner")
    try:
        asyncio.run(migrate(owner))
        execute(owner, roles_file().decode())
        for login, role in LOGINS.items():
            execute(owner, f"create role {login} login in role {role}")
        yield owner
    finally:
        execute(server_url, "drop database of_roles with (force)")
        found = rows(
            server_url, "select rolname as name from pg_roles where rolname ~ '^(t|etl)_' order by 1 desc"
        )
        for role in found:
            execute(server_url, f"drop owned by {role['name']} cascade")
            execute(server_url, f"drop role {role['name']}")


def as_user(url: str, name: str) -> str:
    return make_conninfo(url, user=name)


def refused(url: str, statement: str | sql.Composed) -> bool:
    with psycopg.connect(url) as connection:
        try:
            connection.execute(statement.encode() if isinstance(statement, str) else statement)
        except errors.InsufficientPrivilege:
            return True
        connection.rollback()
    return False


def assert_quiet(ended: Any) -> None:
    warned = [line for line in ended.error_lines if line.startswith("warning:")]
    assert [line for line in warned if "quarantine" not in line] == []
    assert "permission denied" not in ended.out + ended.err


def test_a_login_that_only_loads_does_all_that_running_takes(online: CommandLine, url: str) -> None:
    workspace = Workspace(seed=61, size=SIZE, token=TOKEN)
    person = workspace.add_contact(**PERSON)
    workspace.reply(workspace.add_conversation(person, SAID), "it is urgent")
    spoilt = next(iter(workspace.contacts))
    assert online("migrate", DATABASE_URL=url, INTERCOM_ETL_HISTORY=HISTORY).code == 0
    online.environment |= {"DATABASE_URL": as_user(url, "t_loader"), "INTERCOM_ETL_HISTORY": HISTORY}
    with SimulatorServer(workspace) as server:
        online.environment["INTERCOM_BASE_URL"] = server.url
        first = online("sync", "--json")
        assert (first.code, first.json["status"]) == (0, "ok")
        assert_quiet(first)
        workspace.update_contact(person, name="Ada King")
        workspace.plant("contacts", spoilt, b'{"type":"contact","id":{"no":"id"},"updated_at":"soon"}')
        second = online("sync", "--full", "--json")
        assert second.code == 3
        assert [s["error"] for s in second.json["streams"].values() if s["error"]] == []
        assert online("extract", "tags", "contacts", "--out", "landing").code == 0
        for arguments in (["transform", "landing"], ["load", "landing"], ["status"], ["quarantine", "list"]):
            assert_quiet(online(*arguments))
        assert online("quarantine", "retry", "--all", "--json").code == 3
        assert_quiet(online("quarantine", "drop", "--all"))
        assert rows(url, "select 1 from etl.quarantine where resolved_at is null") == []
        looked = online("doctor")
    assert (looked.code, "`t_loader` loads: " in looked.out) == (0, True), looked.out
    assert online("migrate", "--status").code == 0
    (run,) = rows(url, "select workspace_id as id from etl.run order by id desc limit 1")
    erased = online("erase", person, "--workspace", run["id"])
    assert erased.code == 0, erased.err
    assert rows(url, "select 1 from intercom.contacts_history where email = 'ada.l@example.org'") == []

    views = rows(url, "select viewname, viewowner from pg_views where viewname ~ '_attributes'")
    assert {view["viewowner"] for view in views} == {"t_owner"}
    assert len(views) == 4
    assert len(rows(as_user(url, "t_pii"), "select * from analytics.contact_attributes")) >= SIZE.contacts
    assert refused(as_user(url, "t_reader"), "select * from analytics.contact_attributes")


def test_the_loader_can_change_rows_and_nothing_that_holds_them(url: str) -> None:
    tables = rows(
        url,
        f"select schemaname || '.' || tablename as name from pg_tables where schemaname = any ({SCHEMAS})",
    )
    assert len(tables) > 80
    for who in ("set role etl_loader", "set role t_loader"):
        with psycopg.connect(make_conninfo(url, user="postgres")) as connection:
            connection.execute(who.encode())
            for table in tables:
                for statement in STATEMENTS:
                    with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
                        connection.execute(statement.format(table["name"]).encode())
    loader = as_user(url, "t_loader")
    for statement in (
        *(f"create table {schema}.mine (a int)" for schema in ("intercom", "etl", "analytics", "public")),
        "create schema mine",
        "create view analytics.mine as select 1 as one",
        "drop view analytics.attachments",
        "create or replace view analytics.attachments as select 1 as one",
        "create or replace function etl.to_text(value jsonb) returns text language sql as 'select null'",
        "drop schema analytics cascade",
        "insert into etl.schema_migration values (9999, 'x', 'x')",
        "update etl.schema_migration set checksum = 'x'",
        "delete from etl.schema_migration",
        "update etl.view set checksum = 'x'",
        "insert into etl.attribute_view values ('attachments', '', '[]')",
        "delete from etl.run",
        "delete from etl.lease",
        "delete from etl.bookmark",
        "select etl.make_attribute_view('attachments', null, '[]', '', '', true)",
        "create role mine",
        "set role t_owner",
        "set session authorization t_owner",
        "copy intercom.tags to program 'id'",
        "select pg_read_file('/etc/passwd')",
    ):
        assert refused(loader, statement), statement
    runs = rows(url, "select count(*) as n from etl.run")
    drop = "'; drop table etl.run; --"
    column = {"name": 'a"; drop table etl.run; --', "attribute": drop, "kind": "text", "remark": drop}
    make = "select etl.make_attribute_view('ticket_attributes_x', %s, %s, %s, '', false)"
    with psycopg.connect(loader) as connection:
        connection.execute(make, (drop, Jsonb([column]), drop))
    assert rows(url, "select count(*) as n from etl.run") == runs


def test_a_reader_sees_no_person_and_nobody_who_reads_can_write(online: CommandLine, url: str) -> None:
    workspace = Workspace(seed=61, size=SIZE, token=TOKEN)
    person = workspace.add_contact(
        **PERSON, external_id="ada.external", custom_attributes={"plan": "ada-plan"}
    )
    workspace.reply(workspace.add_conversation(person, SAID), SAID)
    workspace.add_note(person, SAID)
    workspace.plant("contacts", next(iter(workspace.contacts)), b'{"id":{"x":"spoilt ada.l@example.org"}}')
    with SimulatorServer(workspace) as server:
        optional = "+contact_notes,+data_events,+call_transcripts"
        loader = {"DATABASE_URL": as_user(url, "t_loader"), "INTERCOM_BASE_URL": server.url}
        ended = online("sync", "--full", "-q", changes={**loader, "INTERCOM_ETL_STREAMS": optional})
    assert ended.code == 3, ended.err
    truth = [
        record
        for kind in ("contacts", "admins", "conversations")
        for record in workspace.truth(kind).values()
    ]
    personal = {PERSON["phone"], SAID, "ada.external", "ada-plan", "spoilt ada"}
    personal |= set(re.findall(r"[\w.+-]+@[\w-]+\.[\w.]+", str(truth)))
    personal |= {
        record["name"]
        for kind in ("contacts", "admins")
        for record in workspace.truth(kind).values()
        if record.get("name")
    }
    assert len(personal) > 2 * SIZE.contacts
    everything, visible = read_all(as_user(url, "t_pii")), read_all(as_user(url, "t_reader"))
    known = (*PERSON.values(), SAID, "ada.external", "spoilt ada")
    assert [text for text in known if text not in everything] == []
    assert [text for text in personal if text in visible] == []
    assert len(visible) > 5_000

    closed = ("contacts.email", "contacts.name", "contacts.phone", "contacts.external_id", "contacts.raw",
              "contacts.custom_attributes", "conversation_parts.body", "conversations.source_author_email",
              "admins.email", "activity_logs.performed_by_ip")  # fmt: skip
    for column in closed:
        table, name = column.split(".")
        assert refused(as_user(url, "t_reader"), f"select {name} from intercom.{table}"), column
    assert refused(as_user(url, "t_reader"), "select raw from etl.quarantine")
    useful = "select state, count(*), avg(time_to_admin_reply) from intercom.conversations group by state"
    assert rows(as_user(url, "t_reader"), useful)
    assert rows(as_user(url, "t_reader"), "select name from intercom.tags")
    for login in ("t_reader", "t_pii"):
        for statement in ("insert into intercom.tags (workspace_id) values ('w')",
                          "update intercom.tags set name = null", "delete from intercom.tags",
                          "truncate intercom.tags", "drop table intercom.tags", "delete from etl.quarantine",
                          "create table analytics.mine (a int)", "update etl.bookmark set value = null",
                          MAKE):  # fmt: skip
            assert refused(as_user(url, login), statement), statement
    reader: dict[str, str | None] = {
        "DATABASE_URL": as_user(url, "t_reader"),
        "PGOPTIONS": "-c default_transaction_read_only=on",
    }
    assert online("status", changes=reader).code == 0
    looked = online("doctor", "--offline", changes=reader)
    assert "`t_reader` reads, without what is personal, and cannot write" in looked.out
    settings = rows(
        url, "select rolname from pg_roles where 'default_transaction_read_only=on' = any (rolconfig)"
    )
    assert {row["rolname"] for row in settings} == {"etl_reader", "etl_pii_reader"}


def read_all(url: str) -> str:
    """All that this login can see, as one text."""
    readable = rows(
        url,
        "select c.oid::regclass::text as name, string_agg(quote_ident(attname), ', ') as columns"
        "  from pg_class c join pg_attribute a on a.attrelid = c.oid and attnum > 0 and not attisdropped"
        f" where c.relnamespace::regnamespace::text = any ({SCHEMAS}) and relkind in ('r', 'v')"
        "   and has_column_privilege(c.oid, attnum, 'select') group by 1",
    )
    return "\n".join(str(rows(url, f"select {row['columns']} from {row['name']}")) for row in readable)


def test_roles_may_be_applied_again_and_migrate_does_it_for_what_is_new(
    online: CommandLine, url: str
) -> None:
    rights = "select c.relname, a.attname, c.relacl::text, a.attacl::text from pg_class c join pg_attribute a"
    rights += (
        " on a.attrelid = c.oid and attnum > 0 where relnamespace = 'intercom'::regnamespace order by 1, 2"
    )
    execute(url, roles_file().decode())
    before = rows(url, rights)
    execute(url, roles_file().decode())
    assert rows(url, rights) == before
    execute(url, "create table intercom.later (workspace_id text, state text, body text)")
    execute(as_user(url, "t_loader"), "insert into intercom.later values ('w', 'open', 'secret')")
    assert rows(as_user(url, "t_pii"), "select body from intercom.later") == [{"body": "secret"}]
    assert refused(as_user(url, "t_reader"), "select state from intercom.later")
    execute(url, "grant delete on etl.run to etl_loader")
    assert online("migrate", DATABASE_URL=url).code == 0
    assert rows(as_user(url, "t_reader"), "select state from intercom.later") == [{"state": "open"}]
    assert refused(as_user(url, "t_reader"), "select body from intercom.later")
    assert refused(as_user(url, "t_loader"), "delete from etl.run")


def test_whoever_may_not_apply_them_and_where_there_are_no_tables(
    online: CommandLine, url: str, server_url: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege, match="only t_owner or a superuser can do this"):
        execute(as_user(url, "t_loader"), roles_file().decode())
    with pytest.raises(errors.RaiseException, match="no tables of intercom-etl yet"):
        execute(server_url, roles_file().decode())
    ended = online("migrate", DATABASE_URL=as_user(url, "t_loader"))
    assert (ended.code, "permission denied" in ended.err, "Traceback" in ended.err) == (78, True, False)
    assert "owner of the tables" in ended.err


def test_migrate_gives_no_rights_where_nobody_has_put_roles_to_use(
    online: CommandLine, url: str, database_url: str
) -> None:
    """Roles are of the whole server: those of another database must not open this one."""
    assert online("migrate", DATABASE_URL=database_url).code == 0
    granted = "select 1 from pg_namespace where nspname = 'intercom'"
    granted += " and has_schema_privilege('etl_reader', oid, 'usage')"
    assert rows(database_url, granted) == []


def test_the_command_prints_the_file_as_it_is(bare: CommandLine) -> None:
    printed = bare("db", "roles")
    assert (printed.code, printed.err) == (0, "")
    assert printed.out == (Path(__file__).parents[2] / "sql" / "roles.sql").read_text()
