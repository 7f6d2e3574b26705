"""The metrics file: read with Prometheus' own parser, after success and after every kind of failure."""

import os
import re
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from forked import Forked
from prometheus_client.parser import text_string_to_metric_families

from intercom_etl.errors import ConfigError, FatalApiError
from intercom_etl.metrics import FAMILIES, PREFIX, RunEnd, require_place, write_metrics
from intercom_etl.report import RunReport, StreamReport
from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.status import Status, StreamStatus, WorkspaceStatus
from intercom_etl.verdict import Verdict, VerifyReport

NOW, LATER = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC)
OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
HOSTILE = 'ac"me\\n\nevil{x="1"} 1\\\t# HELP é\ud800'
Read = dict[tuple[str, ...], float]


def read(path: Path) -> dict[str, Read]:
    """By name without the prefix and by the values of the labels."""
    found: dict[str, Read] = {}
    for family in text_string_to_metric_families(path.read_text(encoding="utf-8")):
        assert family.type == "gauge"
        assert family.documentation
        name = family.name.removeprefix(PREFIX)
        assert name not in found, "a family stands in one place"
        labels = FAMILIES[name][0]
        for sample in family.samples:
            assert set(sample.labels) == set(labels)
            key = tuple(sample.labels[label] for label in labels)
            assert found.setdefault(name, {}).setdefault(key, sample.value) == sample.value
    return found


def report_of(workspace: str, *streams: StreamReport) -> RunReport:
    return RunReport("sync", 1, workspace, streams, requests=7, retries=1, seconds=1.5)


def status_of(workspace: str, *names: str) -> Status:
    streams = [StreamStatus(name, 5, False, NOW, None, NOW, 2) for name in names]
    return Status("0001", [], [], [WorkspaceStatus(workspace, streams, None, [])], None)


def a_good_run(workspace: str = "acme") -> RunEnd:
    stream = StreamReport("tags", read=5, rejected=2, tables=Counter(tags=3))
    return RunEnd("sync", 0, NOW, report_of(workspace, stream), status_of(workspace, "tags", "teams"))


def test_what_a_run_says(tmp_path: Path) -> None:
    path = tmp_path / "m.prom"
    write_metrics(path, a_good_run())
    found, run = read(path), ("sync", "acme")
    assert found["last_run_exit_code"] == {run: 0}
    assert found["last_success_timestamp_seconds"] == {run: NOW.timestamp()}
    assert found["last_report_duration_seconds"] == {run: 1.5}
    assert found["last_report_requests"] == {run: 7}
    assert found["last_report_rows"] == {(*run, "tags"): 3}
    assert found["last_report_quarantined_records"] == {(*run, "tags"): 2}
    assert found["stream_rows"] == {("acme", "tags"): 5, ("acme", "teams"): 5}


def test_names_and_units_are_those_of_prometheus_and_of_the_list_in_the_pages() -> None:
    for name, (labels, text) in FAMILIES.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", name)
        assert not name.endswith(("_total", "_count", "_sum", "_bucket", "_ms", "_minutes"))
        assert ("timestamp" in name or "duration" in name) == name.endswith("_seconds")
        assert f"| `{name}` | {', '.join(labels)} | {text} |\n" in OPERATIONS.read_text()


def test_a_failure_keeps_the_success_and_what_was_stored(tmp_path: Path) -> None:
    path = tmp_path / "m.prom"
    write_metrics(path, a_good_run())
    before = read(path)
    write_metrics(path, RunEnd("sync", 75, LATER))
    after = read(path)
    assert after.pop("last_run_exit_code") == {("sync", "acme"): 75}
    assert after.pop("last_run_timestamp_seconds") == {("sync", "acme"): LATER.timestamp()}
    del before["last_run_exit_code"], before["last_run_timestamp_seconds"]
    assert after == before


def test_a_run_in_part_is_no_success(tmp_path: Path) -> None:
    path = tmp_path / "m.prom"
    write_metrics(path, a_good_run())
    failed = StreamReport("tags", error=FatalApiError("no", request="GET /tags"))
    write_metrics(path, RunEnd("sync", 3, LATER, report_of("acme", failed), status_of("acme", "tags")))
    found = read(path)
    assert found["last_success_timestamp_seconds"] == {("sync", "acme"): NOW.timestamp()}
    assert found["last_report_failed"] == {("sync", "acme", "tags"): 1}
    assert found["stream_rows"] == {("acme", "tags"): 5}


def test_commands_and_workspaces_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "m.prom"
    wrong = Verdict("tags", found={"1": "missing", "2": "stale", "3": "missing"}, fixed={"3"})
    unread = Verdict("teams", error=FatalApiError("no", request="GET /teams"))
    checked = VerifyReport(2, "acme", (wrong, unread), 3, 3, 0.5)
    write_metrics(path, a_good_run())
    write_metrics(path, RunEnd("verify", 4, NOW, checked, status_of("acme", "tags")))
    write_metrics(path, a_good_run("globex"))
    found = read(path)
    assert found["last_run_exit_code"] == {("sync", "acme"): 0, ("verify", "acme"): 4, ("sync", "globex"): 0}
    wrong_records = {kind: value for (_, _, kind), value in found["verify_wrong_records"].items() if value}
    assert wrong_records == {"missing": 1, "stale": 1}
    assert found["verify_timestamp_seconds"] == {("acme", "tags"): NOW.timestamp()}
    # whose run it was that ended early, nobody can tell
    write_metrics(path, RunEnd("sync", 77, LATER))
    assert read(path)["last_run_exit_code"]["sync", ""] == 77
    write_metrics(path, a_good_run())
    assert ("sync", "") not in read(path)["last_run_exit_code"]


