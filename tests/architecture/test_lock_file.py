"""requirements.lock pins all that pyproject.toml asks for, by hash, and names no place to get it from."""

import re
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
