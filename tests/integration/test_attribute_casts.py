"""Casts of custom attributes: what fits is exact, what does not is NULL, and nothing is an error."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from intercom_etl.load.attribute_columns import Kind
from intercom_etl.postgres.connection import Database

KINDS = get_args(Kind)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
slow = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

HOSTILE = [
    "null", "{}", "[]", '{"a": {"b": [1, 2]}}', "[1e400]", "1e400", "-1e400", "1e-400", "9" * 5_000,
    "18446744073709551616", "-0", "0", "0.0", "1.5", '""', '" "', '"NaN"', '"Infinity"', '"-inf"', '"nan"',
    '"infinity"', '"now"', '"today"', '"epoch"', '"allballs"', '"99999-01-01"', '"0000-01-01"',
    '"2023-02-29"', '"2023-13-01"', '"2023-00-10"', '"2023-01-32"', '"2023-01-01T24:00:00"',
    '"2023-01-01T23:59:60Z"',
    '"0001-01-01T00:00:00+15:59"', '"9999-12-31T23:59:59-15:59"', '"9999-12-31T23:59:59.9999999Z"',
    '"2023-01-01T00:00:00+99:00"', '"10000-01-01"', '"-5000-01-01"', '"1e999999999"', '"1e999"', '"1e-999"',
    '"%s"' % ("9" * 100_000), '"٣"', '"\uff11\uff12"', '"1_000"', '"0x10"', '"1,5"', '"--1"', '"+"', '"."',
    '"1e"', '"t"', '"yes"', '"TRUE"', '"2023-01-01 BC"', '"2023-01-01\\n"', '"12\\n"', "253402300800000",
    "-62135596800001", "99999999999.9999999", "-99999999999", '"-62135596801"', '"253402300800000.5"',
]  # fmt: skip


async def expression(database: Database, kind: str) -> str:
    found = await database.connection.execute("select etl.attribute_value(%s, 'x') as text", (kind,))
    (row,) = await found.fetchall()
    return row["text"]


async def cast(database: Database, kind: str, value: str) -> Any:
    """Once as a constant, which the planner works out, and once as a column, which it cannot."""
    held, read = "select jsonb_build_object('x', %s::jsonb)", await expression(database, kind)
    column = f"with a (held) as materialized ({held}) select {read} as value from a"
    found = await (await database.connection.execute(column.encode(), (value,))).fetchone()
    literal = sql.Literal(f'{{"x":{value}}}').as_string()
    constant = f"select {read} as value from (select {literal}::jsonb as held) a"
    assert await (await database.connection.execute(constant.encode())).fetchone() == found
    return found and found["value"]


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"jsonb"}))  # which is the value itself
async def test_no_hostile_value_is_an_error(database: Database, kind: str) -> None:
    for value in HOSTILE:
        await cast(database, kind, value)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False).map(str)
    | st.datetimes().map(str)
    | st.from_regex(r"\A\d{4,5}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?( ?(Z|UTC|[+-]\d\d:?\d\d))?)?\Z")
    | st.from_regex(r"\A ?[+-]?[0-9]{0,40}\.?[0-9]{0,40}([eE][+-]?[0-9]{0,4})?\Z")
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("a"), inner, max_size=1),
    max_leaves=3,
)


@given(value=json_values)
@settings(slow, max_examples=500)
async def test_no_value_at_all_is_an_error_and_all_that_comes_can_be_read(
    database: Database, value: Any
) -> None:
    columns = ", ".join([await expression(database, kind) for kind in KINDS])
    held = "select jsonb_build_object('x', %s::jsonb)"
    statement = f"with a (held) as materialized ({held}) select {columns} from a"
    await database.connection.execute(statement.encode(), (json.dumps(value),))


@given(number=st.integers(-(2**64), 2**64), as_text=st.booleans())
@slow
async def test_whole_numbers_of_eight_bytes_fit(database: Database, number: int, as_text: bool) -> None:
    value = json.dumps(str(number) if as_text else number)
    assert await cast(database, "bigint", value) == (number if -(2**63) <= number < 2**63 else None)


@given(number=st.decimals(allow_nan=False, allow_infinity=False, places=6), as_text=st.booleans())
@slow
async def test_fractions_are_exact(database: Database, number: Decimal, as_text: bool) -> None:
    assert await cast(database, "numeric", f'"{number:f}"' if as_text else f"{number:f}") == number


moments = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0))
zones = st.integers(-15 * 60, 15 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moment=moments)
@slow
async def test_seconds_and_milliseconds_are_times(database: Database, moment: datetime) -> None:
    seconds = int((moment - EPOCH).total_seconds())
    if abs(seconds) < 100_000_000_000:  # from here on it counts as milliseconds
        assert await cast(database, "timestamptz", str(seconds)) == moment
        assert await cast(database, "timestamptz", f'"{seconds}"') == moment
    if abs(seconds) >= 100_000_000:
        assert await cast(database, "timestamptz", str(seconds * 1000)) == moment


@given(moment=st.datetimes(timezones=zones))
@slow
async def test_what_iso_8601_writes_is_read_back(database: Database, moment: datetime) -> None:
    try:
        expected: datetime | None = moment.astimezone(UTC)
    except OverflowError:
        expected = None
    for written in (moment.isoformat(), moment.isoformat(" "), moment.strftime("%Y-%m-%dT%H:%M:%S.%f%z")):
        if moment.year >= 1_000 or written.startswith("0"):
            assert await cast(database, "timestamptz", f'"{written}"') == expected


@pytest.mark.parametrize(
    ("kind", "fits"),
    [
        ("text", {'"x"': "x", '""': "", "1.50": "1.50", "true": "true", "{}": None, "[1]": None}),
        ("bigint", {"5.0": 5, "5.5": None, '"5"': 5, '""': None, "true": None, '"5.00"': 5}),
        ("numeric", {"1e3": Decimal(1000), '" .5"': Decimal("0.5"), '"NaN"': None, "true": None}),
        ("boolean", {"true": True, '"False"': False, "1": None, '"yes"': None}),
    ],
)
async def test_what_fits_and_what_does_not(database: Database, kind: str, fits: dict[str, Any]) -> None:
    assert {value: await cast(database, kind, value) for value in fits} == fits


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2023-03-04", "2023-03-04T00:00:00+00:00"),
        ("2023-03-04 09:46", "2023-03-04T09:46:00+00:00"),
        ("2023-03-04 09:46:14 UTC", "2023-03-04T09:46:14+00:00"),
        ("2023-03-04t09:46:14.5z", "2023-03-04T09:46:14.500000+00:00"),
        ("2023-03-04T09:46:14+0530", "2023-03-04T04:16:14+00:00"),
        ("2023-03-04T09:46:14-02", "2023-03-04T11:46:14+00:00"),
        ("2024-02-29", "2024-02-29T00:00:00+00:00"),
        ("2023-02-29", None),
        ("yesterday", None),
    ],
)
async def test_times_as_people_write_them(database: Database, written: str, expected: str | None) -> None:
    found = await cast(database, "timestamptz", json.dumps(written))
    assert (found and found.isoformat()) == expected


async def test_the_casts_are_inlined_into_the_query(database: Database) -> None:
    """A function that is called for every value of every row would cost ten times as much."""
    columns = ", ".join([await expression(database, kind) for kind in KINDS])
    cursor = await database.connection.execute(
        f"explain (verbose, costs off) select {columns} from intercom.contacts t"
        " cross join lateral (select t.raw -> 'custom_attributes' as held offset 0) a".encode()
    )
    plan = "\n".join(row["QUERY PLAN"] for row in await cursor.fetchall())
    assert "etl.to_" not in plan
    assert "etl.time_of_number" not in plan
