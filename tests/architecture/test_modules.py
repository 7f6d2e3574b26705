"""Habits that no linter checks: size, names, and who may look at the clock and the environment."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for package in ("cli", "intercom_etl") for path in (ROOT / package).rglob("*.py"))
NAMES = [path.relative_to(ROOT).as_posix() for path in MODULES]

LINES = 300
# Longer ones, each with the reason why two files would be worse.
LONGER: dict[str, str] = {}

NAMELESS = {"utils", "util", "helpers", "helper", "common", "base", "misc", "shared"}

# The one reader of the environment, and who hands it on to a program that is started.
READ_ENVIRONMENT = {"intercom_etl/settings.py", "intercom_etl/psql.py"}
# Everybody else is given the time, so that tests can set it.
READ_CLOCK = {"intercom_etl/extract/client.py"}  # until the server's clock is known

ENVIRONMENT = {"os.environ", "os.getenv", "environ", "getenv"}
CLOCK = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}


def dotted_names(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}", node.lineno
        elif isinstance(node, ast.Name):
            yield node.id, node.lineno


def uses(names: set[str], allowed: set[str], package: str) -> list[str]:
    return [
        f"{name}:{line} {used}"
        for name, path in zip(NAMES, MODULES, strict=True)
        if name.startswith(package) and name not in allowed
        for used, line in dotted_names(path)
        if used in names
    ]


def test_no_module_is_too_long() -> None:
    lengths = {name: len(path.read_text().splitlines()) for name, path in zip(NAMES, MODULES, strict=True)}
    assert {name: length for name, length in lengths.items() if length > LINES and name not in LONGER} == {}


def test_the_list_of_longer_modules_is_not_longer_than_needed() -> None:
    assert [name for name in LONGER if len((ROOT / name).read_text().splitlines()) <= LINES] == []


def test_every_module_has_a_name_that_says_something() -> None:
    assert [name for name in NAMES if Path(name).stem in NAMELESS] == []


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_every_module_says_why_it_exists(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_a_package_is_its_docstring() -> None:
    allowed = {"intercom_etl/streams/__init__.py"}  # the registry is the folder
    with_code = [
        name
        for name, path in zip(NAMES, MODULES, strict=True)
        if path.name == "__init__.py" and name not in allowed and len(ast.parse(path.read_text()).body) > 1
    ]
    assert with_code == []


def test_only_the_settings_read_the_environment() -> None:
    assert uses(ENVIRONMENT, READ_ENVIRONMENT, "intercom_etl/") == []


def test_no_clock_is_read_below_the_commands() -> None:
    simulator = {name for name in NAMES if name.startswith("intercom_etl/simulator/")}  # it plays the server
    assert uses(CLOCK, READ_CLOCK | simulator, "intercom_etl/") == []
