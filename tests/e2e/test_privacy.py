"""With a policy no address of the workspace is anywhere in the database, and addresses still join."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from truth import (
    SIMULATED,
    Silent,
    api,
    assert_nothing_twice_and_no_orphans,
    clock,
    execute,
    request,
    rows,
    run_sync,
)

from intercom_etl.endpoint import PerParent
from intercom_etl.errors import ConfigError
from intercom_etl.exit_codes import ExitCode
from intercom_etl.preview import preview
from intercom_etl.privacy.policy import Policy, keep_all, read_policy
from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.nasty import RECIPES
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from intercom_etl.stages import extract, load, transform
from intercom_etl.streams import all_streams, usual_streams

SMALL = Size(contacts=120, conversations=90, companies=40, tickets=30)
ADDRESS = re.compile(
    r"(?<![\w.-])[\w.-]{1,64}(?:@|%40|&#64;|\\u0040)[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.IGNORECASE
)


def policy(text: str = '[contacts]\nemail = "hash"\n') -> Policy:
    return read_policy(text, name="privacy.toml", key="a key of the tests", streams=all_streams().values())


def with_addresses_everywhere(seed: int) -> Workspace:
    """Addresses in bodies, names, attributes, keys, and in records that cannot become rows."""
    workspace = Workspace(seed=seed, size=SMALL)
    contacts, conversations = sorted(workspace.truth("contacts")), sorted(workspace.truth("conversations"))
    for number, identity in enumerate(contacts[:5]):
        workspace.update_contact(
            identity,
            name=f"me@home{number}.example",
            external_id=f"Ext{number}@Example.com",
            custom_attributes={
                "other@example.org": ["mailto:third@example.org", {"x": "four%40example.org"}]
            },
        )
    for identity in conversations[:10]:
        workspace.reply(
            identity, '<p>Write to <a href="mailto:Boss@Example.com">boss&#64;example.com</a>.</p>'
        )
    nasty = [
        b'{"id":null,"email":"lost@example.org","note":"LOST\\u0040example.org"}',
        b'{"id":{"no":"id@example.org"},"x":NaN}',
        b'["list@example.org"]',
        b'"text@example.org"',
        b'{"id":"","name":"half \\ud83d half@example.org \xff\xfe"}',
        b'{"id":null,"deep":' + b"[" * 5_000 + b'"deep@example.org"' + b"]" * 5_000 + b"}",
        b'{"id":null,"n":' + b"9" * 5_000 + b',"x@example.org":1}',
    ]
    for kind in ("contacts", "conversations", "companies", "tickets"):
        ids = sorted(workspace.truth(kind))[10:]
        for identity, record in zip(ids, nasty, strict=False):
            workspace.plant(kind, identity, record)
        for identity, recipe in zip(ids[len(nasty) :], RECIPES, strict=False):
            workspace.plant_nasty(kind, identity, recipe)
    return workspace


def usual() -> list[str]:
    return [stream.name for stream in usual_streams((), ())]


def addresses_of(workspace: Workspace) -> set[str]:
    """Whatever looks like an address in the truth, and what was planted."""
    kinds = [SIMULATED.get(stream.name, stream.name) for stream in usual_streams((), ())]
    text = json.dumps([workspace.truth(kind) for kind in kinds if kind != "newsfeed_items"])
    text += " ".join(record.decode(errors="replace") for record in workspace.planted.values())
    return {found.lower() for found in ADDRESS.findall(text)}


def dump(url: str) -> str:
    """Every column of every table of every schema, as text."""
    tables = rows(
        url,
        "select format('select x::text as t from %I.%I x', table_schema, table_name) as statement"
        "  from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')",
    )
    assert len(tables) > 20
    return "\n".join(row["t"] for table in tables for row in rows(url, table["statement"]))


def assert_no_address(text: str, workspace: Workspace) -> None:
    known = addresses_of(workspace)
    assert len(known) > 120
    lowered = text.lower()
    assert [address for address in known if address in lowered] == []
    assert ADDRESS.findall(text) == []
    assert "@" not in text


async def test_no_address_is_anywhere_in_the_database_and_hashes_join(database_url: str) -> None:
    workspace = with_addresses_everywhere(41)
    lost = sorted(workspace.truth("conversations"))[60]
    faults = Faults(Fault("500", path=f"/conversations/{lost}"))
    with SimulatorServer(workspace, faults=faults) as server:
        await run_sync(server, database_url, policy=policy(), max_attempts=2)
        # what waits in quarantine is asked for again, and comes by a second time
        report = await run_sync(server, database_url, policy=policy(), max_attempts=2)
    assert not [stream.error for stream in report.streams if stream.error]
    assert_no_address(dump(database_url), workspace)
    assert_nothing_twice_and_no_orphans(database_url)
    assert rows(database_url, "select count(*) n from etl.quarantine where pending") == [{"n": 1}]
    assert rows(database_url, "select count(*) > 20 as many from etl.quarantine") == [{"many": True}]
    wrong = "select 1 from intercom.contacts where email !~ '^h_[0-9a-f]{32}$'"
    assert rows(database_url, wrong) == []
    joined = rows(
        database_url,
        "select count(*) n, count(*) filter (where c.email = p.author_email) equal"
        "  from intercom.conversation_parts p join intercom.contacts c on c.id = p.author_id"
        " where p.author_type in ('user', 'lead') and c.email is not null and p.author_email <> ''",
    )
    assert joined[0]["n"] > 50
    assert joined[0]["equal"] == joined[0]["n"]
    teammates = rows(
        database_url,
        "select 1 from intercom.admins a join intercom.conversation_parts p on p.author_email = a.email",
    )
    assert len(teammates) > 50
    assert rows(database_url, "select distinct asked ->> 'privacy' as p from etl.run") == [
        {"p": policy().fingerprint}
    ]


async def test_columns_are_hashed_and_dropped_in_raw_as_well(database_url: str) -> None:
    workspace = with_addresses_everywhere(42)
    rules = policy(
        '[contacts]\nemail = "drop"\nname = "hash"\nphone = "drop"\nlocation_city = "drop"\n'
        '[conversation_parts]\nbody = "drop"\n[conversation_tags]\nname = "hash"\n'
    )
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, policy=rules)
    assert_no_address(dump(database_url).replace("[email removed]", ""), workspace)
    for table, column, raw in (
        ("contacts", "email", "raw ->> 'email'"),
        ("contacts", "phone", "raw ->> 'phone'"),
        ("contacts", "location_city", "raw -> 'location' ->> 'city'"),
        ("conversation_parts", "body", "raw ->> 'body'"),
    ):
        left = f"select 1 from intercom.{table} where {column} is not null or {raw} is not null"
        assert rows(database_url, left) == [], (table, column)
    inside = "raw -> 'conversation_parts' -> 'conversation_parts'"
    assert (
        rows(
            database_url, f"select 1 from intercom.conversations where {inside} @? '$[*].body ? (@ != null)'"
        )
        == []
    )
    names = rows(
        database_url, "select name, raw ->> 'name' as raw from intercom.contacts where name is not null"
    )
    assert names
    assert all(row["name"] == row["raw"] and row["name"].startswith("h_") for row in names)


async def test_landing_folders_hold_what_is_left_and_load_the_same(database_url: str, tmp_path: Path) -> None:
    workspace = with_addresses_everywhere(43)
    folder = tmp_path / "landing"
    everything = "select stream, record_id, raw, reason from etl.quarantine order by 1, 2, 3"
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, policy=policy())
        await extract(
            request(policy=policy()), api=api(server), folder=folder, clock=clock, observer=Silent()
        )
    transform(folder, clock=clock, observer=Silent())
    texts = [gzip.decompress(path.read_bytes()).decode() for path in folder.rglob("*.gz")]
    assert_no_address("\n".join(texts), workspace)
    assert json.loads((folder / "manifest.json").read_bytes())["privacy"] == policy().fingerprint
    quarantined = rows(database_url, everything)
    execute(database_url, "truncate etl.quarantine")
    await load(folder, database_url=database_url, clock=clock, observer=Silent())
    assert rows(database_url, everything) == quarantined


async def test_a_dry_run_takes_the_policy_too(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def watch(policy: Policy, stream: Any, page: Any, of: Any = Policy.apply_to_page) -> Any:
        seen.append(stream.name)
        return of(policy, stream, page)

    monkeypatch.setattr(Policy, "apply_to_page", watch)
    with SimulatorServer(Workspace(seed=44, size=SMALL)) as server:
        report = await preview(
            request(policy=policy()), api(server), database_url, clock=clock, observer=Silent()
        )
    assert report.exit_code is ExitCode.OK
    alone = {s.name for s in usual_streams((), ()) if not isinstance(s.endpoint, PerParent)}
    # a scroll is not begun for a preview, and no conversation was deleted
    assert set(seen) == alone - {"companies", "deleted_conversations"}


async def test_a_run_that_lost_its_policy_stores_nothing_in_clear(database_url: str) -> None:
    """A crontab without the settings of the shell is all it takes."""
    workspace = Workspace(seed=17, size=Size(contacts=10, conversations=4, companies=2, tickets=2))
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "contacts", policy=policy())
        hidden = rows(database_url, "select id, email, raw from intercom.contacts order by id")
        for attempt in range(2):  # a refusal is no consent
            with pytest.raises(ConfigError, match="was copied under a privacy policy so far") as refused:
                await run_sync(server, database_url, "contacts", full=True)
            assert "INTERCOM_ETL_PRIVACY_FILE=none" in str(refused.value.hint), attempt
        assert rows(database_url, "select id, email, raw from intercom.contacts order by id") == hidden
        await run_sync(server, database_url, "contacts", policy=policy(), full=True)
        await run_sync(server, database_url, "contacts", policy=keep_all(), full=True)
        await run_sync(server, database_url, "contacts", full=True)
        shown = rows(database_url, "select email from intercom.contacts")
    assert {row["email"] for row in shown} == {
        contact["email"] for contact in workspace.truth("contacts").values()
    }
