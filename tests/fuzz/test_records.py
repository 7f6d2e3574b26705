"""No record crashes a run, and none vanishes: afterwards it is a live row, or it is in quarantine."""

import itertools
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fuzz.conftest import Talk
from fuzz.damage import hostile_pages
from fuzz.depth import fuzzing
from fuzz.reference import said
from hypothesis import given

from intercom_etl.batch import Batch
from intercom_etl.json_text import storable
from intercom_etl.landing.batches import read_batch_file, write_batch_file
from intercom_etl.landing.pages import read_page, write_page
from intercom_etl.load.bury import Seen
from intercom_etl.load.write import Loader
from intercom_etl.page import Page
from intercom_etl.postgres.connection import Database
from intercom_etl.record import Record
from intercom_etl.report import Written
from intercom_etl.stream import Children, Stream
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import readable, to_batch

NOW = datetime(2026, 1, 2, tzinfo=UTC)
TOO_DEEP = object()
_workspaces = itertools.count(1)
fuzzed = fuzzing(4)


class Stored:
    """What the database holds of one workspace of one stream."""

    def __init__(self, database: Database, stream: Stream) -> None:
        self.database, self.stream = database, stream
        self.workspace = f"w{next(_workspaces)}"

    async def write(self, batch: Batch) -> Written:
        loader = await Loader.create(self.database.connection, self.stream)
        seen = await Seen.begin(self.database.connection, loader.table, self.stream.parent_key)
        async with self.database.transaction() as tx:
            written = await loader.write(tx, batch, workspace_id=self.workspace, run_id=1, now=NOW)
            await seen.add(tx, batch)
        return written

    async def live(self, table: str, key: str = "id") -> list[tuple[str, Any]]:
        found = await self._rows(
            f"select {key} as key, raw::text as raw from intercom.{table}"
            " where workspace_id = %(workspace)s and deleted_at is null order by 1, 2"
        )
        return [(row["key"], understood(row["raw"])) for row in found]

    async def quarantine(self) -> list[dict[str, Any]]:
        return await self._rows(
            "select stream, record_id, parent_id, raw, reason from etl.quarantine"
            " where workspace_id = %(workspace)s and resolved_at is null order by id"
        )

    async def everything(self) -> list[Any]:
        of_ours = "where workspace_id = %(workspace)s order by 1"
        tables = [
            await self._rows(f"select t::text from intercom.{t} t {of_ours}") for t in self.stream.tables
        ]
        return [tables, await self.quarantine()]

    async def _rows(self, text: str) -> list[dict[str, Any]]:
        cursor = await self.database.connection.execute(text.encode(), {"workspace": self.workspace})
        return await cursor.fetchall()


@pytest.mark.fault(24, "PS")
@pytest.mark.fault(25, "PS")
@pytest.mark.fault(26, "PS")
@pytest.mark.fault(27, "PS")
@pytest.mark.fault(28, "P")
@pytest.mark.parametrize("stream", all_streams().values(), ids=lambda stream: stream.name)
def test_every_record_is_a_row_or_in_quarantine_whatever_it_holds(
    stream: Stream, talk: Talk, tmp_path: Path
) -> None:
    @fuzzed
    @given(hostile_pages(stream, 12, NOW))
    def check(page: Page) -> None:
        talk.run(_check_page(talk.opened, stream, page, tmp_path))

    check()


