"""Pages of raw records on disk, byte for byte as the API sent them."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec

from intercom_etl.errors import UsageError
from intercom_etl.landing.lines import as_line, from_line, read_lines, write_lines
from intercom_etl.page import Gone, Page, Unavailable


class _Header(msgspec.Struct):
    """First line of a page file; the records follow, then those that were gone, then the unavailable."""

    fetched_at: Annotated[datetime, msgspec.Meta(tz=True)]
    records: Annotated[int, msgspec.Meta(ge=0)]
    gone: list[tuple[str, str | None]]
    unavailable: list[tuple[str, str]]
    parents: list[str]
    whole: list[str]


def write_page(path: Path, page: Page) -> None:
    """One file a page."""
    header = _Header(
        fetched_at=page.fetched_at,
        records=len(page.records),
        gone=[(gone.reason, gone.merged_into) for gone in page.gone],
        unavailable=[(lost.id, lost.reason) for lost in page.unavailable],
        parents=list(page.parents),
        whole=list(page.whole),
    )
    texts = (*page.records, *(gone.stub for gone in page.gone), *(lost.stub for lost in page.unavailable))
    write_lines(path, (msgspec.json.encode(header), *map(as_line, texts)))


def read_page(path: Path) -> Page:
    """What `write_page` was given. Raises UsageError when the file is damaged."""
    lines = list(read_lines(path))
    try:
        header = msgspec.json.decode(lines[0] if lines else b"", type=_Header)
        texts = [from_line(line) for line in lines[1:]]
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise UsageError(f"cannot read `{path}`: {error}", "the file is damaged: extract again") from error
    gone_from, lost_from = header.records, header.records + len(header.gone)
    if len(texts) != lost_from + len(header.unavailable):
        raise UsageError(f"`{path}` is cut off: it has {len(texts)} records", "extract again")
    if len(header.parents) not in (0, header.records):
        raise UsageError(f"`{path}` is damaged: it has {len(header.parents)} parents", "extract again")
    return Page(
        records=tuple(texts[:gone_from]),
        fetched_at=header.fetched_at,
        gone=tuple(
            Gone(stub, reason, merged_into)
            for (reason, merged_into), stub in zip(header.gone, texts[gone_from:lost_from], strict=True)
        ),
        unavailable=tuple(
            Unavailable(identity, stub, reason)
            for (identity, reason), stub in zip(header.unavailable, texts[lost_from:], strict=True)
        ),
        parents=tuple(header.parents),
        whole=tuple(header.whole),
    )
