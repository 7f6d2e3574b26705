"""The fault matrix: what may go wrong, at which stages, and that a test of this repository proves each.

A test says what it proves with `@pytest.mark.fault(row, "stages")`. Stages: L list or search page,
D detail, P parsing and validation, S COPY into staging, M merge with bookmark, F end of the run's row;
`start` is before the first request, `UI` the terminal.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ALL = "L D P S M F"

MATRIX: dict[int, tuple[str, str]] = {
    1: ("SIGKILL at any instant", ALL),
    2: ("SIGTERM or Ctrl-C, once and twice", ALL),
    3: ("storm of refusals for rate, whatever they say of waiting", "L D"),
    4: ("500, 502, 503, 504 in bursts and for ever", "L D"),
    5: ("200 with HTML, nothing, half, NaN, 100,000 levels, 5,000 digits", "L D P"),
    6: ("connection reset in the middle, closed early, wrong Content-Length", "L D"),
    7: ("a byte a second, a connection that hangs", "L D"),
    8: ("no such name, no trusted certificate, the wrong host", "L"),
    9: ("token revoked, permission lost in the middle", "L D"),
    10: ("404 or 410 for one record, merged contact", "D"),
    11: ("PostgreSQL restarted in the middle of COPY", "S M"),
    12: ("session terminated", "S M"),
    13: ("disk full", "S M"),
    14: ("locks held by others", "M"),
    15: ("read-only server, standby", "M"),
    16: ("two runs at once, a run that slept through its lease", ALL),
    17: ("clock ahead or behind, change of daylight saving time, leap second", "L F"),
    18: ("records move while we page", "L"),
    19: ("same page, same cursor, expired cursor, pages without end", "L"),
    20: ("new parts between list and detail", "D"),
    21: ("more records in a second than fit on a page", "L"),
    22: ("total that lies, next on the last page, empty page in the middle", "L"),
    23: ("body over the cap, gzip bomb", "L D P"),
    24: ("NUL", "P S"),
    25: ("half of a surrogate pair", "P S"),
    26: ("numbers that no column holds", "P S"),
    27: ("times out of this world", "P S"),
    28: ("unknown values, new, missing and null fields, other shapes", "P"),
    29: ("one poisoned row in a large COPY", "S"),
    30: ("schema older, newer, or broken", "start"),
    31: ("memory capped at 300 MB", ALL),
    32: ("output closed, no UTF-8, dumb or narrow terminal", "UI"),
}
# no test fills the disk under the staging table yet (13, S)
NOT_YET = {13}


def marks() -> Iterator[tuple[int, str, str]]:
    """Row, stages and test of each mark there is."""
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith(
                "test_"
            ):
                continue
            for call in (each for decorator in node.decorator_list for each in ast.walk(decorator)):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "pytest.mark.fault":
                    row, stages = map(ast.literal_eval, call.args)
                    yield row, stages, f"{path.relative_to(TESTS)}::{node.name}"


def stages_of(text: str) -> set[str]:
    """`L D`, `LD` and `L, D` are the same."""
    return {text} if text in ("start", "UI") else set(re.findall(r"[A-Z]", ALL if text == "all" else text))


@pytest.mark.parametrize("row", sorted(MATRIX.keys() - NOT_YET))
def test_every_row_is_proven_at_every_stage(row: int) -> None:
    fault, stages = MATRIX[row]
    proven = {stage for number, marked, _ in marks() if number == row for stage in stages_of(marked)}
    assert proven >= stages_of(stages), f"{row}, {fault}: no test for {stages_of(stages) - proven}"


def test_no_test_speaks_of_a_row_or_stage_that_is_not_there() -> None:
    wrong = [
        (test, row, stages)
        for row, stages, test in marks()
        if row not in MATRIX or not stages_of(stages) <= {*ALL.split(), "start", "UI"}
    ]
    assert wrong == []
