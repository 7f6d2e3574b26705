"""Puts right what a check found: fetches exactly those records, and writes them as `sync` would.

The guard that keeps older versions from newer ones is lifted for these records, since what stands
in the table is not to be believed.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from intercom_etl.checks.listing import Subject
from intercom_etl.extract.confirm import confirm_absent
from intercom_etl.extract.pages import read_pages
from intercom_etl.extract.single import address_of_one, read_single
from intercom_etl.load.write import Loader
from intercom_etl.page import Page
from intercom_etl.runs import WorkspaceRun
from intercom_etl.transform.validate import to_batch
from intercom_etl.window import Window


async def mend(subject: Subject, held: WorkspaceRun, loader: Loader) -> None:
    """Writes what the API has of the records in the verdict, and marks those that it has no more."""
    verdict = subject.verdict
    gone = [identity for identity, kind in verdict.wrong.items() if kind == "extra"]
    wrong = [identity for identity, kind in verdict.wrong.items() if kind != "extra"]
    if wrong:
        pages = (
            _by_id(subject, wrong) if address_of_one(subject.stream) else _listed(subject, frozenset(wrong))
        )
        async with aclosing(pages):
            async for page in pages:
                await _write(subject, held, loader, page)
    if gone:
        await _bury(subject, held, loader, gone)


async def _write(subject: Subject, held: WorkspaceRun, loader: Loader, page: Page) -> None:
    treat = subject.request.treatment(subject.stream)
    batch = to_batch(subject.stream, treat(page) if treat is not None else page)
    ids = [item.id for item in batch.items]
    await held.overwrite(subject.database, loader, batch)
    refused = {reject.record_id for reject in batch.rejects} | {reject.parent_id for reject in batch.rejects}
    found = subject.verdict.found
    subject.verdict.fixed.update(each for each in ids if each in found and each not in refused)


def _by_id(subject: Subject, ids: Sequence[str]) -> AsyncGenerator[Page]:
    return read_single(subject.client, subject.stream, ids)


async def _listed(subject: Subject, ids: frozenset[str]) -> AsyncGenerator[Page]:
    """Reads the whole collection once more, where single records have no address."""
    whole = Window(None, subject.client.now(), None)
    pages = read_pages(subject.client, subject.stream, whole, names=subject.names)
    async with aclosing(pages):
        async for page in pages:
            items = {item.id for item in to_batch(subject.stream, page).items}
            if items & ids:
                yield replace(page, position=None, whole=())


async def _bury(subject: Subject, held: WorkspaceRun, loader: Loader, gone: Sequence[str]) -> None:
    began = subject.client.now()
    window = Window(None, began, None)
    confirm = subject.stream.confirm
    if confirm is None:
        await held.bury(subject.database, loader, gone, window)
        subject.verdict.fixed.update(gone)
        return
    verdicts = confirm_absent(subject.client, confirm, gone, read_from=began, was_short=subject.was_short)
    async with aclosing(verdicts):
        async for page in verdicts:
            await _write(subject, held, loader, page)
