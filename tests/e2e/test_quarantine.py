"""What the API does not give is asked for until it comes, is gone, or is given up; and none is forgotten."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from oracle import assert_equals_records, assert_fired
from truth import TOKEN, Silent, api, clock, execute, request, rows, run_sync

from intercom_etl.erase import erase
from intercom_etl.exit_codes import ExitCode
from intercom_etl.privacy.policy import Policy, read_policy
from intercom_etl.quarantine import Choice, drop
from intercom_etl.quarantine_retry import Retries, retry
from intercom_etl.report import RunReport, StreamReport
from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from intercom_etl.stages import extract, load, transform
from intercom_etl.streams import all_streams

SMALL = Size(contacts=40, conversations=70, companies=5, tickets=5)
OPEN = "select count(*) as n from etl.quarantine where resolved_at is null"


def broken(*paths: str, kind: str = "500") -> Faults:
    return Faults(Fault(kind, path=path) for path in paths)


def open_entries(url: str) -> int:
    return rows(url, OPEN)[0]["n"]


def resolutions(url: str, stream: str) -> dict[str, str | None]:
    found = rows(
        url,
        f"select coalesce(record_id, parent_id) i, resolution from etl.quarantine where stream = '{stream}'",
    )
    assert len({row["i"] for row in found}) == len(found), "an entry twice"
    return {row["i"]: row["resolution"] for row in found}


def of(report: RunReport, name: str) -> StreamReport:
    return next(stream for stream in report.streams if stream.stream == name)


async def try_again(url: str, policy: Policy | None = None) -> Retries:
    return await retry(Choice(), database_url=url, clock=clock, policy=policy)


async def test_records_that_keep_failing_stop_nobody_and_are_asked_for_in_every_run(
    database_url: str,
) -> None:
    workspace = Workspace(seed=91, size=Size(contacts=20, conversations=160))
    listed = sorted(workspace.truth("conversations").values(), key=lambda record: record["updated_at"])
    lost = [record["id"] for record in listed[::22]][:7]  # more than may fail in a row
    faults = broken(*(f"/conversations/{identity}" for identity in lost[:-1]))
    faults.add(Fault("403", path=f"/conversations/{lost[-1]}"))
    with SimulatorServer(workspace, faults=faults) as server:
        first = await run_sync(server, database_url, "conversations", max_attempts=2)
        assert (first.exit_code, of(first, "conversations").error) == (ExitCode.PARTIAL, None)
        new = workspace.add_conversation()
        for more in ({}, {"since": clock()}, {"limit": 3}, {"full": True}):
            report = await run_sync(server, database_url, "conversations", max_attempts=2, **more)
            assert of(report, "conversations").error is None
            assert set(resolutions(database_url, "conversations")) == set(lost)
            seen = rows(database_url, "select distinct run_id, first_run_id from etl.quarantine")
            assert seen == [{"run_id": report.run_id, "first_run_id": first.run_id}]
        assert rows(database_url, f"select 1 from intercom.conversations where id = '{new}'")
        await run_sync(server, database_url, "tags")
        assert open_entries(database_url) == len(lost)
        workspace.delete_conversation(lost[0])
        named = f"select id from etl.quarantine where record_id = '{lost[1]}'"
        await drop(Choice((rows(database_url, named)[0]["id"],)), database_url=database_url, clock=clock)
        faults.clear()
        server.clear_requests()
        last = await run_sync(server, database_url, "conversations")
        assert last.exit_code is ExitCode.OK
        asked = [path.rsplit("/", 1)[1] for method, path, _ in server.requests if method == "GET"]
    gone = rows(
        database_url, "select id, deletion_reason from intercom.conversations where deleted_at is not null"
    )
    assert gone == [{"id": lost[0], "deletion_reason": "not_found"}]
    assert resolutions(database_url, "conversations") == {
        **dict.fromkeys(lost, "stored"),
        lost[0]: "gone",
        lost[1]: "dropped",
    }
    assert lost[1] not in asked
    assert {*lost} - {lost[1]} <= {*asked}


async def test_a_list_that_keeps_failing_inside_one_contact_stops_no_other(database_url: str) -> None:
    workspace = Workspace(seed=92, size=SMALL)
    contacts = sorted(workspace.truth("contacts"))
    tags = [workspace.add_tag(f"tag {number}") for number in range(12)]
    for tag in tags:
        workspace.tag_contact(contacts[0], tag)
    cut = "select count(*) as n from intercom.contact_tags where deleted_at is null and contact_id = '{}'"
    faults = broken(f"/contacts/{contacts[0]}/tags")
    with SimulatorServer(workspace, faults=faults) as server:
        report = await run_sync(server, database_url, "contacts", max_attempts=2)
        assert_fired(faults.fired, "the list of a contact's tags")
        assert "contact_tags" in getattr(of(report, "contacts").error, "message", "")
        assert report.exit_code is not ExitCode.OK
        assert_equals_records(database_url, workspace, "contacts")
        assert rows(database_url, cut.format(contacts[0])) == [{"n": 10}]
        assert rows(
            database_url, "select value, resume_from from etl.bookmark where stream = 'contacts'"
        ) in (
            [],
            [{"value": None, "resume_from": None}],
        )
        faults.clear()
        assert (await run_sync(server, database_url, "contacts")).exit_code is ExitCode.OK
    assert rows(database_url, cut.format(contacts[0])) == [{"n": 12}]


async def test_lists_that_cannot_be_read_have_one_entry_each_until_they_can(database_url: str) -> None:
    workspace = Workspace(seed=93, size=SMALL)
    lost = sorted(workspace.truth("contacts"))[::5][:7]
    faults = broken(*(f"/contacts/{identity}/segments" for identity in lost[:5]))
    with SimulatorServer(workspace, faults=faults) as server:
        await run_sync(server, database_url, "contacts", "contact_segments", max_attempts=2)
        assert set(resolutions(database_url, "contact_segments")) == set(lost[:5])
        for identity in lost[5:]:
            faults.add(Fault("500", path=f"/contacts/{identity}/segments"))
            workspace.update_contact(identity, name="renamed")
        for _ in range(2):
            report = await run_sync(server, database_url, "contacts", "contact_segments", max_attempts=2)
            assert of(report, "contact_segments").error is None
            assert set(resolutions(database_url, "contact_segments")) == set(lost)
        assert (await try_again(database_url)).counts == {"pending": len(lost)}
        workspace.delete_contact(lost[0])
        faults.clear()
        assert (await run_sync(server, database_url, "contact_segments")).exit_code is ExitCode.OK
    assert open_entries(database_url) == 0


async def test_a_list_that_is_read_in_every_run_is_asked_for_although_its_parent_is_gone(
    database_url: str,
) -> None:
    workspace = Workspace(seed=94, size=SMALL)
    feed = min(workspace.truth("newsfeeds"))
    faults = broken(f"/news/newsfeeds/{feed}/*")
    with SimulatorServer(workspace, faults=faults) as server:
        await run_sync(server, database_url, "newsfeeds", "newsfeed_items", max_attempts=2)
        assert resolutions(database_url, "newsfeed_items") == {feed: None}
        execute(database_url, f"update intercom.newsfeeds set deleted_at = now() where id = '{feed}'")
        faults.clear()
        await run_sync(server, database_url, "newsfeed_items")
    assert resolutions(database_url, "newsfeed_items") == {feed: "stored"}


async def test_a_folder_hands_over_what_could_not_be_read_and_the_next_sync_gets_it(
    database_url: str, tmp_path: Path
) -> None:
    workspace, folder = Workspace(seed=95, size=SMALL), tmp_path / "landing"
    lost = sorted(workspace.truth("conversations"))[3]
    faults = broken(f"/conversations/{lost}")
    with SimulatorServer(workspace, faults=faults) as server:
        config = api(server, max_attempts=2)
        asked = request("conversations")
        await extract(asked, api=config, folder=folder, clock=clock, observer=Silent())
        transform(folder, clock=clock, observer=Silent())
        for _ in range(2):
            report = await load(folder, database_url=database_url, clock=clock, observer=Silent())
            assert report.exit_code is ExitCode.PARTIAL
            assert resolutions(database_url, "conversations") == {lost: None}
        faults.clear()
        assert (await run_sync(server, database_url, "conversations")).exit_code is ExitCode.OK
    report = await load(folder, database_url=database_url, clock=clock, observer=Silent())
    assert report.exit_code is ExitCode.OK
    assert resolutions(database_url, "conversations") == {lost: "stored"}
    assert_equals_records(database_url, workspace, "conversations")


def policy(text: str) -> Policy:
    return read_policy(text, name="privacy.toml", key="a key of the tests", streams=all_streams().values())


async def test_a_retry_keeps_today_s_policy_and_hashes_nothing_twice(database_url: str) -> None:
    workspace = Workspace(seed=96, size=Size(contacts=5, conversations=5))
    talk = next(
        i for i, r in workspace.truth("conversations").items() if r["conversation_parts"]["total_count"] > 1
    )
    contact = next(i for i, r in workspace.truth("contacts").items() if r["email"])
    refuse = "alter table intercom.{} add constraint no check (false) not valid"
    tables = ("contacts", "conversation_parts")
    with SimulatorServer(workspace) as server:
        for table in tables:
            execute(database_url, refuse.format(table))
        await run_sync(server, database_url, "contacts", "conversations")
    assert open_entries(database_url) > 10
    execute(
        database_url, f"delete from etl.quarantine where stream = 'contacts' and record_id <> '{contact}'"
    )
    execute(database_url, f"delete from etl.quarantine where stream <> 'contacts' and parent_id <> '{talk}'")
    execute(
        database_url,
        "insert into etl.quarantine (run_id, workspace_id, stream, raw, reason, created_at)"
        ' select run_id, workspace_id, stream, \'{"id":null,"email":"still@example.com"}\', \'r\', now()'
        " from etl.quarantine where stream = 'contacts'",
    )
    rules = policy('[contacts]\nemail = "hash"\n[conversation_parts]\nbody = "drop"\n')
    for _ in range(2):  # refused under the policy: what stays holds no more than may be kept
        done = await try_again(database_url, rules)
        assert set(done.counts) == {"refused"}
    assert "@" not in "".join(row["raw"] for row in rows(database_url, "select raw from etl.quarantine"))
    for table in tables:
        execute(database_url, f"alter table intercom.{table} drop constraint no")
    done = await try_again(database_url, rules)
    assert done.counts["refused"] == 1
    assert done.counts["stored"] == len(done.entries) - 1
    [stored] = rows(database_url, "select email, raw ->> 'email' as raw from intercom.contacts")
    expected = rules.apply(
        all_streams()["contacts"],
        b'{"email":"%s"}' % str(workspace.truth("contacts")[contact]["email"]).encode(),
    )
    assert expected.decode() == f'{{"email":"{stored["email"]}"}}'
    assert stored["raw"] == stored["email"]
    parts = rows(
        database_url, f"select body, raw from intercom.conversation_parts where conversation_id = '{talk}'"
    )
    assert len(parts) == workspace.truth("conversations")[talk]["conversation_parts"]["total_count"]
    assert not any(part["body"] or part["raw"]["body"] for part in parts)
    asked = rows(
        database_url, "select distinct asked ->> 'privacy' p from etl.run where command = 'quarantine retry'"
    )
    assert asked == [{"p": rules.fingerprint}]


async def test_what_a_person_wrote_is_taken_out_of_refused_records(database_url: str) -> None:
    workspace = Workspace(seed=97, size=SMALL)
    person = workspace.add_contact(email="ada.l@example.org")
    with SimulatorServer(workspace) as server:
        await run_sync(server, database_url, "contacts")
    author = f'{{"type":"user","id":"{person}"}}'
    texts = [
        f'{{"id":null,"author":{author},"body":"a secret \\ud83d","n":"{word}"}}'
        for word in ("x", "ADA.L@example.org", "ada.l@example.org")
    ]
    for text in texts:
        execute(
            database_url,
            "insert into etl.quarantine (run_id, workspace_id, stream, raw, reason, created_at)"
            f" select 1, workspace_id, 'conversations', '{text}', 'r', now() from etl.bookmark limit 1",
        )
    await erase(person, database_url=database_url, workspace=None, folders=[], clock=clock)
    kept = "".join(row["raw"] for row in rows(database_url, "select raw from etl.quarantine"))
    assert open_entries(database_url) == 2  # two of them said the same without the person
    assert "secret" not in kept
    assert person not in kept


def killed(arguments: Iterable[str], environment: dict[str, str], server: SimulatorServer, after: int) -> int:
    """Runs the command and kills it once so many more requests were answered; its exit code."""
    until = len(server.requests) + after
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", *arguments], env=environment, cwd=environment["HOME"]
    )
    while len(server.requests) < until and process.poll() is None:
        time.sleep(0.005)
    process.kill()
    return process.wait()


async def test_killed_in_between_nothing_that_failed_is_forgotten(database_url: str, tmp_path: Path) -> None:
    workspace = Workspace(seed=98, size=SMALL)
    lost = sorted(workspace.truth("conversations"))[::12]
    environment: dict[str, Any] = {
        "HOME": str(tmp_path),
        "PATH": "/usr/bin:/bin",
        "INTERCOM_ACCESS_TOKEN": TOKEN,
        "INTERCOM_ETL_MAX_ATTEMPTS": "1",
        "DATABASE_URL": database_url,
    }
    faults = broken(*(f"/conversations/{identity}" for identity in lost))
    with SimulatorServer(workspace, faults=faults, latency=0.03) as server:
        environment["INTERCOM_BASE_URL"] = server.url
        ends = [killed(("sync", "conversations", "-q"), environment, server, after) for after in (20, 60, 95)]
        assert ends.count(-signal.SIGKILL) >= 2
        await run_sync(server, database_url, "conversations", max_attempts=1)
        assert set(resolutions(database_url, "conversations")) == set(lost)
        faults.clear()
        killed(("sync", "conversations", "-q"), environment, server, 4)
        assert (await run_sync(server, database_url, "conversations")).exit_code is ExitCode.OK
    assert set(resolutions(database_url, "conversations").values()) == {"stored"}
    assert_equals_records(database_url, workspace, "conversations")
