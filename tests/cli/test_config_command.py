"""`intercom-etl config show`: every setting, where it comes from, and nothing that is secret."""

import pytest
from command_line import TOKEN, CommandLine, assert_says

from intercom_etl.setting_origins import masked
from intercom_etl.settings import Settings


@pytest.fixture
def configured(bare: CommandLine) -> CommandLine:
    """Something from everywhere."""
    secret = bare.folder / "token"
    secret.write_text(f"{TOKEN}\n")
    secret.chmod(0o600)
    (bare.folder / ".env").write_text(
        "INTERCOM_REGION=eu\nINTERCOM_ETL_SWEEP_DAYS=3\nINTERCOM_ETL_PRIVACY_KEY='sixteen letters and ab12'\n"
        "INTERCOM_REGON=au\nCOMPOSE_PROJECT_NAME=x\n"
    )
    (bare.folder / ".env").chmod(0o600)
    bare.environment |= {
        "INTERCOM_ACCESS_TOKEN_FILE": str(secret),
        "INTERCOM_ETL_SWEEP_DAYS": "5",
        "DATABASE_URL": "postgresql://me:hunter2pw@db.example:5433/copy",
    }
    return bare


def test_each_setting_has_its_value_and_its_origin(configured: CommandLine) -> None:
    told = configured("config", "show", "--json")
    assert told.code == 0, told
    settings = {each["name"]: each for each in told.json["settings"]}
    assert list(settings) == [name.upper() for name in Settings.model_fields]
    dotenv = str(configured.folder / ".env")
    expected = {
        "INTERCOM_REGION": ("eu", ".env", dotenv),
        "INTERCOM_ETL_SWEEP_DAYS": ("5.0", "environment", None),
        "INTERCOM_ACCESS_TOKEN": (f"****{TOKEN[-4:]}", "file", str(configured.folder / "token")),
        "INTERCOM_ETL_PRIVACY_KEY": ("****ab12", ".env", dotenv),
        "DATABASE_URL": ("db.example:5433/copy", "environment", None),
        "INTERCOM_BASE_URL": ("https://api.eu.intercom.io", "default", None),
        "INTERCOM_ETL_HISTORY": (None, "default", None),
        "INTERCOM_ETL_CONCURRENCY": ("64", "default", None),
    }
    shown = {name: (each["value"], each["origin"], each["path"]) for name, each in settings.items()}
    assert {name: shown[name] for name in expected} == expected
    assert settings["INTERCOM_ACCESS_TOKEN"]["named_in"] == "INTERCOM_ACCESS_TOKEN_FILE"
    (unknown,) = told.json["unknown"]
    assert unknown == {
        "name": "INTERCOM_REGON", "origin": ".env", "path": dotenv, "nearest": "INTERCOM_REGION"
    }  # fmt: skip


def test_people_see_the_same_and_no_secret(configured: CommandLine) -> None:
    plain = configured("config", "show")
    lines = dict(line.split(maxsplit=1) for line in plain.out.splitlines())
    assert lines["INTERCOM_REGION"] == "eu"
    assert lines["INTERCOM_ETL_HISTORY"] == "-"
    full = configured("config", "show", "--origin")
    region = next(line for line in full.out.splitlines() if line.startswith("INTERCOM_REGION"))
    assert region.endswith(f".env ({configured.folder / '.env'})")
    token = next(line for line in full.out.splitlines() if line.startswith("INTERCOM_ACCESS_TOKEN "))
    assert token.endswith(f"file {configured.folder / 'token'}, named in INTERCOM_ACCESS_TOKEN_FILE")
    for ended in (plain, full):
        assert ended.error_lines == [
            "warning: INTERCOM_REGON (.env) is no setting: did you mean `INTERCOM_REGION`?"
        ]
        assert "hunter2pw" not in ended.out + ended.err
        assert "sixteen letters" not in ended.out + ended.err


def test_a_short_secret_shows_nothing_of_itself() -> None:
    assert masked("correct horse ab12") == "****ab12"
    assert masked("fifteen letters") == "****"
    assert masked("") == "****"


def test_a_setting_that_does_not_fit_is_named(bare: CommandLine) -> None:
    assert_says(
        bare("config", "show", INTERCOM_REGION="mars"), 78, ["INTERCOM_REGION is `mars`"], "us, eu or au"
    )
    assert bare("config").out.startswith("Usage: intercom-etl config")
