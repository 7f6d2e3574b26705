"""The rows of items as COPY takes them: values by column, then what every table has."""

from collections.abc import Iterator, Sequence
from typing import Any

from intercom_etl.batch import Item
from intercom_etl.load.copy import json_text
from intercom_etl.stream import Children


def record_rows(items: Sequence[Item], workspace_id: str) -> Iterator[tuple[Any, ...]]:
    """One row for each item, tombstones included."""
    for item in items:
        # on the API's clock, as synced_at: what is read later may bring the record back
        buried_at = item.fetched_at if item.gone else None
        yield (
            workspace_id,
            *item.row.values.values(),
            json_text(item.row.raw),
            item.fetched_at,
            buried_at,
            item.gone,
        )


def part_rows(declared: Children, items: Sequence[Item], workspace_id: str) -> Iterator[tuple[Any, ...]]:
    """One row for each child of these items in one table."""
    for item in items:
        for row in item.children[declared.table].rows:
            yield (
                workspace_id,
                item.id,
                *row.values.values(),
                json_text(row.raw),
                item.fetched_at,
                None,
                None,
            )