async def _check_page(database: Database, stream: Stream, page: Page, folder: Path) -> None:
    stored = Stored(database, stream)
    batch = to_batch(stream, page)
    await stored.write(batch)
    live, held = await stored.live(stream.name), await stored.quarantine()
    refused = Counter(entry["raw"] for entry in held if entry["stream"] == stream.name)
    ids = dict(live)
    sent: dict[str, list[Any]] = {}
    for text, parent in itertools.zip_longest(page.records, page.parents):
        if refused[readable(text)] or refused[storable(text)[0].decode()]:
            continue
        (alone,) = to_batch(stream, Page((text,), NOW, parents=(parent,) if parent else ())).items
        if alone.id not in ids:  # a later one of the same id and page was refused
            assert alone.id in {entry["record_id"] for entry in held}, "neither stored nor in quarantine"
            continue
        sent.setdefault(alone.id, []).append(understood(text))
        if stream.identity == ("id",) and sent[alone.id][-1] is not TOO_DEEP:
            assert alone.id == str(sent[alone.id][-1][name_of_key(stream.model, "id")])
    for identity, texts in sent.items():
        assert ids[identity] in texts or TOO_DEEP in (ids[identity], *texts), "raw is not what came"
    for declared in stream.children:
        await _check_children(stored, declared, ids, held)
    _check_verdicts(stream, held)
    await _check_second_time(stored, page, folder)


async def _check_children(
    stored: Stored, declared: Children, parents: dict[str, Any], held: list[dict[str, Any]]
) -> None:
    """Each element of a list is a row or in quarantine, whatever became of its siblings."""
    alias = name_of_key(declared.model, declared.key)
    if declared.keyed_by or declared.labelled or declared.numbered or alias is None:
        return
    found = await stored.live(declared.table, f"array[{declared.parent_key}, {declared.key}::text]")
    rows = {(*key,) for key, _ in found}
    refused = [(one["parent_id"], understood(one["raw"])) for one in held if one["stream"] == declared.table]
    for parent, record in parents.items():
        for element in _elements(record, declared):
            # a bare id stands for an object with nothing but this id
            whole = element if isinstance(element, dict) else {"id": element}
            assert (parent, str(whole.get(alias))) in rows or (parent, whole) in refused, declared.table


def _elements(record: Any, declared: Children) -> list[Any]:
    """Of the first of the places where a list stands."""
    for path in declared.paths:
        held = record
        for key in path:
            held = held.get(key) if isinstance(held, dict) else None
        if isinstance(held, list):
            return [one for one in held if one is not None]
    return []


def _check_verdicts(stream: Stream, held: list[dict[str, Any]]) -> None:
    """Whoever looks at an entry of the quarantine again comes to the same verdict."""
    for entry in held:
        if entry["stream"] != stream.name or entry["reason"].startswith("PostgreSQL"):
            continue
        parents = (entry["parent_id"],) if entry["parent_id"] else ()
        again = to_batch(stream, Page((entry["raw"].encode(),), NOW, parents=parents))
        assert not again.items
        (reject,) = (one for one in again.rejects if one.stream == stream.name)
        assert reject.record_id == entry["record_id"]
        assert verdict(reject.reason) == verdict(entry["reason"])


async def _check_second_time(stored: Stored, page: Page, folder: Path) -> None:
    """The same page, by way of a landing folder, changes nothing."""
    before = await stored.everything()
    write_page(folder / "page", page)
    assert read_page(folder / "page") == page
    batch = to_batch(stored.stream, read_page(folder / "page"))
    write_batch_file(folder / "batch", batch)
    landed = read_batch_file(folder / "batch", stored.stream)
    assert landed == batch
    written = await stored.write(landed)
    assert (written.inserted, written.updated, written.buried) == (0, 0, 0)
    assert await stored.everything() == before


def name_of_key(model: type[Record], column: str) -> str | None:
    """The member that a key is read from; None when it is none, or no text."""
    field = model.model_fields[column]
    alias = field.validation_alias or column
    return alias if isinstance(alias, str) and field.annotation is str else None


def verdict(reason: str) -> str:
    """What is wrong with a text that is no JSON may change when what cannot be stored is replaced."""
    return "no JSON" if reason.startswith(("Invalid JSON", "not JSON")) else reason


def understood(text: bytes | str) -> Any:
    """What a text says; nobody can say it of one that is nested too deep."""
    try:
        return said(text)
    except RecursionError:
        return TOO_DEEP