def test_a_workspace_with_a_hostile_name_is_a_label_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "m.prom"
    for _ in range(3):
        write_metrics(path, a_good_run(HOSTILE))
        write_metrics(path, RunEnd("sync", 75, LATER))
        found = read(path)
        name = HOSTILE.replace("\ud800", "?")
        assert found["last_run_exit_code"] == {("sync", name): 75}
        assert set(found["stream_rows"]) == {(name, "tags"), (name, "teams")}


@pytest.mark.parametrize("text", ["", "not { metrics", 'intercom_etl_stream_rows{a="b"} 1\n', "\0\xff"])
def test_a_file_that_is_damaged_or_somebody_elses_is_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.prom"
    path.write_text(text, encoding="latin-1")
    write_metrics(path, a_good_run())
    assert read(path)["last_run_exit_code"] == {("sync", "acme"): 0}


def test_nobody_ever_reads_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "m.prom"
    many = [StreamReport(f"stream_{number}") for number in range(60)]
    end = RunEnd("sync", 0, NOW, report_of("acme", *many))
    write_metrics(path, end)
    whole, seen, is_over = len(path.read_bytes()), set[int](), threading.Event()

    def look() -> None:
        while not is_over.is_set():
            seen.add(len(path.read_bytes()))

    reader = threading.Thread(target=look)
    reader.start()
    for _ in range(30):
        write_metrics(path, end)
    is_over.set()
    reader.join()
    assert seen == {whole}
    assert [each.name for each in tmp_path.iterdir()] == ["m.prom"]


def test_a_place_that_is_none_is_refused_before_the_run(tmp_path: Path, forked: Forked) -> None:
    with pytest.raises(ConfigError, match="it is a folder"):
        require_place(tmp_path)
    os.mkfifo(tmp_path / "pipe.prom")
    for path in (tmp_path / "pipe.prom", Path("/dev/full")):
        with pytest.raises(ConfigError, match="it is no plain file"):
            require_place(path)
    with pytest.raises(ConfigError, match="no such file or directory"):
        write_metrics(tmp_path / "nowhere" / "m.prom", a_good_run())
    ended = forked("sync", "tags", "-q", "--metrics-file", "nowhere/m.prom")
    assert ended.code == 78
    assert "cannot write the metrics file `nowhere/m.prom`: there is no folder `" in ended.err
    with psycopg.connect(forked.environment["DATABASE_URL"]) as connection:
        assert connection.execute("select count(*) from etl.run").fetchone() == (0,)


def test_a_link_stays_and_what_it_names_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "target.prom", tmp_path / "m.prom"
    link.symlink_to(target)
    require_place(link)
    write_metrics(link, a_good_run())
    assert link.is_symlink()
    assert target.read_text().startswith("# HELP")


def test_after_real_runs_that_succeed_fail_in_part_and_fail(
    forked: Forked, simulator: SimulatorServer
) -> None:
    forked.umask = 0o077
    forked.environment |= {"INTERCOM_ETL_METRICS_FILE": "m.prom", "INTERCOM_ETL_MAX_ATTEMPTS": "1"}
    path = forked.folder / "m.prom"
    assert forked("sync", "tags", "teams", "-q").code == 0
    assert path.stat().st_mode & 0o777 == 0o644
    first = read(path)
    [(command, workspace)] = first["last_success_timestamp_seconds"]
    run = (command, workspace)
    assert command == "sync"
    assert first["stream_rows"][workspace, "tags"] == first["last_report_records"][*run, "tags"] > 0
    for code, changes in {
        75: {"INTERCOM_BASE_URL": "http://127.0.0.1:1"},
        77: {"INTERCOM_ACCESS_TOKEN": "of-yesterday"},
        78: {"INTERCOM_ACCESS_TOKEN": None},
    }.items():
        assert forked("sync", "tags", "-q", changes=changes).code == code
        found = read(path)
        assert found["last_run_exit_code"] == {run: code}
        assert found["last_success_timestamp_seconds"] == first["last_success_timestamp_seconds"]
        assert (
            found["stream_last_success_timestamp_seconds"] == first["stream_last_success_timestamp_seconds"]
        )
    away: dict[str, str | None] = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/x"}
    assert forked("sync", "tags", "-q", changes=away).code == 75
    assert read(path)["stream_rows"] == first["stream_rows"]
    with SimulatorServer(simulator.workspace, faults=Faults(Fault("403", path="*/teams"))) as server:
        assert forked("sync", "tags", "teams", "-q", INTERCOM_BASE_URL=server.url).code == 3
    found = read(path)
    assert found["last_report_failed"] == {(*run, "tags"): 0, (*run, "teams"): 1}
    assert found["last_success_timestamp_seconds"] == first["last_success_timestamp_seconds"]


def test_backfill_and_verify_tell_too_and_a_dry_run_does_not(forked: Forked) -> None:
    forked.environment["INTERCOM_ETL_METRICS_FILE"] = "m.prom"
    path = forked.folder / "m.prom"
    assert forked("sync", "tags", "--dry-run", "-q").code == 0
    assert not path.exists()
    span = ("--from", "9000d", "--window", "9000d")
    assert forked("sync", "tags", "-q").code == 0
    assert forked("backfill", "conversations", *span, "-q").code == 0
    with psycopg.connect(forked.environment["DATABASE_URL"]) as connection:
        connection.execute("delete from intercom.tags where id = (select min(id) from intercom.tags)")
    assert forked("verify", "tags", "-q", "--exit-code").code == 4
    found = read(path)
    commands = {command: code for (command, _), code in found["last_run_exit_code"].items()}
    assert commands == {"sync": 0, "backfill": 0, "verify": 4}
    wrong = {key[1:]: value for key, value in found["verify_wrong_records"].items() if value}
    assert wrong == {("tags", "missing"): 1}
