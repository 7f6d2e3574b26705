"""What the doctor says of token, region, version, permissions, clocks, disk and the age of the server."""

import time
from datetime import timedelta

import pytest
from command_line import TOKEN, CommandLine

from intercom_etl.doctor import judge_region
from intercom_etl.doctor_database import judge_age
from intercom_etl.doctor_settings import judge_space
from intercom_etl.exit_codes import ExitCode
from intercom_etl.findings import judge_clock
from intercom_etl.settings import Settings
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

FEW: dict[str, str | None] = {"INTERCOM_ETL_STREAMS": "brands,tags,teams"}


def served(**more: object) -> Workspace:
    return Workspace(seed=3, size=Size(contacts=2, conversations=1), token=TOKEN, **more)  # pyright: ignore[reportArgumentType]


def test_token_version_clocks_and_database_each_have_a_line(cli: CommandLine) -> None:
    ended = cli("doctor", changes=FEW)
    assert ended.code == 0, ended
    for line in (
        f"ok    token                 ****{TOKEN[-4:]} is good",
        "ok    API version           2.16 is accepted",
        "s away from Intercom's",
        "s away from the database's",
        "or newer is needed",
        "ok    space                 the database takes ",
        "GB free in the data folder",
        "ok    lease                 free",
        "3 of 3 can be read",
    ):
        assert line in ended.out, line


def test_a_version_that_the_api_does_not_know_is_told_as_such(cli: CommandLine) -> None:
    ended = cli("doctor", changes=FEW | {"INTERCOM_API_VERSION": "9.9"})
    assert ended.code == 78
    assert "FAIL  API version           the API does not know version 9.9" in ended.out
    assert "unset INTERCOM_API_VERSION, or set it to 2.16" in ended.out
    other = cli("doctor", changes=FEW | {"INTERCOM_API_VERSION": "2.15"})
    assert other.code == 0
    assert "warn  API version           2.15 is accepted, and this program is made for 2.16" in other.out


def test_each_stream_that_is_refused_has_its_own_mend(cli: CommandLine) -> None:
    workspace = served()
    workspace.forbid("/brands", 402)
    workspace.forbid("/teams", 403, "forbidden")
    with SimulatorServer(workspace) as server:
        ended = cli("doctor", changes=FEW | {"INTERCOM_BASE_URL": server.url})
        workspace.forbid("/tags", 401)
        workspace.forbid("/brands", 403, "forbidden")
        nothing = cli("doctor", "--json", changes=FEW | {"INTERCOM_BASE_URL": server.url})
    assert ended.code == 0
    assert "warn  stream brands         `GET /brands` was answered 402" in ended.out
    assert (
        "the workspace's plan does not include it: leave the stream out: INTERCOM_ETL_STREAMS=-brands"
        in ended.out
    )
    assert "warn  stream teams          `GET /teams` was answered 403" in ended.out
    assert "in Intercom's Developer Hub, or leave the stream out: INTERCOM_ETL_STREAMS=-teams" in ended.out
    assert "1 of 3 can be read" in ended.out
    assert nothing.code == 77
    worst = [each for each in nothing.json["findings"] if each["level"] == "fail"]
    assert [(each["subject"], each["text"]) for each in worst] == [("streams", "0 of 3 can be read")]


def test_a_clock_that_is_off_is_told(cli: CommandLine) -> None:
    with SimulatorServer(served(now=lambda: time.time() + 3_600)) as server:
        ended = cli("doctor", changes=FEW | {"INTERCOM_BASE_URL": server.url})
    assert "warn  clock                 36" in ended.out or "warn  clock                 35" in ended.out
    assert "s behind Intercom's" in ended.out


@pytest.mark.parametrize(
    ("region", "setting", "said"),
    [
        ("EU", "us", "set INTERCOM_REGION=eu"),
        ("AU", "eu", "set INTERCOM_REGION=au"),
        ("US", "us", None),
        (None, "us", None),
        ("XX", "us", None),
    ],
)
def test_a_token_of_another_region_says_so(region: str | None, setting: str, said: str | None) -> None:
    finding = judge_region(region, Settings.load(intercom_region=setting))
    assert (finding is None) == (said is None)
    if finding is not None and said is not None:
        assert f"region {region}, and INTERCOM_REGION is `{setting}`" in finding.text
        assert said in (finding.hint or "")
    own = Settings.load(intercom_region=setting, intercom_base_url="http://127.0.0.1:1")
    assert judge_region(region, own) is None


def test_space_age_and_clocks_have_their_limits() -> None:
    assert judge_space(5_000_000, holds_data=True).level == "FAIL"
    assert judge_space(5_000_000, holds_data=True).code == ExitCode.TRY_AGAIN
    assert judge_space(500_000_000, holds_data=True).level == "warn"
    assert judge_space(5_000_000_000, holds_data=True).level == "ok"
    assert judge_space(5_000_000, holds_data=False).level == "ok"
    assert judge_age("12.22", 120_022).code == ExitCode.CONFIGURATION
    assert judge_age("13.0", 130_000).level == "ok"
    assert judge_clock(timedelta(seconds=-31), "mine").text == "31 s ahead of mine"
    assert judge_clock(timedelta(seconds=31), "mine").level == "warn"
    assert judge_clock(timedelta(seconds=29), "mine").level == "ok"


def test_offline_leaves_a_database_elsewhere_alone_and_looks_at_one_here(cli: CommandLine) -> None:
    away = cli("doctor", "--offline", DATABASE_URL="postgresql://me@192.0.2.1/x?connect_timeout=1")
    assert away.code == 0, away
    assert "192.0.2.1:5432/x: not looked at, since it takes the network" in away.out
    here = cli("doctor", "--offline")
    assert "ok    schema                current" in here.out


def test_the_embedded_server_says_whether_it_runs(bare: CommandLine) -> None:
    assert "for the embedded server: it starts with the next command" in bare("doctor", "--offline").out
