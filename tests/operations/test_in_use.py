"""Files of `deploy` at work, with the real command: crontab, make, orchestrators by stubs of their names."""

import importlib.util
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from command_line import TOKEN

from intercom_etl.simulator.faults import Fault, Faults
from intercom_etl.simulator.server import SimulatorServer
from intercom_etl.simulator.workspace import Size, Workspace

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    size = Size(contacts=5, conversations=5, companies=2, tickets=2)
    with SimulatorServer(Workspace(seed=91, size=size, token=TOKEN)) as running:
        yield running


@pytest.fixture
def installed(tmp_path: Path, server: SimulatorServer, database_url: str) -> dict[str, str]:
    """A folder with `.venv/bin/intercom-etl`, as after `make setup`, and the environment of a shell in it."""
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    program = programs / "intercom-etl"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m cli "$@"\n')
    program.chmod(0o755)
    return {
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "INTERCOM_ETL_HOME": str(tmp_path / "home"),
        "INTERCOM_ETL_STREAMS": "tags",
        "INTERCOM_ETL_MAX_ATTEMPTS": "1",
        "INTERCOM_BASE_URL": server.url,
        "INTERCOM_ACCESS_TOKEN": TOKEN,
        "DATABASE_URL": database_url,
        "PYTHONPATH": str(ROOT),
    }


def run(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_lines_of_the_crontab_run_and_print_nothing(tmp_path: Path, installed: dict[str, str]) -> None:
    lines = re.findall(r"^(?:\S+ ){5}(cd .*)$", (DEPLOY / "crontab").read_text(), re.MULTILINE)
    assert len(lines) == 2
    # of an environment cron leaves nothing
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    settings = [f"{name}={value}" for name, value in installed.items() if name not in bare]
    (tmp_path / ".env").write_text("\n".join(settings))
    (tmp_path / ".env").chmod(0o600)
    for line in lines:
        ended = run(["/bin/sh", "-c", line.replace("/srv/intercom-etl", str(tmp_path))], Path("/"), bare)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_make_alone_makes_what_it_made_without_the_file(tmp_path: Path, installed: dict[str, str]) -> None:
    include, goal = f"include {DEPLOY / 'intercom-etl.mk'}\n", "{0}:\n\t@echo {0}\n"
    for makefile in (include + goal.format("first"), goal.format("first") + include + goal.format("second")):
        (tmp_path / "Makefile").write_text(makefile)
        ended = run(["make"], tmp_path, installed)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, "first\n", "")


def test_make_goes_on_only_after_a_sync_and_tolerates_what_it_is_told(
    tmp_path: Path, installed: dict[str, str]
) -> None:
    makefile = f"include {DEPLOY / 'intercom-etl.mk'}\nreport: intercom-sync\n\t@echo made\n"
    (tmp_path / "Makefile").write_text(makefile)
    ended = run(["make", "report", "INTERCOM_ARGS=tags"], tmp_path, installed)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "made\n", "")
    away = installed | {"INTERCOM_BASE_URL": "http://127.0.0.1:1"}
    ended = run(["make", "report"], tmp_path, away)
    assert ended.returncode == 2
    assert "made" not in ended.stdout
    assert ended.stderr.count("(exit 75)") == 2
    refused = installed | {"INTERCOM_ACCESS_TOKEN": "of-yesterday"}
    ended = run(["make", "report", "INTERCOM_TOLERATED=3 77"], tmp_path, refused)
    assert (ended.returncode, ended.stdout) == (0, "made\n")


class Stubs:
    """Modules by name, of which the examples need a few names only."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def add(self, name: str, **members: Any) -> None:
        module = ModuleType(name)
        module.__dict__.update(members)
        self._patch.setitem(sys.modules, name, module)

    def load(self, file: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(Path(file).stem, DEPLOY / file)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: dict[str, str]) -> Stubs:
    for name in list(os.environ):
        monkeypatch.delenv(name)
    for name, value in installed.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return Stubs(monkeypatch)


class AgainError(Exception):
    """The orchestrator tries again."""


class FinalError(Exception):
    """It does not."""


SPOILT = {
    75: ("INTERCOM_BASE_URL", "http://127.0.0.1:1"),
    77: ("INTERCOM_ACCESS_TOKEN", "of-yesterday"),
    78: ("INTERCOM_ACCESS_TOKEN", ""),
}


@contextmanager
def ending(code: int) -> Iterator[None]:
    """The command ends with this code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(*SPOILT[code])
        yield


@contextmanager
def ending_in_part(server: SimulatorServer) -> Iterator[None]:
    """The command ends with 3: one of two streams fails."""
    faults = Faults(Fault("403", path="*/teams"))
    with SimulatorServer(server.workspace, faults=faults) as other, pytest.MonkeyPatch.context() as patch:
        patch.setenv("INTERCOM_BASE_URL", other.url)
        patch.setenv("INTERCOM_ETL_STREAMS", "tags,teams")
        yield


