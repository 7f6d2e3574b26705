"""Companies: scroll, numbered list with its wall, filters, one by id, and what hangs on it."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from intercom_etl.simulator.desk import Desk
from intercom_etl.simulator.endpoints_people import numbered
from intercom_etl.simulator.paging import number_pages, read_count, slice_page
from intercom_etl.simulator.refusal import invalid, not_found
from intercom_etl.simulator.render import answer, list_answer

WALL = 10_000
LARGEST_PAGE = 60


async def scroll_companies(request: Request, desk: Desk) -> Response:
    """GET /companies/scroll."""
    workspace = desk.workspace
    token, ids = workspace.scroll.advance(
        request.query_params.get("scroll_param") or None, workspace.companies
    )
    items = [desk.renderer.company(one) for one in ids if one in workspace.companies]
    return list_answer("data", items, type="list", pages=None, total_count=None, scroll_param=token)


async def list_companies(request: Request, desk: Desk) -> Response:
    """Sorted by last request, without companies that have no users."""
    descending = request.query_params.get("order", "desc") != "asc"
    workspace = desk.workspace
    used = [one for one in workspace.companies if workspace.users.get(one)]
    used.sort(
        key=lambda one: (workspace.companies.state(one).get("last_request_at", 0), one), reverse=descending
    )
    return _list(request, desk, used)


def _list(request: Request, desk: Desk, ids: list[str]) -> Response:
    number = read_count(request.query_params.get("page"), "page", 1)
    per_page = read_count(
        request.query_params.get("per_page"), "per_page", 15, LARGEST_PAGE, "Per Page is too big"
    )
    if (number - 1) * per_page >= WALL:
        raise invalid("page limit reached, please use scroll API")
    shown = [desk.renderer.company(one) for one in slice_page(ids, number, per_page)]
    pages = number_pages(request, number, len(ids), per_page)
    return list_answer("data", shown, type="list", pages=pages, total_count=len(ids))


async def filter_companies(request: Request, desk: Desk) -> Response:
    """By name or company_id: the company itself. By tag, segment or nothing: a list."""
    companies = desk.workspace.companies
    for field in ("name", "company_id"):
        wanted = request.query_params.get(field)
        if wanted is not None:
            found = next((one for one in companies if companies.state(one).get(field) == wanted), None)
            if found is None:
                raise not_found("Company Not Found", "company_not_found")
            return answer(desk.renderer.company(found))
    ids = list(companies)
    for field, key in (("tag_id", "tags"), ("segment_id", "segments")):
        wanted = request.query_params.get(field)
        if wanted is not None:
            ids = [one for one in ids if any(item["id"] == wanted for item in companies.state(one)[key][key])]
    return _list(request, desk, ids)


def _known(request: Request, desk: Desk) -> str:
    company_id = request.path_params["id"]
    if company_id not in desk.workspace.companies:
        raise not_found("Company Not Found", "company_not_found")
    return company_id


async def get_company(request: Request, desk: Desk) -> Response:
    """GET /companies/{id}."""
    return answer(desk.renderer.company(_known(request, desk)))


async def company_contacts(request: Request, desk: Desk) -> Response:
    """GET /companies/{id}/contacts."""
    users = desk.workspace.users.get(_known(request, desk), {})
    return numbered(request, [desk.renderer.contact(one) for one in users])


async def company_segments(request: Request, desk: Desk) -> Response:
    """GET /companies/{id}/segments."""
    company = desk.workspace.companies.state(_known(request, desk))
    return answer({"type": "list", "data": company["segments"]["segments"]})


async def company_notes(request: Request, desk: Desk) -> Response:
    """GET /companies/{id}/notes: newest first."""
    notes = desk.workspace.children["company_notes"].of(_known(request, desk))[::-1]
    return numbered(request, [msgspec.json.encode(note) for note in notes])
