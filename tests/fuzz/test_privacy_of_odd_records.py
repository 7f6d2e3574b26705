"""The privacy policy over records of other shapes than it expects: no value stays because it stands oddly."""

import re
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import Any

import pytest
from fuzz.damage import LAYOUTS, RESHAPING, mutated, places, written
from fuzz.depth import fuzzing
from fuzz.sound import sound_record
from hypothesis import given
from hypothesis import strategies as st

from intercom_etl.page import Page
from intercom_etl.privacy.columns import Column, tables_of
from intercom_etl.privacy.policy import Policy, read_policy
from intercom_etl.stream import Stream
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SECRET, ADDRESS = "Zyxwvu Geheim", "zyxwvu@example.com"
fuzzed = fuzzing(5)


@cache
def strictest(stream: Stream) -> tuple[Policy, dict[str, list[Column]]]:
    """A policy that takes out every text which may be taken out, and the columns of each table."""
    treated = {
        name: [one for one in table.columns.values() if one.is_text and one.needed is None and one.path]
        for name, table in tables_of([stream]).items()
    }
    lines: list[str] = []
    for name, columns in treated.items():
        lines.append(f"[{name}]")
        lines += [f'{c.name} = "{"hash" if c.is_email or n % 2 else "drop"}"' for n, c in enumerate(columns)]
    return read_policy("\n".join(lines), name="privacy.toml", key="a key", streams=[stream]), treated


def with_secrets(stream: Stream, record: dict[str, Any]) -> None:
    """Puts something to hide into every column that is treated."""
    _, treated = strictest(stream)
    hide(record, treated[stream.name])
    for child in stream.children:
        for path in child.paths:
            held: Any = record
            for key in path:
                held = held.get(key) if isinstance(held, dict) else None
            for element in (
                held if isinstance(held, list) else held.values() if isinstance(held, dict) else ()
            ):
                if isinstance(element, dict):
                    hide(element, treated[child.table])


def hide(holder: dict[str, Any], columns: list[Column]) -> None:
    for column in columns:
        *way, last = column.path
        inner: Any = holder
        for key in way:
            if not isinstance(inner.get(key), dict):
                inner[key] = {}
            inner = inner[key]
        inner[last] = ADDRESS if column.is_email else SECRET


def letters(text: str) -> str:
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text).lower()


@pytest.mark.parametrize("stream", all_streams().values(), ids=lambda stream: stream.name)
def test_nothing_that_is_to_be_hidden_gets_through(stream: Stream) -> None:
    policy, treated = strictest(stream)
    seeds = st.integers(0, 2**32)

    @fuzzed
    @given(seeds, st.lists(st.sampled_from(RESHAPING), max_size=3), st.sampled_from(LAYOUTS), st.data())
    def check(seed: int, damages: list[Any], layout: str, data: st.DataObject) -> None:
        record = sound_record(stream, Random(seed), "1")
        with_secrets(stream, record)
        for damage in damages:
            damage(data.draw, record, data.draw(st.sampled_from(list(places(record)))))
        text = written(record, layout)
        found = policy.apply(stream, text)
        assert "zyxwvu" not in letters(found.decode(errors="replace"))
        assert policy.apply(stream, found) == found
        to_batch(stream, Page((found,), NOW, parents=("1",) if stream.parent_key else ()))
        policy.apply(stream, mutated(data.draw, text))  # may hold it under another name, and raises nothing

    if any(treated.values()):
        check()