def airflow_tasks(stubs: Stubs) -> dict[str, Callable[[], None]]:
    tasks: dict[str, Callable[[], None]] = {}

    def dag(*, schedule: str, **options: Any) -> Callable[[Callable[[], None]], Callable[[], None]]:
        assert schedule
        assert options["max_active_runs"] == 1
        assert options["default_args"]["retries"] > 0
        return lambda function: function

    def task(function: Callable[[], None]) -> Callable[[], None]:
        tasks[function.__name__] = function
        return lambda: None

    context = {"ti": SimpleNamespace(task=SimpleNamespace())}
    stubs.add("airflow")
    stubs.add("airflow.sdk", dag=dag, task=task, get_current_context=lambda: context)
    stubs.add("airflow.sdk.exceptions", AirflowException=AgainError, AirflowFailException=FinalError)
    stubs.load("airflow_dag.py")
    return tasks


def test_airflow_tries_again_what_was_not_finished_and_nothing_else(stubs: Stubs) -> None:
    tasks = airflow_tasks(stubs)
    assert set(tasks) == {"sync", "verify"}
    tasks["sync"]()
    with ending(75), pytest.raises(AgainError, match=r"cannot connect .*\(exit 75\)$"):
        tasks["sync"]()
    with ending(77), pytest.raises(FinalError, match=r"401 .*\(exit 77\)$"):
        tasks["sync"]()


def dagster_members(stubs: Stubs) -> dict[str, Any]:
    made: dict[str, Any] = {}

    class RetryError(AgainError):
        def __init__(self, *, max_retries: int, seconds_to_wait: int) -> None:
            assert max_retries * seconds_to_wait > 0

    class FailureError(FinalError):
        def __init__(self, *, description: str, allow_retries: bool) -> None:
            super().__init__(description)
            assert not allow_retries

    def op(function: Callable[[Any], None]) -> Callable[[], None]:
        made["op"] = function
        return lambda: None

    def keep(**members: Any) -> None:
        made.update(members)

    stubs.add(
        "dagster", op=op, job=lambda function: function, Definitions=keep, ScheduleDefinition=keep,
        DefaultScheduleStatus=SimpleNamespace(RUNNING="running"),
        RetryRequested=RetryError, Failure=FailureError,
    )  # fmt: skip
    stubs.load("dagster_job.py")
    return made


def test_dagster_tries_again_what_was_not_finished_and_nothing_else(stubs: Stubs) -> None:
    made = dagster_members(stubs)
    assert made["cron_schedule"]
    assert made["default_status"] == "running"
    assert len(made["jobs"]) == len(made["schedules"]) == 1
    said: list[str] = []
    context = SimpleNamespace(log=SimpleNamespace(warning=said.append))
    made["op"](context)
    assert said == []
    with ending(75), pytest.raises(AgainError):
        made["op"](context)
    with ending(78), pytest.raises(FinalError, match="INTERCOM_ACCESS_TOKEN is not set"):
        made["op"](context)
    assert [re.findall(r"exit \d+", line) for line in said] == [["exit 75"], ["exit 78"]]


def prefect_module(stubs: Stubs) -> tuple[ModuleType, dict[str, Any]]:
    options: dict[str, Any] = {}

    def task(**given: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
        options.update(given)
        return lambda function: function

    stubs.add("prefect", flow=lambda function: function, task=task)
    return stubs.load("prefect_flow.py"), options


def test_prefect_tries_again_what_was_not_finished_and_nothing_else(
    stubs: Stubs, server: SimulatorServer
) -> None:
    module, options = prefect_module(stubs)
    assert options["retries"] > 0
    module.intercom_etl()
    may_be_retried = options["retry_condition_fn"]

    def is_retried(said: str) -> bool:
        with pytest.raises(module.CommandError, match=said) as raised:
            module.intercom_etl()

        def result() -> None:
            raise raised.value

        return may_be_retried(None, None, SimpleNamespace(result=result))

    with ending_in_part(server):
        assert is_retried(r"\(exit 3\)$")
    with ending(77):
        assert not is_retried(r"\(exit 77\)$")


class CancelledByUser(BaseException):
    """What the orchestrator raises in a task."""


# goes on for twenty seconds or until it is told to end, and then tells that it was
LONG_COMMAND = """#!/bin/sh
trap 'touch ended; exit 143' TERM
touch begun
for _ in $(seq 400); do sleep 0.05; done
"""


@pytest.mark.parametrize("name", ["airflow", "dagster", "prefect"])
def test_a_task_that_is_cancelled_ends_the_command_in_good_order(
    stubs: Stubs, tmp_path: Path, name: str
) -> None:
    match name:
        case "airflow":
            call = airflow_tasks(stubs)["sync"]
        case "dagster":
            call = partial(dagster_members(stubs)["op"], SimpleNamespace())
        case _:
            call = prefect_module(stubs)[0].intercom_etl
    (tmp_path / ".venv" / "bin" / "intercom-etl").write_text(LONG_COMMAND)

    def cancel() -> None:
        while not (tmp_path / "begun").exists():
            time.sleep(0.01)
        time.sleep(0.5)  # until it is waited for
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    def raise_it(*_: object) -> None:
        raise CancelledByUser

    before = signal.signal(signal.SIGUSR1, raise_it)
    try:
        canceller = threading.Thread(target=cancel, daemon=True)
        canceller.start()
        with pytest.raises(CancelledByUser):
            call()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert (tmp_path / "ended").exists()
