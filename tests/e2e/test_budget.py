"""Runs that may not go on: a budget that is used up, an API that is down, a database that goes away."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from command_line import TOKEN, CommandLine
from oracle import assert_recovered, assert_sound
from truth import execute, rows, run_sync

from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace
from intercom_etl.streams import usual_streams
from tests.cli.conftest import bare, cli, online, simulator  # noqa: F401 - fixtures

NAMES = ("companies", "contacts", "conversations", "tags", "tickets")
SIZE = Size(contacts=40, conversations=60, companies=10, tickets=20)


@pytest.fixture
def workspace() -> Workspace:
    return Workspace(seed=71, size=SIZE, scroll_idle_seconds=0.2)


@pytest.fixture
def server(workspace: Workspace) -> Iterator[SimulatorServer]:
    with SimulatorServer(workspace) as running:
        yield running


async def test_runs_with_a_budget_of_requests_get_to_the_truth_step_by_step(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    codes: list[int] = []
    while not codes or codes[-1] != 0:
        server.clear_requests()
        report = await run_sync(server, database_url, *NAMES, max_requests=25)
        assert len(server.requests) == report.requests <= 25
        codes.append(report.exit_code)
        assert_sound(database_url, workspace, NAMES)
        if report.exit_code == 75:
            stopped = [stream for stream in report.streams if stream.status == "stopped"]
            assert stopped
            assert {"requests of this run are used up" in str(stream.error) for stream in stopped} == {True}
        assert len(codes) < 10, codes
    assert set(codes[:-1]) == {75}
    assert len(codes) > 3
    assert_recovered(database_url, workspace, NAMES)
    assert {row["status"] for row in rows(database_url, "select status from etl.run")} == {"partial", "ok"}


async def test_records_that_are_only_read_again_do_not_keep_news_from_coming(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    await run_sync(server, database_url, "conversations")
    execute(database_url, "update etl.bookmark set completed_at = completed_at - interval '10 days'")
    identity = min(workspace.truth("conversations"))
    workspace.reply(identity)
    await run_sync(server, database_url, "conversations", max_requests=6, reread_every=timedelta(days=1))
    stored = rows(database_url, f"select raw from intercom.conversations where id = '{identity}'")
    assert stored[0]["raw"]["updated_at"] == workspace.truth_of("conversations", identity)["updated_at"]


async def test_a_run_with_little_time_ends_though_the_api_hangs(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    hanging = Fault("hang", path="/conversations/*", after=30)
    server.faults = Faults(hanging)
    report = await run_sync(
        server, database_url, *NAMES, max_runtime=timedelta(seconds=2), request_timeout=200.0
    )
    assert hanging.fired
    assert report.exit_code == 75
    [conversations] = [stream for stream in report.streams if stream.stream == "conversations"]
    assert conversations.status == "stopped"
    assert 20 < conversations.read <= 30
    assert "the time of this run is over" in str(conversations.error)
    assert_sound(database_url, workspace, NAMES)
    server.faults = Faults()
    assert (await run_sync(server, database_url, *NAMES)).exit_code == 0
    assert_recovered(database_url, workspace, NAMES)


async def test_an_api_that_is_down_is_not_asked_by_every_stream(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    down = Fault("503", after=20)
    server.faults = Faults(down)
    listed = [stream.name for stream in usual_streams((), ()) if stream.detail is None]
    report = await run_sync(server, database_url, *listed, silence=0.3, max_attempts=12, backoff_base=0.05)
    assert report.exit_code in (3, 75)
    failed = [stream for stream in report.streams if stream.status == "failed"]
    assert len(failed) > 15
    assert sum("is not asked further in this run" in str(stream.error) for stream in failed) > 10
    assert 12 <= down.fired < 6 * len(failed)  # and not twelve for each
    assert_sound(database_url, workspace)
    server.faults = Faults()
    assert (await run_sync(server, database_url)).exit_code == 0
    assert_recovered(database_url, workspace)


async def test_an_api_that_comes_back_is_asked_again_in_the_same_run(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    broken = Fault("500", path="/tags", count=40)
    server.faults = Faults(broken)
    names = ("tags", "contacts", "conversations", "tickets", "teams", "admins")
    report = await run_sync(server, database_url, *names, silence=0.0, max_attempts=2)
    assert {s.stream for s in report.streams if s.error} == {"tags"}
    assert_recovered(database_url, workspace, [name for name in names if name != "tags"])


async def test_a_run_whose_sessions_are_ended_goes_on_in_a_new_one(
    server: SimulatorServer, workspace: Workspace, database_url: str
) -> None:
    ended: list[int] = []
    terminate = (
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and application_name like 'intercom-etl run%'"
    )

    def end_sessions() -> None:
        ended.append(len(rows(database_url, terminate)))

    workspace.before_request("GET /conversations/*", end_sessions, nth=20)
    server.latency = 0.01
    report = await run_sync(server, database_url, *NAMES)
    assert ended
    assert ended[0] > 0
    assert report.exit_code == 0
    assert [stream.status for stream in report.streams] == ["ok"] * len(NAMES)
    states = [row["status"] for row in rows(database_url, "select status from etl.run order by id")]
    assert states in (["failed", "ok"], ["abandoned", "ok"])
    assert_recovered(database_url, workspace, NAMES)


def test_the_screen_says_that_the_budget_ended_the_run_and_how_to_go_on(cli: CommandLine) -> None:  # noqa: F811
    loud = cli("sync", "--max-requests", "10")
    assert loud.code == 75
    assert "note: " in loud.err
    assert "the 10 requests of this run are used up: what was read is saved" in loud.err
    assert "stopped" in loud.out.splitlines()[-1]
    assert "exit 75" in loud.out.splitlines()[-1]
    quiet = cli("sync", "--quiet", "--max-requests", "10")
    assert quiet.code == 75
    [line] = quiet.error_lines
    assert "the 10 requests of this run are used up" in line
    assert "run the same command again" in line
    assert cli("sync", "--quiet", "--max-requests", "5000", "--max-runtime", "10m").code == 0


@pytest.mark.parametrize("value", ["5", "0s", "-3m", "soon", "1w", ""])
def test_a_time_that_is_none_is_refused(bare: CommandLine, value: str) -> None:  # noqa: F811
    ended = bare("sync", f"--max-runtime={value}", INTERCOM_ACCESS_TOKEN=TOKEN)
    assert ended.code == 2
    assert f"--max-runtime `{value}` is not a span of time" in ended.error_lines[0]
    assert "90s" in ended.error_lines[1]
