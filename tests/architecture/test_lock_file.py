"""The lock files pin all that pyproject.toml asks for, by hash, and name no place to get it from."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
PINNED = dict(re.findall(r"^([a-z0-9.-]+)==([^ ;\\]+)", LOCK, re.MULTILINE))

ASKED = [
    *PROJECT["project"]["dependencies"],
    *(text for extra in PROJECT["project"]["optional-dependencies"].values() for text in extra),
    *PROJECT["dependency-groups"]["dev"],
    *PROJECT["build-system"]["requires"],
]


@pytest.mark.parametrize("text", [text for text in ASKED if not text.startswith("intercom-etl")])
def test_a_dependency_is_pinned_to_a_version_that_it_allows(text: str) -> None:
    asked = Requirement(text)
    assert asked.specifier.contains(PINNED[canonicalize_name(asked.name)])


def test_every_pin_has_a_hash() -> None:
    blocks = re.split(r"^(?=[a-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(PINNED)
    assert [block.split("==")[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_no_place_is_named() -> None:
    """Whoever installs decides where packages come from."""
    assert "://" not in LOCK
    assert [line for line in LOCK.splitlines() if re.match(r"\s*-(?!-hash)", line)] == []


@pytest.mark.parametrize(("name", "tool"), [("audit", "pip-audit"), ("docs", "sphinx")])
def test_the_locks_of_other_environments_keep_the_same_rules(name: str, tool: str) -> None:
    text = (ROOT / f"{name}.lock").read_text()
    pins = re.findall(r"^[a-z0-9.-]+==.+(?:\n    .+)*", text, re.MULTILINE)
    assert any(pin.startswith(f"{tool}==") for pin in pins)
    assert [pin for pin in pins if "--hash=sha256:" not in pin] == []
    assert "://" not in text


WEAK = {"name": "old", "version": "1", "vulns": [{"id": "CVE-2026-1", "fix_versions": ["2"]}]}
FINE = {"name": "fine", "version": "1", "vulns": []}
SILENT = {"name": "unheard-of", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("found", "code", "strict", "said"),
    [
        ([FINE], 0, 0, "1 of 1 packages checked, 0 known"),
        ([FINE, WEAK], 1, 1, "old 1: CVE-2026-1, mended in 2"),
        ([FINE, SILENT], 0, 2, "NOT CHECKED: the advisory service knows nothing of unheard-of"),
        ([WEAK, SILENT], 1, 1, "1 of 2 packages checked, 1 known"),
        (None, 0, 2, "NOT CHECKED: the advisory service cannot be reached: no route"),
    ],
)
def test_what_was_not_audited_is_never_called_clean(
    tmp_path: Path, found: list[dict[str, object]] | None, code: int, strict: int, said: str
) -> None:
    """With a pip-audit that says what its own would: it ends with 0 also where it knows nothing."""
    (tmp_path / "python").symlink_to(sys.executable)
    script = (
        "echo 'no route' >&2; exit 1" if found is None else f"echo '{json.dumps({'dependencies': found})}'"
    )
    (tmp_path / "pip-audit").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "pip-audit").chmod(0o755)
    for words, expected in (([], code), (["--strict"], strict)):
        ended = subprocess.run(
            [tmp_path / "python", ROOT / ".ci" / "audit", *words],
            capture_output=True, text=True, cwd=ROOT, check=False, timeout=60,
        )  # fmt: skip
        assert ended.returncode == expected, ended
        assert said in ended.stdout + ended.stderr
