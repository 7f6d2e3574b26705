"""Reads exports: span by span, one job each; every row of the CSV files becomes one JSON object."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import blake2b

import msgspec

from intercom_etl.errors import ConfigError, FatalApiError, RetriableApiError
from intercom_etl.export import Datasets, Export, Files
from intercom_etl.extract.client import IntercomClient
from intercom_etl.extract.export_job import run_job
from intercom_etl.extract.failures import CUT_OFF, TOO_LARGE, clean
from intercom_etl.extract.fields import text_at
from intercom_etl.extract.listed import ListingReader
from intercom_etl.extract.log import FIRST
from intercom_etl.extract.unpack import DamagedExportError, Table, tables
from intercom_etl.json_text import elements, members
from intercom_etl.page import Page
from intercom_etl.window import Window

ROWS, ROW_BYTES = 1_000, 4 * 1024 * 1024  # of one page
SHORTEST = timedelta(days=1)  # beyond the overlap: how little a job may add
ToRecord = Callable[[Sequence[str]], bytes]


@dataclass(frozen=True, slots=True)
class _Dataset:
    """A dataset as the API lists it: names of its attributes by what they are asked for with."""

    name: str
    time: str | None
    attributes: Mapping[str, tuple[str, ...]]


async def read_export(
    client: IntercomClient, endpoint: Export, window: Window, names: Sequence[str]
) -> AsyncGenerator[Page]:
    """Pages of the rows of the window, oldest span first; `names` are the datasets that are wanted.

    A page's position is how far the window is read with the jobs before; of several datasets, which
    come one after the other, none can be told.
    """
    match endpoint.rows:
        case Files() as files:
            async with aclosing(_spans(client, endpoint, window, {}, lambda t: _of_file(files, t))) as pages:
                async for page in pages:
                    yield page
        case Datasets() as declared:
            for dataset in await _find_datasets(client, declared, names):
                wanted = {"dataset_id": dataset.name, "attribute_ids": list(dataset.attributes)}
                to_record = _shape_of(dataset)
                async with aclosing(_spans(client, endpoint, window, wanted, to_record)) as pages:
                    async for page in pages:
                        parents = (dataset.name,) * len(page.records)
                        yield replace(page, parents=parents, position=None)


async def _spans(
    client: IntercomClient,
    endpoint: Export,
    window: Window,
    wanted: Mapping[str, object],
    shape: Callable[[Table], ToRecord],
) -> AsyncGenerator[Page]:
    """A job a span. Spans overlap, but for those in which nothing was; too large ones are halved."""
    start = FIRST if window.start is None else window.start - endpoint.settle
    step = endpoint.step
    while True:
        end = min(start + step, window.end)
        # both ends belong to the span; a second more, since the window's may have parts of one
        body = {endpoint.span[0]: int(start.timestamp()), endpoint.span[1]: int(end.timestamp()) + 1}
        is_empty = True
        try:
            async with aclosing(_rows_of_job(client, endpoint, {**body, **wanted}, shape)) as pages:
                async for page in pages:
                    is_empty = False
                    yield replace(page, position=min(start + endpoint.settle, window.end))
        except FatalApiError as error:
            step = max((end - start) / 2, endpoint.settle + SHORTEST)
            if error.code != TOO_LARGE or step >= end - start:
                raise
            continue
        if end >= window.end:
            return
        start = end if is_empty else end - endpoint.settle


async def _rows_of_job(
    client: IntercomClient,
    endpoint: Export,
    body: Mapping[str, object],
    shape: Callable[[Table], ToRecord],
) -> AsyncGenerator[Page]:
    async with run_job(client, endpoint, body) as made:
        if made is None:
            return
        try:
            with closing(tables(made.file)) as found:  # before the file is
                for records in _in_pages(record for table in found for record in _records(table, shape)):
                    yield Page(records, made.begun_at)
        except DamagedExportError as error:
            request = f"POST {endpoint.path}"
            raise RetriableApiError(
                f"file of an export job of `{request}` cannot be read: {error}", request=request, code=CUT_OFF
            ) from error


def _in_pages(records: Iterator[bytes]) -> Iterator[tuple[bytes, ...]]:
    page: list[bytes] = []
    size = 0
    for record in records:
        page.append(record)
        size += len(record)
        if len(page) >= ROWS or size >= ROW_BYTES:
            yield tuple(page)
            page, size = [], 0
    if page:
        yield tuple(page)


def _records(table: Table, shape: Callable[[Table], ToRecord]) -> Iterator[bytes]:
    """One text a row. A row that does not fit its header stays a list: validation refuses it."""
    to_record = shape(table)
    for row in table.rows:
        yield to_record(row) if len(row) == len(table.header) else msgspec.json.encode(row)


def _of_file(files: Files, table: Table) -> ToRecord:
    statistic = table.name or files.keyed[0]
    key = table.header.index(files.key) if statistic in files.keyed and files.key in table.header else None

    def to_record(row: Sequence[str]) -> bytes:
        said = _said(table.header, row)
        known = row[key] if key is not None else ""
        return msgspec.json.encode({**said, "statistic": statistic, "record_key": known or _digest(said)})

    return to_record


def _shape_of(dataset: _Dataset) -> Callable[[Table], ToRecord]:
    def shape(table: Table) -> ToRecord:
        key = _column(table.header, dataset, f"{dataset.name}_id")
        time = _column(table.header, dataset, dataset.time) if dataset.time else None

        def to_record(row: Sequence[str]) -> bytes:
            said = _said(table.header, row)
            ours = {
                "record_key": (row[key] if key is not None else "") or _digest(said),
                "occurred_at": row[time] or None if time is not None else None,
            }
            return msgspec.json.encode({**said, **ours})

        return to_record

    return shape


def _said(header: Sequence[str], row: Sequence[str]) -> dict[str, str | None]:
    """The cells by column; an empty one says nothing."""
    return {name: cell or None for name, cell in zip(header, row, strict=True)}


def _digest(said: Mapping[str, str | None]) -> str:
    """Stands for everything that a row says; columns that say nothing do not count."""
    held = sorted((name, cell) for name, cell in said.items() if cell is not None)
    return blake2b(msgspec.json.encode(held), digest_size=16).hexdigest()


def _column(header: Sequence[str], dataset: _Dataset, attribute: str) -> int | None:
    """Where an attribute stands, by whichever of its names the file has; the dataset's own goes first."""
    qualified = f"{dataset.name}.{attribute}"
    for asked in (
        qualified,
        *(one for one in dataset.attributes if one.endswith(f".{attribute}")),
        attribute,
    ):
        for name in (asked, *dataset.attributes.get(asked, ())):
            if name in header:
                return header.index(name)
    return None


async def _find_datasets(client: IntercomClient, declared: Datasets, names: Sequence[str]) -> list[_Dataset]:
    """The named ones. Raises ConfigError for a name that the API does not list."""
    answer = await client.get(declared.path)
    listed = ListingReader(f"GET {declared.path}", "data").read(answer)
    known = {one.name: one for record in listed.records if (one := _dataset_of(record.text)) is not None}
    for name in names:
        if name not in known:
            raise ConfigError(
                f"{declared.setting} names `{name}`, which is no dataset",
                f"the workspace has {', '.join(sorted(map(clean, known))) or 'none'}",
            )
    return [known[name] for name in names]


def _dataset_of(text: bytes) -> _Dataset | None:
    try:
        fields = members(text)
        attributes = [members(one) for one in elements(fields.get("attributes", b"null"))]
    except ValueError:
        return None
    name = text_at(fields, "id")
    if name is None:
        return None
    return _Dataset(
        name,
        text_at(fields, "default_time_attribute_id"),
        {
            qualified: tuple(word for part in ("id", "name") if (word := text_at(one, part)))
            for one in attributes
            if (qualified := text_at(one, "qualified_id"))
        },
    )
