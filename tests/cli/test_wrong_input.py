"""What people get wrong: one line that names the value, one that mends it, and the exit code that fits."""

import os
import socket
from collections.abc import Iterator

import pytest
from command_line import CommandLine, assert_says
from psycopg.conninfo import make_conninfo


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
        (["sync", "x", "--json-not"], ["no such option: --json-not"], "sync --help"),
        (["sync", "--since", "2026-01-02"], ["`2026-01-02` has no time zone"], "`2026-01-02T00:00:00Z`"),
        (["sync", "--since", "2026-01-02T03:04"], ["`2026-01-02T03:04` has no"], "`2026-01-02T03:04Z`"),
        (
            ["sync", "--since", "2999-01-01T00:00:00Z"],
            ["`2999-01-01T00:00:00Z` is in the future"],
            "it is now",
        ),
        (["sync", "--since", "yesterday"], ["`yesterday` is not a time"], "`7d`"),
        (["sync", "--since", "999999d"], ["`999999d` is before"], "`7d`"),
        (["sync", "--since", "0001-01-01T00:00:00+10:00"], ["is out of range"], "`7d`"),
        (["sync", "--since", "7d", "--full"], ["contradict"], "one of them"),
        (["sync", "--limit", "0"], ["--limit is `0`"], "sync --help"),
        (["snyc"], ["no such command `snyc`"], "--help"),
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
        ({"INTERCOM_BASE_URL": "http://example.com"}, 78, ["`http://example.com`", "must be https"], "API"),
        ({"INTERCOM_BASE_URL": "here"}, 78, ["INTERCOM_BASE_URL is `here`"], "API"),
        ({"INTERCOM_ETL_CONCURRENCY": "many"}, 78, ["INTERCOM_ETL_CONCURRENCY is `many`"], "flight"),
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
            ["INTERCOM_ETL_PRIVACY_KEY must have 16 characters"],
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
    for arguments, code in ((["sync", "--json", "nope"], 2), (["sync", "--json", "--nope"], 2)):
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


def test_a_home_where_nothing_can_be_written(online: CommandLine) -> None:
    home = online.folder / "a-file"
    home.write_text("")
    assert_says(online("sync", INTERCOM_ETL_HOME=str(home)), 78, [str(home)], "INTERCOM_ETL_HOME")


def test_a_port_in_use(bare: CommandLine, used_port: int) -> None:
    assert_says(bare("simulate", "--port", str(used_port)), 2, [f"port `{used_port}` is in use"], "--port 0")
