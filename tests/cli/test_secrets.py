"""Secrets in files: read, preferred, refused in words that give nothing away, and kept from other users."""

import os
from pathlib import Path

import pytest
from command_line import TOKEN, CommandLine, assert_says

from intercom_etl.errors import ConfigError
from intercom_etl.settings import Settings

KEY = "sixteen or more letters"
TWINS = ("INTERCOM_ACCESS_TOKEN", "DATABASE_URL", "INTERCOM_ETL_PRIVACY_KEY")


def secret(folder: Path, text: str | bytes, name: str = "secret", mode: int = 0o600) -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return str(path)


def without(cli: CommandLine, *names: str) -> dict[str, str | None]:
    return dict.fromkeys(names)


def test_a_sync_takes_token_address_and_key_from_files(cli: CommandLine, database_url: str) -> None:
    (cli.folder / "policy.toml").write_text('[contacts]\nemail = "hash"\n')
    files: dict[str, str | None] = {
        "INTERCOM_ACCESS_TOKEN_FILE": secret(cli.folder, f"{TOKEN}\n", "token"),
        "DATABASE_URL_FILE": secret(cli.folder, f"\ufeff{database_url}\r\n", "address"),
        "INTERCOM_ETL_PRIVACY_KEY_FILE": secret(cli.folder, f"{KEY}\n", "key"),
        "INTERCOM_ETL_PRIVACY_FILE": "policy.toml",
    }
    ended = cli("sync", "tags", changes=files | without(cli, *TWINS))
    assert (ended.code, ended.err.count("warning")) == (0, 0), ended.err
    looked = cli("doctor", "--offline", changes=files | without(cli, *TWINS))
    assert f"INTERCOM_ACCESS_TOKEN_FILE = {files['INTERCOM_ACCESS_TOKEN_FILE']} (environment)" in looked.out
    assert f"DATABASE_URL_FILE = {files['DATABASE_URL_FILE']}, which names " in looked.out
    assert "can be read by the owner only" in looked.out
    assert KEY not in looked.out + looked.err


@pytest.mark.parametrize("name", TWINS)
def test_both_in_one_place_are_refused(cli: CommandLine, database_url: str, name: str) -> None:
    file = secret(cli.folder, database_url if name == "DATABASE_URL" else KEY)
    both: dict[str, str | None] = {name: cli.environment.get(name, KEY), f"{name}_FILE": file}
    error = [f"{name} and {name}_FILE are both set in the environment"]
    assert_says(cli("status", changes=both), 78, error, "set one of them")
    (cli.folder / ".env").write_text(f"{name}=x\n{name}_FILE=y\n")
    (cli.folder / ".env").chmod(0o600)
    ended = cli("status", changes=without(cli, name))
    assert_says(ended, 78, [f"{name} and {name}_FILE are both set in `.env`"], "set one of them")


def test_the_environment_counts_before_dotenv_whichever_of_the_two_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (*TWINS, *(f"{name}_FILE" for name in TWINS)):
        monkeypatch.delenv(name, raising=False)
    dotenv = tmp_path / ".env"

    def token() -> str:
        return Settings.load().require_token()

    dotenv.write_text("INTERCOM_ACCESS_TOKEN=of-dotenv\n")
    assert token() == "of-dotenv"
    monkeypatch.setenv("INTERCOM_ACCESS_TOKEN_FILE", secret(tmp_path, "of-a-file\n"))
    assert token() == "of-a-file"
    dotenv.write_text("INTERCOM_ACCESS_TOKEN_FILE=is-not-even-read\n")
    assert token() == "of-a-file"
    monkeypatch.setenv("INTERCOM_ACCESS_TOKEN_FILE", "")
    with pytest.raises(ConfigError, match="is-not-even-read"):
        token()
    monkeypatch.setenv("INTERCOM_ACCESS_TOKEN", "of-the-environment")
    assert token() == "of-the-environment"
    assert Settings.load().intercom_access_token_file is None
    assert Settings.load(intercom_access_token="of-a-flag").require_token() == "of-a-flag"


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (None, "no such file or directory"),
        ("", "is empty"),
        (" \n\n", "is empty"),
        (b"s3cr3t\xff", "no text"),
        (b"s3cr3t\0", "no text"),
        ("s3cr3t" * 20_000, "too long"),
    ],
)
@pytest.mark.parametrize("name", TWINS)
def test_a_file_without_a_usable_secret_is_named_and_not_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, held: str | bytes | None, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = str(tmp_path / "a secret") if held is None else secret(tmp_path, held, "a secret")
    monkeypatch.setenv(f"{name}_FILE", path)
    monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigError) as caught:
        Settings.load()
    assert f"{name}_FILE" in caught.value.message
    assert f"`{path}`" in caught.value.message
    assert said in caught.value.message
    assert caught.value.hint
    assert "s3cr3t" not in f"{caught.value!r} {caught.value.message} {caught.value.hint}"
    assert caught.value.__cause__ is None


