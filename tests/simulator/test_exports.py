"""Asynchronous exports: one asks, polls and downloads."""

import csv
import gzip
import io
import zipfile
from typing import Any

import pytest

from intercom_etl.simulator.content_receipts import COLUMNS
from intercom_etl.simulator.workspace import Workspace

NOW = 1_795_448_000
OCTETS = {"Accept": "application/octet-stream"}
ALWAYS = {"created_at_after": 1, "created_at_before": NOW}
WANTED = {
    "dataset_id": "conversation",
    "attribute_ids": ["conversation.conversation_id", "conversation.state"],
    "start_time": 1,
    "end_time": NOW,
}


class Clock:
    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


def start(served: Any, body: object = ALWAYS) -> Any:
    return served.client.post("/export/content/data", json=body)


def finish(served: Any, job: str, path: str = "/export/content/data") -> Any:
    for _ in range(10):
        answer = served.get(f"{path}/{job}").json()
        if answer["status"] != "pending":
            return answer
    raise AssertionError("the job does not end")


def unzipped(served: Any, url: str) -> dict[str, list[dict[str, str]]]:
    answer = served.get(url, headers=OCTETS)
    assert answer.headers["content-type"] == "application/octet-stream"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as folder:
        texts = {name: folder.read(name).decode() for name in folder.namelist()}
    return {name.split("_")[0]: list(csv.DictReader(io.StringIO(text))) for name, text in texts.items()}


def test_an_export_is_done_after_some_questions_and_gives_a_file_a_statistic(serve: Any) -> None:
    served = serve()
    job = start(served).json()
    assert (job["status"], job["download_url"], job["download_expires_at"]) == ("pending", "", "")
    assert served.get(f"/export/content/data/{job['job_identifier']}").json()["status"] == "pending"
    done = served.get(f"/export/content/data/{job['job_identifier']}").json()
    assert done["status"] == "completed"
    assert int(done["download_expires_at"]) == NOW + 2 * 86_400
    assert done["download_url"].startswith(served.server.url)
    files = unzipped(served, done["download_url"])
    receipts = served.workspace.truth("content_receipts")
    assert {row["receipt_id"] for row in files["receipts"]} == set(receipts)
    assert set(files["receipts"][0]) == set(COLUMNS)
    clicked = {key for key, one in receipts.items() if one["first_click"]}
    assert {row["receipt_id"] for row in files["click"]} == clicked


def test_an_export_is_of_messages_sent_within_its_bounds_and_on_them(serve: Any) -> None:
    served = serve()
    times = sorted(one["received_at"] for one in served.workspace.truth("content_receipts").values())
    bounds = {"created_at_after": times[5], "created_at_before": times[20]}
    done = finish(served, start(served, bounds).json()["job_identifier"])
    rows = unzipped(served, done["download_url"])["receipts"]
    assert sorted(int(row["received_at"]) for row in rows) == times[5:21]


def test_of_what_came_of_a_message_only_that_counts_which_is_within_the_bounds(serve: Any) -> None:
    served = serve()
    receipts = served.workspace.truth("content_receipts").values()
    one = next(r for r in receipts if r["first_open"] and r["first_open"] > r["received_at"] + 1)
    for end, opened in ((one["first_open"], str(one["first_open"])), (one["first_open"] - 1, "")):
        bounds = {"created_at_after": one["received_at"], "created_at_before": end}
        done = finish(served, start(served, bounds).json()["job_identifier"])
        files = unzipped(served, done["download_url"])
        found = {row["receipt_id"]: row["first_open"] for row in files["receipts"]}
        assert found[one["receipt_id"]] == opened
        assert (one["receipt_id"] in {row["receipt_id"] for row in files.get("open", [])}) == bool(opened)


def test_an_export_that_nobody_asks_for_is_not_in_the_way_for_ever(serve: Any) -> None:
    ticks = Clock()
    served = serve(Workspace(seed=3, now=lambda: NOW, ticks=ticks))
    assert start(served).status_code == 200
    ticks.now += 0.9
    assert start(served).status_code == 429
    ticks.now += 0.1
    assert start(served).status_code == 200


def test_there_is_one_export_at_a_time(serve: Any) -> None:
    served = serve()
    first = start(served).json()["job_identifier"]
    assert served.code(start(served)) == (429, "rate_limit_exceeded")
    assert served.client.post(f"/export/cancel/{first}").json()["status"] == "canceled"
    second = start(served)
    assert second.status_code == 200
    finish(served, second.json()["job_identifier"])
    assert start(served).status_code == 200


