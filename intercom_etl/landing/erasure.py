"""Takes a person out of a landing folder. What was transformed is removed: it can be made again."""

import shutil
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from intercom_etl.json_text import read_stub
from intercom_etl.landing import manifest as manifests
from intercom_etl.landing.lines import files
from intercom_etl.landing.pages import read_page, write_page
from intercom_etl.page import Page
from intercom_etl.person import Person, scrub_record


def erase_landing(folder: Path, person: Person, own: Mapping[str, Collection[str]]) -> tuple[int, int]:
    """Records dropped and records rewritten. Raises UsageError when the folder cannot be read."""
    manifest = manifests.read(folder)
    dropped = rewritten = 0
    for stream in manifest.streams:
        for path in files(folder, "pages", stream):
            page = read_page(path)
            kept = _without(page, own.get(stream, ()))
            records = tuple(_scrubbed(record, person) for record in kept.records)
            dropped += len(page.records) - len(records)
            rewritten += sum(new != old for new, old in zip(records, kept.records, strict=True))
            gone = tuple(replace(one, stub=_scrubbed(one.stub, person)) for one in kept.gone)
            lost = tuple(replace(one, stub=_scrubbed(one.stub, person)) for one in kept.unavailable)
            write_page(path, replace(kept, records=records, gone=gone, unavailable=lost))
        manifest.streams[stream].transformed = False
    shutil.rmtree(folder / "batches", ignore_errors=True)
    manifests.save(folder, manifest)
    return dropped, rewritten


def _without(page: Page, ids: Collection[str]) -> Page:
    """The page without these records, and without the lists of these parents."""
    kept = [
        place
        for place, record in enumerate(page.records)
        if (stub := read_stub(record)) is None or stub.id not in ids
        if not page.parents or page.parents[place] not in ids
    ]
    return replace(
        page,
        records=tuple(page.records[place] for place in kept),
        parents=tuple(page.parents[place] for place in kept if page.parents),
        gone=tuple(one for one in page.gone if (stub := read_stub(one.stub)) is None or stub.id not in ids),
        unavailable=tuple(one for one in page.unavailable if one.id not in ids),
    )


def _scrubbed(text: bytes, person: Person) -> bytes:
    readable = text.decode(errors="surrogateescape")
    lowered = readable.lower()
    if not any(sign.lower() in lowered for sign in (*person.traces, *person.ids, *person.external_ids)):
        return text
    return scrub_record(readable, person).encode(errors="surrogateescape")
