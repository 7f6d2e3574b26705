"""The example in CONTRIBUTING.md is complete: in a copy of the tree it passes the contract suite."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAME = "reporting_datasets"


def test_three_new_files_are_a_stream(tmp_path: Path) -> None:
    for folder in ("cli", "intercom_etl", "sql", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    text = (ROOT / "CONTRIBUTING.md").read_text()
    number = 1 + max(int(path.name[:4]) for path in (ROOT / "sql" / "migrations").glob("*.sql"))
    for language, name in (
        ("python", f"intercom_etl/streams/{NAME}.py"),
        ("sql", f"sql/migrations/{number:04d}_{NAME}.sql"),
        ("json", f"tests/fixtures/streams/{NAME}.json"),
    ):
        (block,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        path = tmp_path / name
        assert not path.exists()
        path.write_text(block)

    # all that the contract suite has for this stream; for every stream it would take minutes
    chosen = ("tests/contract", "-k", f"{NAME} or have_examples")
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *chosen, "-p", "no:cacheprovider"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip

    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"^[1-9]\d* passed", result.stdout, re.MULTILINE), result.stdout
