"""Endpoints that list one small kind, or give one record of it: declared, not programmed."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from intercom_etl.simulator.desk import Desk
from intercom_etl.simulator.paging import number_pages, read_count, slice_page
from intercom_etl.simulator.refusal import RefusalError, invalid, not_found
from intercom_etl.simulator.render import answer, list_answer
from intercom_etl.simulator.stamps import seconds

Record = dict[str, Any]


def as_it_is(record: Record) -> Record:
    """The view of kinds whose lists show whole records."""
    return record


@dataclass(frozen=True, slots=True)
class Parent:
    """The record whose id is in the path; `owns(record, parent_id)` says whether one belongs to it."""

    kind: str
    owns: Callable[[Record, str], bool]
    message: str = "Resource Not Found"

    def select(self, request: Request, desk: Desk, records: list[Record]) -> list[Record]:
        """The records that belong to it; a 404 without it."""
        parent_id = request.path_params["id"]
        if parent_id not in desk.workspace.records[self.kind]:
            raise not_found(self.message)
        return [record for record in records if self.owns(record, parent_id)]


@dataclass(frozen=True, slots=True)
class Whole:
    """A list without pages."""

    kind: str
    list_type: str = "list"
    parent: Parent | None = None

    async def __call__(self, request: Request, desk: Desk) -> Response:
        """Answers a request."""
        records = desk.workspace.shown(self.kind)
        if self.parent is not None:
            records = self.parent.select(request, desk, records)
        return list_answer("data", desk.renderer.records(self.kind, records), type=self.list_type)


@dataclass(frozen=True, slots=True)
class Numbered:
    """A list by page number, last changed first.

    `flat` has page, per_page and total_pages beside the records instead of in a `pages` object.
    """

    kind: str
    default: int
    most: int
    show: Callable[[Record], Record] = as_it_is
    parent: Parent | None = None
    style: Literal["pages", "flat"] = "pages"

    async def __call__(self, request: Request, desk: Desk) -> Response:
        """Answers a request."""
        records = desk.workspace.shown(self.kind, "updated_at")
        if self.parent is not None:
            records = self.parent.select(request, desk, records)
        number, per_page = read_page(request, self.default, self.most)
        shown = map(self.show, slice_page(records, number, per_page))
        items = desk.renderer.records(self.kind, shown)
        if self.style == "pages":
            pages = number_pages(request, number, len(records), per_page)
            return list_answer("data", items, type="list", total_count=len(records), pages=pages)
        last = -(-len(records) // per_page)
        counts = {"total_count": len(records), "page": number, "per_page": per_page, "total_pages": last}
        return list_answer("data", items, type="list", **counts)


def read_bound(given: object, name: str) -> int | None:
    """A date parameter in unix seconds; a 400 when it is something else."""
    if given is None or given == "":
        return None
    text = str(given)
    if isinstance(given, bool) or not text.isascii() or not text.isdigit():
        raise invalid(f"Invalid {name} timestamp")
    return int(text)


def lies_within(value: int, after: int | None, before: int | None, *, include_equal: bool) -> bool:
    """Whether a time lies between the bounds that are given."""
    if include_equal:
        return (after is None or value >= after) and (before is None or value <= before)
    return (after is None or value > after) and (before is None or value < before)


def read_page(request: Request, default: int, most: int) -> tuple[int, int]:
    """`page` and `per_page` of a query."""
    asked = request.query_params
    number = read_count(asked.get("page"), "page", 1)
    return number, read_count(asked.get("per_page"), "per_page", default, most)


@dataclass(frozen=True, slots=True)
class Single:
    """One record by the id in the path; a 404 without it."""

    kind: str
    message: str = "Resource Not Found"
    code: str = "not_found"

    async def __call__(self, request: Request, desk: Desk) -> Response:
        """Answers a request."""
        record = self.find(request, desk)
        return answer(desk.renderer.record(self.kind, str(record["id"]), record))

    def find(self, request: Request, desk: Desk) -> Record:
        """The record that the path names."""
        record = desk.workspace.shown_one(self.kind, request.path_params["id"])
        if record is None:
            raise not_found(self.message, self.code)
        return record


def cursor_answer(
    request: Request, desk: Desk, kind: str, records: Sequence[Record], limits: tuple[int, int],
    show: Callable[[Record], Record] = as_it_is, time: str = "updated_at",
) -> Response:  # fmt: skip
    """A page after the cursor `starting_after`, base64 of [seconds, id]; `records` have the newest first."""
    asked = request.query_params
    per_page = read_count(asked.get("per_page"), "per_page", *limits)
    if cursor := asked.get("starting_after"):
        last = _decode(cursor)
        records = [one for one in records if (seconds(one[time]), str(one["id"])) < last]
    page = records[:per_page]
    pages: Record = {"type": "pages", "per_page": per_page}
    if len(records) > per_page:
        pages["next"] = {"starting_after": _encode(seconds(page[-1][time]), str(page[-1]["id"]))}
    return list_answer("data", desk.renderer.records(kind, map(show, page)), type="list", pages=pages)


def _encode(second: int, record_id: str) -> str:
    return base64.b64encode(json.dumps([float(second), record_id]).encode()).decode()


def _decode(cursor: str) -> tuple[int, str]:
    try:
        second, record_id = json.loads(base64.b64decode(cursor, validate=True))
        return int(second), str(record_id)
    except (ValueError, TypeError) as error:
        message = (
            "Invalid starting_after param. Please try again using a starting_after value from a paginated "
            "response"
        )
        raise RefusalError(400, "client_error", message) from error
