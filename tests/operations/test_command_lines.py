"""Every command line in a file of `deploy` is one that the program takes."""

from pathlib import Path

import pytest
import typer
from operations.commands_in_texts import commands_of, parse

ROOT = Path(__file__).parents[2]
FILES = sorted(path for path in (ROOT / "deploy").rglob("*") if path.is_file() and "pycache" not in str(path))
# which have none
SILENT = {"logrotate", "intercom-etl.timer", "intercom-etl-verify.timer", "Dockerfile.dockerignore"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_command_lines_are_taken(path: Path) -> None:
    for arguments in commands_of(path):
        try:
            parse(arguments)
        except typer.TyperException as error:
            pytest.fail(f"{name_of(path)}: intercom-etl {' '.join(arguments)}: {error.format_message()}")


@pytest.mark.parametrize("path", [path for path in FILES if path.name not in SILENT], ids=name_of)
def test_each_file_has_some(path: Path) -> None:
    assert list(commands_of(path))


def test_a_flag_or_a_command_that_is_none_would_be_found(tmp_path: Path) -> None:
    files = {
        "crontab": "0 * * * * cd /x && .venv/bin/intercom-etl sync --quite\n",
        "a.yml": "script: [FOO=1 intercom-etl runs shw 3 | head]\nargs: [load, x, --every, 2m]\n",
        "a.py": 'run_command("verify", "--exit")\nrun(["intercom-etl", "sync", "--every", "2m", "--nope"])\n',
    }
    found: list[list[str]] = []
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        found += commands_of(tmp_path / name)
    assert found == [
        ["sync", "--quite"],
        ["runs", "shw", "3"],
        ["load", "x", "--every", "2m"],
        ["verify", "--exit"],
        ["sync", "--every", "2m", "--nope"],
    ]
    for arguments in found:
        with pytest.raises(typer.TyperException):
            parse(arguments)
