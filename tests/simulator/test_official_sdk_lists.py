"""The vendor's own client reads the small lists and exports, as far as it (5.0.1, API 2.14) has them."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from intercom import Intercom
from intercom.errors import BadRequestError, NotFoundError

NOW = 1_795_448_000


@pytest.fixture
def sdk(quiet: Any) -> Iterator[Intercom]:
    with httpx.Client(verify=False) as client:
        yield Intercom(token=quiet.workspace.token, base_url=quiet.server.url, httpx_client=client)


def ids(records: Any) -> list[str]:
    return sorted(str(record.id) for record in records or ())


def test_the_sdk_pages_through_exactly_the_articles(sdk: Intercom, quiet: Any) -> None:
    truth = quiet.workspace.truth("articles")
    assert ids(sdk.articles.list(per_page=7)) == sorted(truth)
    for key, article in truth.items():
        found = sdk.articles.find(int(key))
        assert found.title == article["title"]
        assert (found.statistics is None) == (article["statistics"] is None)


def test_the_sdk_pages_through_exactly_the_help_centers(sdk: Intercom, quiet: Any) -> None:
    truth = quiet.workspace.truth
    assert ids(sdk.help_centers.collections.list(per_page=5)) == sorted(truth("collections"))
    assert ids(sdk.internal_articles.list_internal_articles().data) == sorted(truth("internal_articles"))


def test_the_sdk_finds_all_help_centers_on_its_first_page(sdk: Intercom, quiet: Any) -> None:
    """The list has no pages; the client would ask for more of them until one is empty, which none is."""
    assert ids(sdk.help_centers.list().items) == sorted(quiet.workspace.truth("help_centers"))


def test_the_sdk_lists_exactly_what_fin_may_read(sdk: Intercom, quiet: Any) -> None:
    truth = quiet.workspace.truth
    assert ids(sdk.ai_content.list_content_import_sources().data) == sorted(truth("content_import_sources"))
    assert ids(sdk.ai_content.list_external_pages().data) == sorted(truth("external_pages"))


def test_the_sdk_lists_exactly_the_subscription_types(sdk: Intercom, quiet: Any) -> None:
    assert ids(sdk.subscription_types.list().data) == sorted(quiet.workspace.truth("subscription_types"))


def test_the_sdk_lists_the_news(sdk: Intercom, quiet: Any) -> None:
    truth = quiet.workspace.truth
    assert ids(sdk.news.feeds.list().data) == sorted(truth("newsfeeds"))
    assert set(ids(sdk.news.items.list().data)) <= set(truth("news_items"))
    for feed in truth("newsfeeds"):
        found = sdk.news.feeds.list_items(feed)
        assert found.total_count == len(quiet.follow_ids(f"/news/newsfeeds/{feed}/items"))


def test_the_sdk_pages_through_exactly_the_calls(sdk: Intercom, quiet: Any) -> None:
    truth = quiet.workspace.truth("calls")
    pages = [sdk.calls.list_calls(page=page, per_page=25).data or [] for page in (1, 2, 3)]
    assert ids(call for page in pages for call in page) == sorted(truth)
    spoken = next(one for one in truth.values() if one["transcription_url"])
    assert sdk.calls.show_call(spoken["id"]).phone == spoken["phone"]
    assert "Teammate 1" in str(sdk.calls.show_call_transcript(spoken["id"]))
    with pytest.raises(BadRequestError):
        sdk.calls.list_calls_with_transcripts(conversation_ids=["1"] * 21)


def test_the_sdk_reads_away_status_reasons_as_a_bare_array(serve: Any) -> None:
    served = serve()
    served.workspace.away_status_reasons_bare = True
    with httpx.Client(verify=False) as client:
        sdk = Intercom(token=served.workspace.token, base_url=served.server.url, httpx_client=client)
        found = sdk.away_status_reasons.list_away_status_reasons()
    assert ids(found) == sorted(served.workspace.truth("away_status_reasons"))


def test_the_sdk_reads_a_page_of_activity_logs(sdk: Intercom, quiet: Any) -> None:
    found = sdk.admins.list_all_activity_logs(created_at_after="1").activity_logs or []
    assert len(found) == 20
    assert {one.id for one in found if one is not None} <= set(quiet.workspace.truth("activity_logs"))


def test_the_sdk_reads_events_and_custom_objects(sdk: Intercom, quiet: Any) -> None:
    event = next(reversed(quiet.workspace.truth("events").values()))
    contact = event["intercom_user_id"]
    assert sdk.events.list(type="user", intercom_user_id=contact, per_page=5) is not None
    instance = next(iter(quiet.workspace.truth("custom_object_instances").values()))
    found = sdk.custom_object_instances.get_custom_object_instances_by_external_id(
        instance["type"], external_id=instance["external_id"]
    )
    assert found is not None
    assert found.id == instance["id"]
    with pytest.raises(NotFoundError):
        sdk.custom_object_instances.get_custom_object_instances_by_external_id("Nothing", external_id="1")


def test_the_sdk_exports_message_data(serve: Any) -> None:
    served = serve()
    with httpx.Client(verify=False) as client:
        sdk = Intercom(token=served.workspace.token, base_url=served.server.url, httpx_client=client)
        job = sdk.data_export.create(created_at_after=1, created_at_before=NOW).job_identifier
        assert job is not None
        assert [sdk.data_export.find(job).status for _ in range(2)] == ["pending", "completed"]
        datasets = sdk.export.list_available_datasets_and_attributes().data or ()
        assert [one.id for one in datasets] == ["conversation", "ticket"]