def test_what_is_no_file_is_refused_at_once(cli: CommandLine) -> None:
    odd = {str(cli.folder): "is a directory", "/dev/zero": "too long", "~nobody-x/t": "it is no path"}
    for path, said in odd.items():
        ended = cli("status", changes={"INTERCOM_ACCESS_TOKEN_FILE": path, "INTERCOM_ACCESS_TOKEN": None})
        assert_says(ended, 78, ["INTERCOM_ACCESS_TOKEN_FILE", said], "t")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INTERCOM_ACCESS_TOKEN_FILE", TOKEN * 2),
        ("DATABASE_URL_FILE", "postgresql://etl:hunter2@db.example/intercom"),
        ("INTERCOM_ETL_PRIVACY_KEY_FILE", "hunter2" * 9),
    ],
)
def test_a_secret_in_place_of_its_path_is_not_shown(bare: CommandLine, name: str, value: str) -> None:
    ended = bare("doctor", "--offline", changes={name: value})
    assert_says(ended, 78, [f"{name} does not name a file"], f"set {name} to its path")
    assert "hunter2" not in ended.err


def test_who_lets_others_read_a_secret_is_told_once_and_not_by_cron(bare: CommandLine) -> None:
    dotenv = secret(bare.folder, "INTERCOM_REGION=eu\n", ".env", 0o640)
    token = secret(bare.folder, "x", "my token", 0o604)
    changes: dict[str, str | None] = {"INTERCOM_ACCESS_TOKEN_FILE": token}
    ended = bare("status", changes=changes)
    warned = [line for line in ended.error_lines if line.startswith("warning: ")]
    assert len(warned) == 2
    assert f"`{dotenv}`: run `chmod 600 {dotenv}`" in warned[0]
    assert f"run `chmod 600 '{token}'`" in warned[1]
    looked = bare("doctor", "--offline", changes=changes)
    assert [line for line in looked.error_lines if "read" in line] == []
    assert looked.out.count("can be read by other users") == 2
    assert f"chmod 600 {dotenv}" in " ".join(looked.out.split())
    quiet = bare("sync", "--quiet", changes=changes | {"INTERCOM_BASE_URL": "http://127.0.0.1:1"})
    assert len(quiet.error_lines) == 1
    for path in (dotenv, token):
        Path(path).chmod(0o600)
    assert "warning" not in bare("status", changes=changes).err


def test_no_command_takes_a_secret_on_its_command_line(bare: CommandLine) -> None:
    """Everybody on a machine can list command lines."""
    for flag in ("--token", "--password", "--database-url", "--access-token", "--privacy-key"):
        assert bare("sync", flag, "x").code == 2


def test_a_landing_folder_is_its_users_alone(cli: CommandLine) -> None:
    folder = cli.folder / "a" / "landing"
    old = os.umask(0)
    try:
        assert cli("extract", "tags", "admins", "--out", str(folder)).code == 0
        assert cli("transform", str(folder)).code == 0
    finally:
        os.umask(old)
    found = [folder, *folder.rglob("*")]
    assert len(found) > 6
    assert {path: oct(path.stat().st_mode) for path in found if path.stat().st_mode & 0o077} == {}
