"""Damaged files: an export, a page or a batch of a landing folder, a manifest. An error, and nothing half."""

import asyncio
import contextlib
import gzip
import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fuzz.damage import mutated
from fuzz.depth import fuzzing
from hypothesis import given
from hypothesis import strategies as st
from truth import Silent, clock, execute, rows

from intercom_etl.errors import UsageError
from intercom_etl.extract.body import BodyTooLargeError
from intercom_etl.extract.unpack import DamagedExportError, check, tables
from intercom_etl.landing import manifest as manifests
from intercom_etl.landing.batches import check_batch_file, read_batch_file, write_batch_file
from intercom_etl.landing.manifest import LandedStream, Manifest
from intercom_etl.landing.pages import read_page, write_page
from intercom_etl.page import Gone, Page, Unavailable
from intercom_etl.stages import load, transform
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch

NOW = datetime(2026, 1, 2, tzinfo=UTC)
CONVERSATIONS = all_streams()["conversations"]
FIXTURE = Path(__file__).parents[1] / "fixtures" / "streams" / "conversations.json"
RECORDS = [json.dumps(record).encode() for record in json.loads(FIXTURE.read_text())]
CSV = b'id,name\n1,Ada\n2,"B\nC"\n3,"x"\n' * 20
fuzzed = fuzzing(100)


def zipped(method: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("receipts_20260101_101010.csv", CSV)
        archive.writestr("folder/open_20260101_101010.csv", b"a,b\n1,2\n")
    return file.getvalue()


EXPORTS = [
    *map(zipped, (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)),
    *(
        gzip.compress(CSV),
        CSV,
        b"\xef\xbb\xbf" + CSV,
        b"a,b\r1,\x00\r",
        b'a,b\n"' + b"x" * 200_000 + b'",2\n',
    ),
]


@fuzzed
@given(st.sampled_from(EXPORTS), st.data())
def test_a_damaged_export_gives_no_row_or_all_that_it_can(export: bytes, data: st.DataObject) -> None:
    file = io.BytesIO(mutated(data.draw, mutated(data.draw, export)))
    try:
        check(file, 1_000_000)
    except (DamagedExportError, BodyTooLargeError):
        return
    try:
        assert all(isinstance(cell, str) for table in tables(file) for row in table.rows for cell in row)
    except DamagedExportError:
        return


@pytest.mark.parametrize("damage", [(b"PK\x05\x06", b"PK\x05\x07"), (b"PK\x01\x02", b"PK\x01\x01")])
def test_a_zip_whose_directory_is_wrong_is_damaged(damage: tuple[bytes, bytes]) -> None:
    with pytest.raises(DamagedExportError):
        check(io.BytesIO(EXPORTS[0].replace(*damage)), 1_000_000)
    with pytest.raises(
        DamagedExportError
    ):  # a place before the beginning: what zipfile calls a negative seek
        check(io.BytesIO(EXPORTS[0][:60] + EXPORTS[0][90:]), 1_000_000)


def test_a_cell_may_be_as_long_as_a_text() -> None:
    found = [[len(row[0]) for row in table.rows] for table in tables(io.BytesIO(EXPORTS[-1]))]
    assert found == [[200_000]]


@fuzzed
@given(st.data(), st.booleans())
def test_a_damaged_landing_file_is_refused_or_read(tmp_path: Path, data: st.DataObject, inside: bool) -> None:
    def damage(text: bytes) -> bytes:
        return (
            gzip.compress(mutated(data.draw, gzip.decompress(text)), 1)
            if inside
            else mutated(data.draw, text)
        )

    page = Page(
        (*RECORDS, b'\xff"', b"null\n"),
        NOW,
        (Gone(RECORDS[0], "gone"),),
        (Unavailable("9", b'{"id":9}', "x"),),
    )
    path = tmp_path / "file"
    write_page(path, page)
    path.write_bytes(damage(path.read_bytes()))
    with contextlib.suppress(UsageError):
        to_batch(CONVERSATIONS, read_page(path))
    write_batch_file(path, to_batch(CONVERSATIONS, page))
    path.write_bytes(damage(path.read_bytes()))
    with contextlib.suppress(UsageError):
        check_batch_file(path)
        read_batch_file(path, CONVERSATIONS)


def landed(folder: Path, count: int = 3) -> Manifest:
    """A transformed folder with pages of one tag each."""
    for number in range(1, count + 1):
        text = json.dumps({"id": str(number), "name": "x"}).encode()
        write_page(folder / "pages" / "tags" / f"{number:06d}.ndjson.gz", Page((text,), NOW))
    manifest = Manifest(
        manifests.FORMAT,
        "w",
        "n",
        "2.16",
        NOW,
        900.0,
        None,
        {"tags": LandedStream(count, count, complete=True)},
    )
    manifests.save(folder, manifest)
    transform(folder, clock=clock, observer=Silent())
    return manifest


@fuzzed
@given(st.data())
def test_a_damaged_manifest_is_refused_or_read(tmp_path: Path, data: st.DataObject) -> None:
    manifests.save(
        tmp_path, Manifest(manifests.FORMAT, "w", "n", "2", NOW, 9.0, NOW, {"tags": LandedStream()})
    )
    path = tmp_path / "manifest.json"
    path.write_bytes(mutated(data.draw, path.read_bytes()))
    with contextlib.suppress(UsageError):
        manifests.read(tmp_path)


LIES: list[tuple[str, Any]] = [
    *(("pages", -1), ("pages", 2), ("pages", 4), ("records", -5), ("unknown", None)),
    *(("lookback_seconds", -1), ("lookback_seconds", 1e300)),
    *(("started_at", "2026-01-02T00:00:00"), ("start", "2026-01-02T00:00:00")),
]


def test_a_folder_that_is_not_whole_loads_nothing_at_all(database_url: str, tmp_path: Path) -> None:
    def refused(folder: Path) -> None:
        with pytest.raises(UsageError):
            asyncio.run(load(folder, database_url=database_url, clock=clock, observer=Silent()))
        assert rows(database_url, "select 1 from intercom.tags") == []
        assert rows(database_url, "select 1 from etl.bookmark") == []

    execute(database_url, "truncate intercom.tags")
    for number, (name, value) in enumerate(LIES):
        folder = tmp_path / f"lie {number}"
        landed(folder)
        told = json.loads((folder / "manifest.json").read_text())
        holder = told if name in told else told["streams"]["tags"]
        if name == "unknown":
            told["streams"]["unknown"] = holder
        else:
            holder[name] = value
        (folder / "manifest.json").write_text(json.dumps(told))
        refused(folder)
    for number, spoil in enumerate(
        (lambda text: text[:-9], lambda _: b"", lambda _: gzip.compress(b'{"type":"item"}'))
    ):
        folder = tmp_path / f"spoiled {number}"
        landed(folder)
        last = folder / "batches" / "tags" / "000003.ndjson.gz"
        last.write_bytes(spoil(last.read_bytes()))
        refused(folder)
    folder = tmp_path / "lost"
    landed(folder)
    (folder / "batches" / "tags" / "000002.ndjson.gz").unlink()
    refused(folder)
    (folder / "pages" / "tags" / "000002.ndjson.gz").unlink()
    with pytest.raises(UsageError, match="2 files"):
        transform(folder, clock=clock, observer=Silent())
    landed(tmp_path / "whole")
    asyncio.run(load(tmp_path / "whole", database_url=database_url, clock=clock, observer=Silent()))
    assert len(rows(database_url, "select 1 from intercom.tags")) == 3