def test_an_export_may_take_time_instead_of_questions(serve: Any) -> None:
    ticks = Clock()
    served = serve(Workspace(seed=3, now=lambda: NOW, ticks=ticks))
    served.workspace.content_exports.polls = 0
    served.workspace.content_exports.seconds = 30
    job = start(served).json()["job_identifier"]
    ticks.now += 29
    assert served.get(f"/export/content/data/{job}").json()["status"] == "pending"
    ticks.now += 1
    assert served.get(f"/export/content/data/{job}").json()["status"] == "completed"


@pytest.mark.parametrize("outcome", ["failed", "no_data"])
def test_an_export_may_end_with_nothing(serve: Any, outcome: str) -> None:
    served = serve()
    served.workspace.content_exports.outcome = outcome
    job = start(served).json()["job_identifier"]
    done = finish(served, job)
    assert (done["status"], done["download_url"]) == (outcome, "")
    assert served.get(f"/download/content/data/{job}", headers=OCTETS).status_code == 404


def test_a_download_asks_for_the_right_accept_header_and_for_haste(serve: Any) -> None:
    clock = Clock()
    served = serve(Workspace(seed=3, now=clock))
    job = start(served).json()["job_identifier"]
    early = served.get(f"/download/content/data/{job}", headers=OCTETS)
    assert served.code(early) == (404, "not_found")
    url = finish(served, job)["download_url"]
    assert served.get(url).status_code == 406
    clock.now += 2 * 86_400 - 1
    assert served.get(url, headers=OCTETS).status_code == 200
    clock.now += 1
    assert served.get(url, headers=OCTETS).status_code == 404


def test_an_export_can_be_one_gzipped_file_as_the_specification_words_it(serve: Any) -> None:
    served = serve()
    served.workspace.content_exports.archive = "gzip"
    url = finish(served, start(served).json()["job_identifier"])["download_url"]
    rows = csv.DictReader(io.StringIO(gzip.decompress(served.get(url, headers=OCTETS).content).decode()))
    assert len(list(rows)) == len(served.workspace.truth("content_receipts"))


def test_datasets_name_their_attributes_and_their_time(quiet: Any) -> None:
    for dataset in quiet.get("/export/reporting_data/get_datasets").json()["data"]:
        assert dataset["default_time_attribute_id"] in {one["id"] for one in dataset["attributes"]}
        assert all(one["qualified_id"].startswith(f"{dataset['id']}.") for one in dataset["attributes"])


def enqueue(served: Any, **changes: object) -> Any:
    body = {key: value for key, value in {**WANTED, **changes}.items() if value is not None}
    return served.client.post("/export/reporting_data/enqueue", json=body)


def test_a_dataset_is_exported_with_the_attributes_that_were_asked_for(serve: Any) -> None:
    served = serve()
    job = enqueue(served).json()["job_identifier"]
    done = finish(served, job, "/export/reporting_data")
    assert done["status"] == "complete"
    rows = unzipped(served, done["download_url"])["conversation.csv"]
    truth = served.workspace.truth("conversations")
    states = {row["conversation.conversation_id"]: row["conversation.state"] for row in rows}
    assert states == {key: one["state"] for key, one in truth.items()}


def test_tickets_can_be_exported_too(serve: Any) -> None:
    served = serve()
    job = enqueue(served, dataset_id="ticket", attribute_ids=["ticket.ticket_id"]).json()["job_identifier"]
    url = finish(served, job, "/export/reporting_data")["download_url"]
    rows = unzipped(served, url)["ticket.csv"]
    assert [row["ticket.ticket_id"] for row in rows] == list(served.workspace.truth("tickets"))


def test_five_reports_may_wait_at_a_time(serve: Any) -> None:
    served = serve()
    assert [enqueue(served).status_code for _ in range(6)] == [200] * 5 + [429]
    assert start(served).status_code == 200


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dataset_id": None}, "'dataset_id' is a required parameter"),
        ({"dataset_id": "imaginary"}, "imaginary is not a valid dataset_id"),
        ({"attribute_ids": None}, "'attribute_ids' is a required parameter"),
        ({"attribute_ids": []}, "attribute_ids must contain at least one attribute_id"),
        ({"attribute_ids": "x"}, "'attribute_ids' not an array must be of type Array"),
        ({"attribute_ids": ["odd"]}, "attribute_ids invalid for conversation dataset: odd"),
        ({"start_time": None}, "'start_time' is a required parameter"),
    ],
)
def test_a_wrong_report_is_told_what_is_wrong(quiet: Any, changes: dict[str, object], said: str) -> None:
    answer = enqueue(quiet, **changes)
    assert quiet.code(answer) == (400, "bad_request")
    assert answer.json()["errors"][0]["message"] == said
