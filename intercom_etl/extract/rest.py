"""Completes lists that the API cuts off inside a record: ten tags, ten companies (intercom-api, 1.2).

The rest is asked for only where `has_more` says that there is one, and put into the record in
place of the piece, so that everything downstream sees one whole list. Of its elements only what
a listing's own stubs hold is taken: the address of a contact's companies gives whole companies,
and one that is broken must not spoil the contact.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from intercom_etl.endpoint import Listing, Paged
from intercom_etl.errors import (
    ApiDownError,
    ApiError,
    BudgetSpentError,
    CredentialsError,
    FatalApiError,
)
from intercom_etl.extract.held import Tolerance
from intercom_etl.extract.listed import Listed, ListedRecord
from intercom_etl.json_text import elements, member_at, members, only_members, with_members
from intercom_etl.record import keys_read
from intercom_etl.stream import Children, Stream

Read = Callable[[Listing | Paged], AsyncGenerator[Listed]]


async def complete_lists(
    stream: Stream, listing: AsyncGenerator[Listed], read: Read, refused: dict[str, ApiError]
) -> AsyncGenerator[Listed]:
    """The same pages with whole lists; `read` reads an endpoint.

    A list whose rest cannot be read stays as it came, which loading respects: what a cut list does not
    name is kept. `refused` is told so, by table; where waiting would not help, the rests of this table
    are not asked for any more. Raises ApiError when so many fail that it is not the records.
    """
    cut_off = [children for children in stream.children if children.rest is not None]
    rests = _Rests(read, refused)
    async with aclosing(listing):
        async for listed in listing:
            records = await asyncio.gather(*(_complete(record, cut_off, rests) for record in listed.records))
            yield replace(listed, records=tuple(records))


@dataclass(slots=True)
class _Rests:
    """How the rests of a stream come in: what could not be read, and what is not worth another try."""

    read: Read
    refused: dict[str, ApiError]
    given_up: set[str] = field(default_factory=set)
    tolerance: Tolerance = field(default_factory=Tolerance)

    def note(self, table: str, error: ApiError) -> None:
        """Raises the error when it is no matter of one record."""
        if isinstance(error, CredentialsError | ApiDownError | BudgetSpentError):
            raise error  # what was read until here is read
        self.refused.setdefault(table, error)
        if isinstance(error, FatalApiError):
            self.given_up.add(table)
        else:
            self.tolerance.note(error)


async def _complete(record: ListedRecord, cut_off: list[Children], rests: _Rests) -> ListedRecord:
    text = record.text
    for children in cut_off:
        for path, label in _lists(children):
            if record.stub is None or children.table in rests.given_up or not _has_more(text, path):
                continue
            try:
                whole = await _rest(children, label, record.stub.id, rests.read)
            except ApiError as error:
                rests.note(children.table, error)
                continue
            rests.tolerance.note(None)
            if whole is not None and len(whole) >= _length(text, path):
                text = _put(text, path, b"[" + b",".join(whole) + b"]")
    return record if text is record.text else replace(record, text=text)


def _lists(children: Children) -> list[tuple[tuple[str, ...], str | bool | None]]:
    """The lists that the rest completes, with their labels."""
    if children.labelled is None:
        return [(children.paths[0], None)]
    return list(zip(children.paths, children.labels, strict=True))


def _has_more(text: bytes, path: tuple[str, ...]) -> bool:
    held = member_at(text, (*path[:-1], "has_more"))
    return held is not None and held.strip() == b"true"


def _length(text: bytes, path: tuple[str, ...]) -> int:
    try:
        return len(elements(member_at(text, path) or b"[]"))
    except ValueError:  # something else than a list: whatever comes is more
        return 0


async def _rest(
    children: Children, label: str | bool | None, identity: str, read: Read
) -> list[bytes] | None:
    if children.rest is None or set(identity) <= {"."}:
        return None
    endpoint = replace(children.rest, path=children.rest.path.replace("{id}", quote(identity, safe="")))
    keys = keys_read(children.model) | {"type", "url"}
    found: list[bytes] = []
    try:
        async with aclosing(read(endpoint)) as pages:
            async for page in pages:
                texts = [record.text for record in page.records if _belongs(record.text, children, label)]
                found += [only_members(text, keys) for text in texts]
    except FatalApiError as error:
        if error.status in (404, 410):  # the record is gone: its own stream will say so
            return None
        raise
    return found


def _belongs(text: bytes, children: Children, label: str | bool | None) -> bool:
    if children.labelled is None:
        return True
    held = member_at(text, (children.labelled,))
    return held is not None and held.strip() == json.dumps(label).encode()


def _put(text: bytes, path: tuple[str, ...], whole: bytes) -> bytes:
    """The record with the list in its place; the object that holds the list says that it is whole."""
    first, *deeper = path
    if not deeper:
        return with_members(text, {first: whole, "has_more": b"false"})
    return with_members(text, {first: _put(members(text)[first], tuple(deeper), whole)})
