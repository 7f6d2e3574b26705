"""What people get wrong: one line that names the value, one that mends it, and the exit code that fits."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import CommandLine, assert_says
from psycopg.conninfo import make_conninfo

from intercom_etl.simulator.server import SimulatorServer


@pytest.fixture
def used_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["sync", "contcts"], ["unknown stream `contcts`"], "did you mean `contacts`"),
        (["sync", "x", "--json-not"], ["no such option `--json-not`"], "sync --help"),
        (
            ["sync", "--ful"],
            ["no such option `--ful`"],
            "did you mean `--full`? see `intercom-etl sync --help`",
        ),
        (["sync", "--since", "2026-01-02"], ["`2026-01-02` has no time zone"], "`2026-01-02T00:00:00Z`"),
        (["sync", "--since", "2026-01-02T03:04"], ["`2026-01-02T03:04` has no"], "`2026-01-02T03:04:00Z`"),
        (
            ["sync", "--since", "2999-01-01T00:00:00Z"],
            ["`2999-01-01T00:00:00Z` is in the future"],
            "it is now",
        ),
        (["sync", "--since", "20240101"], ["`20240101` has no time zone"], "`2024-01-01T00:00:00Z`"),
        (["sync", "--since", "yesterday"], ["`yesterday` is not a time"], "`7d`"),
        (["sync", "--since", "999999d"], ["`999999d` is before"], "`7d`"),
        (["sync", "--since", "0001-01-01T00:00:00+10:00"], ["is out of range"], "`7d`"),
        (["sync", "--since", "7d", "--full"], ["contradict"], "one of them"),
        (["sync", "--limit", "0"], ["--limit is `0`"], "sync --help"),
        (["sync", "--limit"], ["`--limit` requires an argument"], "see `intercom-etl sync --help`"),
        (["sync", "--log-format", "xml"], ["--log-format is `xml`: it is not one of"], "sync --help"),
        (["snyc"], ["no such command `snyc`"], "did you mean `sync`?"),
        (["runs", "show", "abc"], ["ID is `abc`: it is not a whole number"], "runs show --help"),
        (["runs", "--limit", "3", "list"], ["`--limit` stands before `list`"], "runs list --help"),
        (["extract"], ["--out"], "extract --help"),
        (["transform", "nowhere"], ["`nowhere`"], "extract --out"),
        (["load", "nowhere"], ["`nowhere`"], "extract --out"),
        (["db", "psql", "--demo"], ["no demo data"], "intercom-etl demo"),
    ],
)
def test_a_wrong_command_line(online: CommandLine, arguments: list[str], error: list[str], hint: str) -> None:
    assert_says(online(*arguments), 2, error, hint)


@pytest.mark.parametrize(
    ("changes", "code", "error", "hint"),
    [
        ({"INTERCOM_ACCESS_TOKEN": None}, 78, ["INTERCOM_ACCESS_TOKEN is not set"], "intercom-etl demo"),
        (
            {"INTERCOM_ACCESS_TOKEN": "two words"},
            78,
            ["INTERCOM_ACCESS_TOKEN has characters"],
            "Developer Hub",
        ),
        ({"INTERCOM_REGION": "mars"}, 78, ["INTERCOM_REGION is `mars`"], "us, eu or au"),
        (
            {"INTERCOM_BASE_URL": "http://example.com"},
            78,
            ["`http://example.com`", "must be https"],
            "https://",
        ),
        ({"INTERCOM_BASE_URL": "here"}, 78, ["INTERCOM_BASE_URL is `here`"], "`https://api.intercom.io`"),
        (
            {"INTERCOM_BASE_URL": "https://me:hunter2@host"},
            78,
            ["INTERCOM_BASE_URL: ", "without user"],
            "`https://api.intercom.io`",
        ),
        (
            {"INTERCOM_BASE_URL": "http://127.0.0.1:99999"},
            78,
            ["`http://127.0.0.1:99999`", "port"],
            "`https://api.intercom.io`",
        ),
        (
            {"INTERCOM_BASE_URL": "http://127.0.0.1:abc"},
            78,
            ["`http://127.0.0.1:abc`", "port"],
            "`https://api.intercom.io`",
        ),
        ({"INTERCOM_ETL_HOME": "~no-such-user/x"}, 78, ["INTERCOM_ETL_HOME", "no such user"], "in full"),
        ({"INTERCOM_API_VERSION": "two"}, 78, ["`two`", "the right form"], "`2.16` or `Preview`"),
        (
            {"INTERCOM_ETL_CONCURRENCY": "many"},
            78,
            ["INTERCOM_ETL_CONCURRENCY is `many`: that is no whole number"],
            "a whole number from 1 to 500",
        ),
        ({"INTERCOM_ETL_RATE_HEADROOM": "2"}, 78, ["`2`: that is too large"], "a number from 0 to 0.9"),
        ({"INTERCOM_ETL_REQUEST_TIMEOUT": "0"}, 78, ["`0`: that is too small"], "a number above 0"),
        ({"DATABASE_URL": "postgresql://me@127.0.0.1:99999/x"}, 78, ["1 to 65535"], "postgresql://"),
        ({"INTERCOM_BASE_URL": "http://127.0.0.1:1"}, 75, ["`127.0.0.1:1`"], "check the network"),
        (
            {"DATABASE_URL": "postgresql://me:hunter2pw@127.0.0.1:1/x"},
            75,
            ["`127.0.0.1:1/x`"],
            "DATABASE_URL",
        ),
        (
            {"DATABASE_URL": "postgresql://me:hunter2 pw@127.0.0.1/x"},
            78,
            ["not a PostgreSQL address"],
            "percent",
        ),
        ({"DATABASE_URL": "mysql://me:hunter2pw@127.0.0.1/x"}, 78, ["DATABASE_URL"], "postgresql://"),
    ],
)
def test_a_wrong_setting(
    cli: CommandLine, changes: dict[str, str | None], code: int, error: list[str], hint: str
) -> None:
    ended = cli("sync", changes=changes)
    assert_says(ended, code, error, hint)
    assert "hunter2" not in ended.err


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:p@s3cr3tpw@127.0.0.1:1/x",
        "postgresql://u:pa/s3cr3tpw@127.0.0.1:1/x",
        "postgresql://u:1/s3cr3tpw@127.0.0.1:1/x",
        "postgresql://u:a@b:s3cr3tpw@127.0.0.1:1/x",
        "postgres://u:a?b/s3cr3tpw@127.0.0.1:1/x",
        "postgresql://u:#s3cr3tpw@127.0.0.1:99999/x",
        "postgresql://u:s3cr3tpw/x",
        "host=127.0.0.1 port=1a password=s3cr3tpw",
    ],
)
def test_of_an_address_with_an_unescaped_password_nothing_is_shown(cli: CommandLine, address: str) -> None:
    for arguments in (["sync"], ["status"], ["db", "url"], ["db", "psql"], ["migrate"]):
        ended = cli(*arguments, DATABASE_URL=address)
        assert_says(ended, 78, ["DATABASE_URL"], "percent-encode @ / : #")
        assert "s3cr3t" not in ended.err
    examined = cli("doctor", "--offline", DATABASE_URL=address)
    assert examined.code == 78
    assert "FAIL  setting               " in examined.out
    assert "s3cr3t" not in examined.out + examined.err


def test_a_password_may_hold_a_number_sign_and_a_colon(cli: CommandLine) -> None:
    ended = cli("status", DATABASE_URL="postgresql://u:p#s3cr3t:pw@127.0.0.1:1/x")
    assert_says(ended, 75, ["`127.0.0.1:1/x`"], "DATABASE_URL")


def test_an_address_that_is_not_intercoms_is_a_wrong_setting(
    cli: CommandLine, simulator: SimulatorServer
) -> None:
    for command in (["sync"], ["extract", "--out", "landing"]):
        ended = cli(*command, INTERCOM_BASE_URL=f"{simulator.url}/elsewhere")
        assert_says(ended, 78, ["`GET /me` was answered 404"], "INTERCOM_BASE_URL")
    assert cli("runs", "--json").json[0]["exit_code"] == 78


KEY = "a-key-that-is-long-enough"


@pytest.mark.parametrize(
    ("text", "changes", "error", "hint"),
    [
        (None, {}, ["cannot read `privacy.toml`: No such file"], "INTERCOM_ETL_PRIVACY_FILE"),
        (
            "[contact]\nemail = 'hash'",
            {},
            ["unknown table `contact` in `privacy.toml`"],
            "did you mean `contacts`",
        ),
        (
            "[contacts]\nemail = 'hsah'",
            {},
            ["`contacts.email` is `hsah` in `privacy.toml`"],
            "did you mean `hash`",
        ),
        ("[contacts]\nid = 'drop'", {}, ["`contacts.id` cannot be `drop`"], "take the line out"),
        (
            "[contacts]\nemail = 'hash'",
            {"INTERCOM_ETL_PRIVACY_KEY": None},
            ["INTERCOM_ETL_PRIVACY_KEY is not set"],
            "openssl rand",
        ),
        (
            "[contacts]\nemail = 'hash'",
            {"INTERCOM_ETL_PRIVACY_KEY": "short-secret"},
            ["INTERCOM_ETL_PRIVACY_KEY: it must have 16 characters"],
            "16 characters",
        ),
        (None, {"INTERCOM_ETL_PRIVACY_FILE": None}, ["INTERCOM_ETL_PRIVACY_FILE is not"], "both of them"),
    ],
)
def test_a_policy_that_cannot_be_honoured(
    cli: CommandLine, text: str | None, changes: dict[str, str | None], error: list[str], hint: str
) -> None:
    if text is not None:
        (cli.folder / "privacy.toml").write_text(text)
    cli.environment |= {"INTERCOM_ETL_PRIVACY_FILE": "privacy.toml", "INTERCOM_ETL_PRIVACY_KEY": KEY}
    for arguments in (["sync"], ["sync", "--dry-run"], ["extract", "--out", "landing"]):
        ended = cli(*arguments, changes=changes)
        assert_says(ended, 78, error, hint)
        assert KEY not in ended.err
        assert "short-secret" not in ended.err
    assert not (cli.folder / "landing").exists()
    told = cli("doctor", "--offline", changes=changes)
    if "short-secret" not in changes.values():  # that one is refused with the other settings
        assert error[0] in told.out
    assert told.code == 78


def test_a_wrong_token_is_not_shown(cli: CommandLine) -> None:
    ended = cli("sync", INTERCOM_ACCESS_TOKEN="a-wrong-token-from-somewhere")
    assert_says(ended, 77, ["401"], "INTERCOM_ACCESS_TOKEN")
    assert "a-wrong-token" not in ended.err


def test_a_refused_login_and_a_missing_database(cli: CommandLine, server_url: str) -> None:
    assert_says(
        cli("sync", DATABASE_URL=make_conninfo(server_url, user="nobody_here")),
        78,
        ["nobody_here"],
        "DATABASE_URL",
    )
    assert_says(
        cli("sync", DATABASE_URL=make_conninfo(server_url, dbname="not_here")),
        78,
        ["not_here"],
        "DATABASE_URL",
    )


def test_json_is_one_document_also_when_it_fails(cli: CommandLine) -> None:
    for arguments, code in (
        (["sync", "--json", "nope"], 2),
        (["sync", "--json", "--nope"], 2),
        (["status", "--json=1"], 2),
        (["runs", "--json", "list"], 2),
    ):
        ended = cli(*arguments)
        assert ended.code == ended.json["exit_code"] == code
        assert ended.json["status"] == "failed"
        assert ended.json["error"]["message"]
    refused = cli("sync", "--json", INTERCOM_ACCESS_TOKEN="a-wrong-token-from-somewhere")
    assert refused.json["exit_code"] == 77
    assert refused.json["error"]["status"] == 401


def test_a_dotenv_that_cannot_be_read(cli: CommandLine) -> None:
    dotenv = cli.folder / ".env"
    dotenv.mkdir()
    assert_says(cli("sync"), 78, [str(dotenv)], "readable text file")
    dotenv.rmdir()
    dotenv.write_bytes(b"INTERCOM_REGION=\xff\xfe")
    assert_says(cli("sync"), 78, [str(dotenv), "UTF-8"], "readable text file")
    if os.geteuid() != 0:
        dotenv.chmod(0)
        assert_says(cli("sync"), 78, [str(dotenv)], "readable text file")


def test_a_line_of_dotenv_that_cannot_be_read_is_named_and_not_shown(cli: CommandLine) -> None:
    (cli.folder / ".env").write_text("INTERCOM_REGION=us\n\nINTERCOM_ACCESS_TOKEN 'hunter2\n")
    ended = cli("status")
    assert_says(ended, 78, ["line 3 of", str(cli.folder / ".env")], "`NAME=value`")
    assert "hunter2" not in ended.err


def test_a_data_folder_that_is_none_or_cannot_be_entered_is_a_wrong_setting(bare: CommandLine) -> None:
    (bare.folder / "a-file").write_text("")
    # too long a name is refused to root as well, to whom no folder is closed
    homes = [bare.folder / "a-file", bare.folder / ("x" * 300)]
    if os.geteuid() != 0:
        closed = bare.folder / "closed"
        closed.mkdir(mode=0)
        homes.append(closed / "home")
    for home in homes:
        for arguments in (["status"], ["runs"], ["db", "stop"], ["migrate", "--status"]):
            assert_says(bare(*arguments, INTERCOM_ETL_HOME=str(home)), 78, [str(home)], "INTERCOM_ETL_HOME")
        examined = bare("doctor", "--offline", INTERCOM_ETL_HOME=str(home))
        assert examined.code == 78
        assert "FAIL  data folder" in examined.out


def test_a_home_where_nothing_can_be_written(online: CommandLine) -> None:
    home = online.folder / "a-file"
    home.write_text("")
    assert_says(online("sync", INTERCOM_ETL_HOME=str(home)), 78, [str(home)], "INTERCOM_ETL_HOME")


def test_a_file_is_no_landing_folder(bare: CommandLine) -> None:
    (bare.folder / "a-file").write_text("")
    for command in ("transform", "load"):
        ended = bare(command, "a-file")
        assert_says(ended, 2, ["`a-file` is a file, not a landing folder"], "extract --out")


@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_without_its_packages_the_simulator_says_how_to_install_them(bare: CommandLine, command: str) -> None:
    (bare.folder / "sitecustomize.py").write_text("import sys\nsys.modules['uvicorn'] = None\n")
    ended = bare(command, PYTHONPATH=str(bare.folder))
    assert_says(ended, 78, ["needs the package `uvicorn`"], "`pip install '/path/to/checkout[simulator]'`")


def test_a_port_in_use(bare: CommandLine, used_port: int) -> None:
    assert_says(bare("simulate", "--port", str(used_port)), 2, [f"port `{used_port}` is in use"], "--port 0")


@pytest.mark.parametrize("arguments", [["--help"], ["streams"], ["streams", "--json"]])
def test_an_output_without_room_is_no_bug(bare: CommandLine, arguments: list[str]) -> None:
    if not Path("/dev/full").exists():  # only Linux has it
        return
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            cwd=bare.folder,
            env=bare.environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[0] == "error: cannot write the output: no space left"
