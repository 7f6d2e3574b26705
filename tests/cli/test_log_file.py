"""--log-file: what happened, a JSON object a line, for whoever asks in the morning."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import TOKEN
from forked import Forked

from cli.logs import add_log_file, has_log_file, log, set_up_logs
from cli.output import Printer
from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer


@pytest.fixture
def logs() -> Iterator[None]:
    """Puts back what a command sets."""
    root, ours = logging.getLogger(), logging.getLogger("intercom_etl")
    before = root.handlers[:], root.level, ours.level
    yield
    for handler in root.handlers:
        if handler not in before[0]:
            handler.close()
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


def lines_of(path: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        assert list(line) == ["time", "run", "level", "logger", "message", "request_id"]
    return lines


def test_it_has_the_run_its_streams_and_its_retries_with_the_id_of_the_request(
    forked: Forked, simulator: SimulatorServer
) -> None:
    faults = Faults(Fault("503", path="*/tags", nth=1), Fault("403", path="*/teams"))
    with SimulatorServer(simulator.workspace, faults=faults) as server:
        ended = forked("sync", "tags", "teams", "-q", "--log-file", "log.jsonl", INTERCOM_BASE_URL=server.url)
    assert (ended.code, ended.out, len(ended.error_lines)) == (3, "", 1)
    path = forked.folder / "log.jsonl"
    lines = lines_of(path)
    said = [line["message"] for line in lines]
    assert said[0] == "sync begins"
    assert any(message.startswith("tags: ") and " read" in message for message in said)
    assert any(message.startswith("teams: skipped after 0 records") for message in said)
    assert said[-1].startswith("sync ended with 3: ")
    assert lines[-1]["level"] == "error"
    [retry] = [line for line in lines if line["message"].startswith("retry of `GET /tags`")]
    assert retry["request_id"]
    assert retry["request_id"] in retry["message"]
    assert {line["run"] for line in lines[2:]} == {1}
    assert path.stat().st_mode & 0o777 == 0o600
    assert TOKEN not in path.read_text()


def test_it_is_appended_to_by_all_three_and_has_every_request_with_verbose(forked: Forked) -> None:
    forked.environment["INTERCOM_ETL_LOG_FILE"] = "log.jsonl"
    loud = forked("sync", "tags", "-v")
    assert loud.code == 0
    assert "read" in loud.err
    span = ("--from", "9000d", "--window", "9000d")
    assert forked("backfill", "conversations", *span, "-q").code == 0
    assert forked("verify", "tags", "-q").code == 0
    lines = lines_of(forked.folder / "log.jsonl")
    said = [line["message"] for line in lines]
    assert [message for message in said if message.endswith(" begins")] == [
        "sync begins",
        "backfill begins",
        "verify begins",
    ]
    assert len([message for message in said if " ended: ok run " in message]) == 3
    [request] = [line for line in lines if line["message"].startswith("`GET /tags` answered 200")][:1]
    assert request["request_id"]
    assert any(message.startswith("window 1 of 1, to ") for message in said)
    ends = {line["message"].split(" ")[0]: line["run"] for line in lines if " ended: " in line["message"]}
    assert ends == {"sync": 1, "backfill": 2, "verify": 3}


def test_a_failure_before_the_first_request_stands_in_it_too(forked: Forked) -> None:
    ended = forked("sync", "-q", "--log-file", "log.jsonl", INTERCOM_ACCESS_TOKEN=None)
    assert (ended.code, len(ended.error_lines)) == (78, 1)
    assert "INTERCOM_ACCESS_TOKEN is not set" in lines_of(forked.folder / "log.jsonl")[-1]["message"]


def test_a_folder_that_is_not_there_is_told_before_the_run(forked: Forked) -> None:
    ended = forked("sync", "tags", "--log-file", "nowhere/log.jsonl")
    assert ended.code == 78
    assert ended.error_lines[0].startswith(
        "error: cannot write the log file `nowhere/log.jsonl`: there is no folder `"
    )
    assert ended.error_lines[1] == "hint: name a file in a folder that you can write to"
    assert "is a directory" in forked("sync", "tags", "--log-file", ".").err


def test_it_goes_on_in_a_new_file_when_the_old_one_is_moved_away(tmp_path: Path, logs: None) -> None:
    path, printer = tmp_path / "log.jsonl", Printer()
    set_up_logs(printer, verbose=False, style="text")
    add_log_file(printer, path, verbose=False)
    log.info("before")
    path.rename(tmp_path / "log.jsonl.1")
    log.info("after")
    assert [line["message"] for line in lines_of(path)] == ["after"]
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("")  # copytruncate
    log.info("later")
    assert [line["message"] for line in lines_of(path)] == ["later"]


def test_a_folder_that_vanishes_is_told_once_and_stops_nothing(
    tmp_path: Path, logs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, printer = tmp_path / "logs", Printer()
    folder.mkdir()
    set_up_logs(printer, verbose=False, style="text")
    add_log_file(printer, folder / "log.jsonl", verbose=False)
    (folder / "log.jsonl").unlink()
    folder.rmdir()
    for _ in range(3):
        log.info("nobody hears it")
    assert capsys.readouterr().err.count("warning: cannot write the log file `") == 1
    folder.mkdir()
    log.info("again")
    assert [line["message"] for line in lines_of(folder / "log.jsonl")] == ["again"]


def test_secrets_and_control_characters_are_taken_out(tmp_path: Path, logs: None) -> None:
    printer = Printer()
    printer.keep_secret({"the-secret-of-it"})
    set_up_logs(printer, verbose=False, style="text")
    add_log_file(printer, tmp_path / "log.jsonl", verbose=False)
    assert has_log_file()
    log.warning("a\x1b[31m\nb the-secret-of-it")
    [line] = lines_of(tmp_path / "log.jsonl")
    assert line["message"] == "a [31m b ****"
