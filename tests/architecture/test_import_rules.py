"""The import contracts of pyproject.toml catch what they are meant to: each is broken once, in a copy."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

VIOLATIONS = {
    "a stage knows another stage": ("intercom_etl/load/merge.py", "from intercom_etl.extract import pages"),
    "a stage knows the streams": ("intercom_etl/extract/pages.py", "from intercom_etl import streams"),
    "a stage knows its user": ("intercom_etl/state/runs.py", "from intercom_etl import runs"),
    "a stream knows a stage": ("intercom_etl/streams/tags.py", "from intercom_etl.transform import validate"),
    "a stream knows HTTP": ("intercom_etl/streams/tags.py", "import httpx"),
    "vocabulary knows the database": ("intercom_etl/batch.py", "import psycopg"),
    "vocabulary knows the settings": ("intercom_etl/window.py", "from intercom_etl import settings"),
    "transform knows HTTP": ("intercom_etl/transform/validate.py", "import httpx"),
    "an error knows more than itself": ("intercom_etl/errors.py", "from intercom_etl import settings"),
    "work knows the terminal": ("intercom_etl/sync.py", "import cli"),
    "work prints": ("intercom_etl/report.py", "import rich"),
    "a command knows a stage": ("cli/__init__.py", "from intercom_etl.load import write"),
    "a command knows the database": ("cli/__init__.py", "import psycopg"),
    "the simulator knows us": ("intercom_etl/simulator/__init__.py", "from intercom_etl import record"),
    "a stage knows the simulator": ("intercom_etl/extract/client.py", "from intercom_etl import simulator"),
    "a module has no place": ("intercom_etl/helpers.py", "import json"),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("copy")
    for package in ("cli", "intercom_etl"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_tree_as_it_is_keeps_all_contracts(copy: Path) -> None:
    result = lint_imports(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("what", VIOLATIONS)
def test_a_planted_violation_is_found(copy: Path, what: str) -> None:
    name, line = VIOLATIONS[what]
    path = copy / name
    before = path.read_text() if path.exists() else None
    path.write_text(f"{before or ''}\n{line}\n")
    try:
        result = lint_imports(copy)
    finally:
        path.unlink() if before is None else path.write_text(before)
    assert result.returncode != 0, result.stdout
    assert "BROKEN" in result.stdout, result.stdout + result.stderr
