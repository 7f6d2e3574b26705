"""The vendor's own client pages through the simulator and must find exactly what is there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from intercom import Intercom, MultipleFilterSearchRequest, SingleFilterSearchRequest, StartingAfterPaging
from intercom.errors import NotFoundError, UnauthorizedError

# Pages of a search that nobody may need; a pager that turns in circles ends here.
MOST_PAGES = 100
EVERYTHING = SingleFilterSearchRequest(field="updated_at", operator=">", value=1)


@pytest.fixture
def sdk(quiet: Any) -> Iterator[Intercom]:
    import httpx

    with httpx.Client(verify=False) as client:
        yield Intercom(token=quiet.workspace.token, base_url=quiet.server.url, httpx_client=client)


def search_through(search: Callable[..., Any], query: object = EVERYTHING) -> list[str]:
    """Ids of all pages. The SDK (5.0.1) loses the cursor between pages of a search: it is passed on here."""
    ids: list[str] = []
    after: str | None = None
    for _ in range(MOST_PAGES):
        pager = search(query=query, pagination=StartingAfterPaging(per_page=60, starting_after=after))
        ids += [item.id for item in pager.items or ()]
        following = pager.response.pages.next
        after = following.starting_after if following else None
        if after is None:
            return ids
    raise AssertionError("the search does not end")


def test_the_sdk_lists_exactly_the_contacts(sdk: Intercom, quiet: Any) -> None:
    found = [str(contact.id) for contact in sdk.contacts.list(per_page=50)]
    assert sorted(found) == sorted(quiet.workspace.truth("contacts"))


def test_the_sdk_searches_exactly_the_contacts(sdk: Intercom, quiet: Any) -> None:
    found = search_through(sdk.contacts.search)
    assert sorted(found) == sorted(quiet.workspace.truth("contacts"))


def test_the_sdk_searches_exactly_the_conversations(sdk: Intercom, quiet: Any) -> None:
    found = search_through(sdk.conversations.search)
    assert sorted(found) == sorted(quiet.workspace.truth("conversations"))


def test_the_sdk_searches_open_conversations_with_a_group(sdk: Intercom, quiet: Any) -> None:
    is_open = SingleFilterSearchRequest(field="open", operator="=", value="true")
    query = MultipleFilterSearchRequest(operator="AND", value=[EVERYTHING, is_open])
    found = set(search_through(sdk.conversations.search, query))
    truth = quiet.workspace.truth("conversations").values()
    assert found == {one["id"] for one in truth if one["open"]}


def test_the_sdk_lists_exactly_the_conversations(sdk: Intercom, quiet: Any) -> None:
    found = [str(one.id) for one in sdk.conversations.list(per_page=70)]
    assert sorted(found) == sorted(quiet.workspace.truth("conversations"))


def test_the_sdk_reads_every_part_of_a_conversation(sdk: Intercom, quiet: Any) -> None:
    truth = next(
        one
        for one in quiet.workspace.truth("conversations").values()
        if 3 < one["conversation_parts"]["total_count"] < 500
    )
    parts = sdk.conversations.find(truth["id"]).conversation_parts
    assert parts is not None
    expected = [part["id"] for part in truth["conversation_parts"]["conversation_parts"]]
    assert [part.id for part in parts.conversation_parts or ()] == expected


def test_the_sdk_scrolls_over_exactly_the_companies(sdk: Intercom, quiet: Any) -> None:
    found = [company.id for company in sdk.companies.scroll()]
    assert sorted(found) == sorted(quiet.workspace.truth("companies"))


def test_the_sdk_lists_the_companies_that_have_users(sdk: Intercom, quiet: Any) -> None:
    found = [company.id for company in sdk.companies.list(per_page=20)]
    truth = quiet.workspace.truth("companies").values()
    assert sorted(found) == sorted(one["id"] for one in truth if one["user_count"])


def test_the_sdk_searches_exactly_the_tickets(sdk: Intercom, quiet: Any) -> None:
    found = search_through(sdk.tickets.search)
    assert sorted(found) == sorted(quiet.workspace.truth("tickets"))


def test_the_sdk_lists_exactly_the_small_collections(sdk: Intercom, quiet: Any) -> None:
    truth = quiet.workspace.truth
    assert [admin.id for admin in sdk.admins.list().admins or () if admin is not None] == list(
        truth("admins")
    )
    assert [tag.id for tag in sdk.tags.list().data or ()] == list(truth("tags"))
    assert [team.id for team in sdk.teams.list().teams or ()] == list(truth("teams"))
    assert [segment.id for segment in sdk.segments.list().segments or ()] == list(truth("segments"))
    assert len(sdk.data_attributes.list().data or ()) == len(truth("data_attributes")) - 1  # one is archived
    assert len(sdk.ticket_types.list().data or ()) == len(truth("ticket_types"))


def test_the_sdk_knows_itself_and_its_workspace(sdk: Intercom, quiet: Any) -> None:
    me = sdk.admins.identify()
    assert me is not None
    assert me.app is not None
    assert me.app.id_code == quiet.workspace.id_code
    assert me.app.timezone == "America/New_York"


def test_the_sdk_recognizes_the_errors(sdk: Intercom, quiet: Any) -> None:
    import httpx

    with pytest.raises(NotFoundError):
        sdk.companies.find("nobody")
    with httpx.Client(verify=False) as client:
        stranger = Intercom(token="wrong", base_url=quiet.server.url, httpx_client=client)
        with pytest.raises(UnauthorizedError):
            stranger.admins.list()
