"""The workspace changes while it is read: rows 10, 18, 20 and 21 of the fault matrix."""

import time
from pathlib import Path

import pytest
from oracle import assert_fired
from truth import rows

from intercom_etl.exit_codes import ExitCode
from intercom_etl.simulator.faults import Fault
from intercom_etl.simulator.workspace import Size, Workspace
from tests.faults.copying import SMALL, copying

TOMBSTONES = "select id, deletion_reason from intercom.conversations where deleted_at is not null"


@pytest.mark.fault(10, "D")
def test_a_conversation_that_is_deleted_while_we_read_becomes_a_tombstone(
    database_url: str, tmp_path: Path
) -> None:
    names = ["conversations", "deleted_conversations"]
    with copying(database_url, tmp_path, names=names) as copy:
        workspace = copy.workspace
        victims = sorted(workspace.truth("conversations"))[5:9]
        moved = victims[-1]
        workspace.forbid(f"GET /conversations/{moved}", status=410, code="conversation_merged")

        def delete() -> None:
            for victim in victims:
                workspace.delete_conversation(victim)

        workspace.before_request("GET /conversations/[0-9]*", delete)
        assert copy.sync().exit_code is ExitCode.OK
        answered = {
            asked.rsplit("/", 1)[1]: code for _, asked, code in copy.server.requests if code in (404, 410)
        }
        assert_fired(len(answered), "a record that is gone when it is asked for")
        assert answered.get(moved) == 410
        dead = {row["id"]: row["deletion_reason"] for row in rows(database_url, TOMBSTONES)}
        assert set(answered) <= set(dead) <= set(victims)
        copy.assert_recovers()
        known = {row["id"]: row["deletion_reason"] for row in rows(database_url, TOMBSTONES)}
        assert known == dict.fromkeys(dead, "deleted")


@pytest.mark.fault(18, "L")
def test_records_that_move_while_we_page_are_not_missed(database_url: str, tmp_path: Path) -> None:
    names = ["contacts", "conversations", "tickets"]
    workspace = Workspace(seed=16, size=Size(contacts=40, conversations=40, companies=5, tickets=40))
    ids = {kind: sorted(workspace.truth(kind)) for kind in names}
    moved: list[int] = []

    def stir() -> None:
        n = len(moved)
        if n == 24:
            return
        moved.append(n)
        workspace.update_contact(ids["contacts"][(n * 7) % 40], name=f"moved {n}")
        workspace.reply(ids["conversations"][(n * 5) % 40], f"moved {n}")
        workspace.update_ticket(ids["tickets"][(n * 3) % 40], open=bool(n % 2))

    with copying(database_url, tmp_path, names=names, workspace=workspace, page_size=4) as copy:
        workspace.before_request("POST */search", stir, every=True)
        assert copy.sync().exit_code is ExitCode.OK
        assert_fired(len(moved), "a change between two pages", at_least=24)
        copy.assert_recovers()


@pytest.mark.fault(20, "D")
def test_parts_that_come_between_list_and_detail_are_there_and_only_once(
    database_url: str, tmp_path: Path
) -> None:
    with copying(database_url, tmp_path, page_size=None) as copy:
        workspace, talked = copy.workspace, list[str]()

        def talk() -> None:
            for identity in sorted(workspace.truth("conversations"))[:6]:
                workspace.reply(identity, "a word in between")
                workspace.close_conversation(identity)
                talked.append(identity)

        workspace.before_request("GET /conversations/[0-9]*", talk)
        assert copy.sync().exit_code is ExitCode.OK
        assert_fired(len(talked), "parts between list and detail", at_least=6)
        # at once, and not only after another run: what counts is the detail
        copy.assert_is_whole()
        counted = rows(
            database_url,
            "select count(*) as n from intercom.conversations c where c.count_conversation_parts <>"
            " (select count(*) from intercom.conversation_parts p where p.conversation_id = c.id) + 1",
        )
        assert counted == [{"n": 0}]


class Clock:
    """The workspace's own: it stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = float(int(time.time()) - 7_200)

    def __call__(self) -> float:
        return self.now


@pytest.mark.fault(21, "L")
@pytest.mark.parametrize("equal", [False, True], ids=["greater", "greater or equal"])
def test_a_second_that_has_more_records_than_a_page_is_read_whole(
    database_url: str, tmp_path: Path, equal: bool
) -> None:
    names, clock = ["conversations", "tickets"], Clock()
    workspace = Workspace(seed=64, size=SMALL, now=clock)
    workspace.comparisons_include_equal = equal
    for identity in workspace.truth("conversations"):
        workspace.reply(identity, "all at once")
    for identity in workspace.truth("tickets"):
        workspace.update_ticket(identity, open=True)
    moment, clock.now = clock.now, clock.now + 3_600
    with copying(database_url, tmp_path, names=names, workspace=workspace, page_size=4) as copy:
        broken = copy.server.faults.add(Fault("503", path="POST /conversations/search", after=2))
        assert copy.sync(max_attempts=1).exit_code is ExitCode.PARTIAL
        assert_fired(broken.fired, "an interruption within the second")
        assert 0 < copy.stored() < SMALL.conversations
        resumed = rows(
            database_url,
            "select extract(epoch from resume_from)::int as at from etl.bookmark"
            " where stream = 'conversations'",
        )
        assert resumed == [{"at": int(moment)}]
        copy.server.faults.clear()
        assert copy.sync().exit_code is ExitCode.OK
        assert copy.stored() == SMALL.conversations
        # and the second at which a window ends: more of the same second come when it has been read
        late, *_ = sorted(workspace.truth("conversations"))
        workspace.reply(late, "in the second of the run")
        copy.assert_recovers()
