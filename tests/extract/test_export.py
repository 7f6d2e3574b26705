import csv
import dataclasses
import errno
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest

from intercom_etl.errors import ApiError, ConfigError, DiskError, FatalApiError, RetriableApiError
from intercom_etl.export import Export
from intercom_etl.extract import unpack
from intercom_etl.extract.body import IN_MEMORY
from intercom_etl.extract.client import ClientConfig, IntercomClient
from intercom_etl.extract.pages import read_pages
from intercom_etl.page import Page
from intercom_etl.stream import Stream
from intercom_etl.streams import all_streams
from intercom_etl.transform.validate import to_batch
from intercom_etl.window import Window
from tests.extract.fake_api import Api, Reply, Request

CONTENT, REPORTING = all_streams()["content_export_rows"], all_streams()["reporting_rows"]
END = datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)
DAY = timedelta(days=1)
RECENT = Window(END - DAY, END, None)
RECEIPTS = [["receipt_id", "received_at", "email"], ["1", "1735000000", "a@example.com"], ["2", "", ""]]
OPENS = [["receipt_id", "opened_at"], ["1", "1735000009"], ["1", "1735000010"]]

Rows = Sequence[Sequence[str]]


def csv_of(rows: Rows) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def zip_of(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, text in files.items():
            folder.writestr(name, text)
    return packed.getvalue()


class ExportApi:
    """Jobs that are done at the second look; `file` makes what a span of time gives, None no data."""

    def __init__(self, file: Callable[[int, int], bytes | None]) -> None:
        self.file = file
        self.spans: list[tuple[int, int]] = []
        self.bodies: list[dict[str, Any]] = []
        self.busy = 0
        self.statuses = ["pending", "in_progress", "completed"]
        self.job = "job 1/x"
        self.canceled: list[str] = []
        self.datasets: list[dict[str, Any]] = []
        self.downloads: list[Request] = []
        self.looks = 0

    def __call__(self, request: Request) -> Reply:
        if request.path.startswith("/export/cancel/"):
            self.canceled.append(request.path)
            return self.state("canceled")
        if request.path.endswith("get_datasets"):
            return Reply({"type": "list", "data": self.datasets})
        if request.method == "POST":
            return self.start(request.body)
        assert request.path.endswith("/job%201%2Fx")
        if request.path.startswith("/download/"):
            self.downloads.append(request)
            assert request.headers["accept"] == "application/octet-stream"
            return Reply(body=self.made, headers={"Content-Type": "application/octet-stream"})
        self.looks += 1
        status = self.statuses[min(self.looks, len(self.statuses) - 1)]
        return self.state("no_data" if status == "completed" and self.made is None else status)

    def start(self, body: dict[str, Any]) -> Reply:
        if self.busy:
            self.busy -= 1
            message = "Exceeded rate limit of 1 pending message data export jobs"
            error = {"code": "rate_limit_exceeded", "message": message}
            return Reply({"type": "error.list", "errors": [error]}, 429)
        bounds = [value for value in body.values() if isinstance(value, int)]
        self.bodies.append(body)
        self.spans.append((bounds[0], bounds[1]))
        self.made = self.file(bounds[0], bounds[1])
        self.looks = 0
        return self.state(self.statuses[0])

    def state(self, status: str) -> Reply:
        elsewhere = "https://evil.example/download"
        return Reply({"job_identifier": self.job, "status": status, "download_url": elsewhere})


def always(file: bytes | None) -> ExportApi:
    return ExportApi(lambda _start, _end: file)


async def read(
    client: IntercomClient, window: Window = RECENT, stream: Stream = CONTENT, names: Iterable[str] = ()
) -> list[Page]:
    return [page async for page in read_pages(client, stream, window, names=tuple(names))]


def records(pages: list[Page]) -> list[Any]:
    return [json.loads(record) for page in pages for record in page.records]


async def test_every_row_of_every_file_becomes_an_object(api: Api, client: IntercomClient) -> None:
    files = {"receipts_20260102_030405.csv": csv_of(RECEIPTS), "a/open_20260102.csv": csv_of(OPENS)}
    api.handler = export = always(zip_of({**files, "readme.txt": b"no rows"}))
    found = records(await read(client))
    assert found[:2] == [
        {
            "receipt_id": "1", "received_at": "1735000000", "email": "a@example.com",
            "statistic": "receipts", "record_key": "1",
        },
        {"receipt_id": "2", "received_at": None, "email": None, "statistic": "receipts", "record_key": "2"},
    ]  # fmt: skip
    assert [one["statistic"] for one in found[2:]] == ["open", "open"]
    assert len({one["record_key"] for one in found}) == 4
    assert [request.headers["accept-encoding"] for request in export.downloads] == ["identity"]


@pytest.mark.parametrize(
    "pack",
    [
        lambda text: text,
        lambda text: b"\xef\xbb\xbf" + text,
        gzip.compress,
        lambda text: gzip.compress(text[:20]) + gzip.compress(text[20:]),
        lambda text: zip_of({"receipts.csv": text}),
        lambda text: zip_of({"../../etc/passwd/receipts.csv": text}),
        lambda text: zip_of({"C:\\x\\RECEIPTS_20260102_030405.CSV": text}),
    ],
    ids=["plain", "marked", "gzip", "two members", "zip", "hostile name", "other system"],
)
async def test_an_export_may_be_packed_in_several_ways(
    api: Api, client: IntercomClient, pack: Callable[[bytes], bytes]
) -> None:
    rows = [["receipt_id", "content_title"], ["1", 'two\r\nlines, "quoted"'], ["2", "höflich"]]
    api.handler = always(pack(csv_of(rows)))
    found = records(await read(client))
    assert [(one["receipt_id"], one["content_title"]) for one in found] == [tuple(row) for row in rows[1:]]
    assert {one["statistic"].lower() for one in found} == {"receipts"}


@pytest.mark.parametrize(
    "file",
    [None, b"", b"\r\n", zip_of({}), gzip.compress(b""), csv_of(RECEIPTS[:1]), zip_of({"a.csv": b""})],
    ids=["no data", "nothing", "blank", "empty zip", "empty gzip", "header", "empty csv"],
)
async def test_an_export_may_hold_nothing(api: Api, client: IntercomClient, file: bytes | None) -> None:
    api.handler = always(file)
    assert await read(client) == []


async def test_pages_are_bounded(api: Api, client: IntercomClient) -> None:
    rows = [["receipt_id"], *([str(number)] for number in range(2_500))]
    api.handler = always(zip_of({"receipts.csv": csv_of(rows)}))
    pages = await read(client)
    assert [len(page.records) for page in pages] == [1_000, 1_000, 500]
    api.handler = always(zip_of({"receipts.csv": csv_of([["name"], *([["x" * 100_000]] * 50)])}))
    assert [len(page.records) for page in await read(client)] == [42, 8]


async def test_a_large_file_goes_to_disk_and_back(api: Api, client: IntercomClient) -> None:
    rows = [["receipt_id", "name"], *([str(number), "x" * 1_000] for number in range(9_000))]
    file = csv_of(rows)
    assert len(file) > IN_MEMORY
    api.handler = always(file)
    assert [one["receipt_id"] for one in records(await read(client))] == [row[0] for row in rows[1:]]


async def test_a_temporary_file_that_cannot_be_written_is_no_lost_connection(
    api: Api, client: IntercomClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)  # what a file is made of that outgrows memory
    api.handler = export = always(csv_of([["name"], *([["x" * 1_000]] * 9_000)]))
    with pytest.raises(DiskError, match="cannot write a temporary file: read-only file system"):
        await read(client)
    assert export.spans == export.spans[:1]


async def test_rows_that_do_not_fit_their_header_are_rejects_and_cost_no_other(
    api: Api, client: IntercomClient
) -> None:
    api.handler = always(csv_of([["receipt_id", "email"], ["1", "x"], ["2"], ["3", "x", "y"], ["4", ""]]))
    batches = [to_batch(CONTENT, page) for page in await read(client)]
    assert [item.id for batch in batches for item in batch.items] == ["receipts:1", "receipts:4"]
    assert [reject.raw for batch in batches for reject in batch.rejects] == ['["2"]', '["3","x","y"]']


async def test_a_row_keeps_its_key_while_it_says_the_same(api: Api, client: IntercomClient) -> None:
    async def keys(header: list[str], *rows: list[str]) -> list[str]:
        api.handler = always(zip_of({"open_20260102_030405.csv": csv_of([header, *rows])}))
        return [one["record_key"] for one in records(await read(client))]

    first = await keys(["receipt_id", "opened_at"], ["1", "5"], ["1", "6"])
    assert await keys(["opened_at", "receipt_id", "new"], ["6", "1", ""], ["5", "1", ""]) == first[::-1]
    assert (await keys(["receipt_id", "opened_at"], ["2", "5"])) != first[:1]


async def test_a_receipt_without_an_id_is_known_by_what_it_says(api: Api, client: IntercomClient) -> None:
    api.handler = always(csv_of([["receipt_id", "email"], ["", "x"], ["", "y"]]))
    assert len({one["record_key"] for one in records(await read(client))}) == 2


DAMAGED = {
    "cut zip": zip_of({"receipts.csv": csv_of(RECEIPTS)})[:-30],
    "broken zip": zip_of({"receipts.csv": b"a\r\n" + b"1\r\n" * 500}).replace(b"\x4b\xe4", b"\x00\x00", 1),
    "cut gzip": gzip.compress(csv_of(RECEIPTS))[:-9],
    "gzip without its check": gzip.compress(csv_of(RECEIPTS))[:-4],
    "half of a gzip": gzip.compress(bytes(range(256)) * 400)[:300],
    "json": b'{"type":"error.list"}',
    "html": b"\n <html>",
    "no csv inside": zip_of({"readme.txt": b"x"}),
}


@pytest.mark.parametrize("kind", DAMAGED)
async def test_a_damaged_file_is_downloaded_again_and_gives_no_row(
    api: Api, client: IntercomClient, kind: str
) -> None:
    good = gzip.compress(csv_of(RECEIPTS))
    api.handler = export = always(good)
    waiting = [DAMAGED[kind], DAMAGED[kind]]

    def handler(request: Request) -> Reply:
        reply = export(request)
        return Reply(body=waiting.pop()) if waiting and request.path.startswith("/download/") else reply

    api.handler = handler
    assert len(records(await read(client))) == 2
    assert len(export.downloads) == 3
    waiting += [DAMAGED[kind]] * 3
    with pytest.raises(RetriableApiError, match="cannot be read") as caught:
        await read(client)
    assert caught.value.code == "incomplete"


@pytest.mark.parametrize("pack", [gzip.compress, lambda text: zip_of({"receipts.csv": text})])
async def test_a_bomb_is_refused_before_it_is_inflated(
    api: Api, config: ClientConfig, pack: Callable[[bytes], bytes]
) -> None:
    api.handler = export = always(pack(b"receipt_id\r\n" + b"1\r\n" * 700_000))
    async with IntercomClient(dataclasses.replace(config, max_response_bytes=1_000_000)) as client:
        with pytest.raises(FatalApiError, match="larger than the cap") as caught:
            await read(client)
    assert caught.value.code == "response_too_large"
    assert "INTERCOM_ETL_MAX_RESPONSE_MB" in str(caught.value.hint)
    assert len(export.downloads) == len(export.spans) == 1


async def test_a_download_larger_than_the_cap_is_refused(api: Api, config: ClientConfig) -> None:
    api.handler = always(csv_of([["receipt_id"], ["x" * 1_000]]))
    async with IntercomClient(dataclasses.replace(config, max_response_bytes=900)) as client:
        with pytest.raises(FatalApiError) as caught:
            await read(client)
    assert caught.value.code == "response_too_large"


async def test_a_csv_that_cannot_be_read_ends_after_what_came_before(
    api: Api, client: IntercomClient
) -> None:
    rows = [["receipt_id"], *([str(number)] for number in range(1_000)), ["x" * 200_000]]
    api.handler = always(zip_of({"receipts.csv": csv_of(rows)}))
    pages: list[Page] = []
    usual = csv.field_size_limit(100_000)
    try:
        with pytest.raises(RetriableApiError, match="not CSV"):
            pages += [page async for page in read_pages(client, CONTENT, RECENT)]
    finally:
        csv.field_size_limit(usual)
    assert pages == []


async def test_a_download_that_breaks_is_tried_again(api: Api, client: IntercomClient) -> None:
    export = always(gzip.compress(csv_of(RECEIPTS)))
    troubles = [Reply(cut=-1), Reply({}, 500), Reply(body=b"x" * 99, cut=5)]

    def handler(request: Request) -> Reply:
        if request.path.startswith("/download/") and troubles:
            return troubles.pop()
        return export(request)

    api.handler = handler
    assert len(records(await read(client))) == 2


@pytest.mark.parametrize("status", [302, 403, 404, 406])
async def test_a_download_that_is_refused_is_an_error(api: Api, client: IntercomClient, status: int) -> None:
    export = always(b"")

    def handler(request: Request) -> Reply:
        elsewhere = {"Location": "https://evil.example/file"}
        return Reply({}, status, elsewhere) if request.path.startswith("/download/") else export(request)

    api.handler = handler
    with pytest.raises(FatalApiError) as caught:
        await read(client)
    assert caught.value.status == status
    assert len(api.requests) == 4


@pytest.mark.parametrize("status", ["failed", "canceled"])
async def test_a_job_that_fails_is_an_error(api: Api, client: IntercomClient, status: str) -> None:
    api.handler = export = always(b"")
    export.statuses = ["pending", status]
    with pytest.raises(RetriableApiError, match=f"ended as `{status}`"):
        await read(client)
    assert export.canceled == []


async def test_a_job_that_never_ends_is_canceled_and_given_up(api: Api, config: ClientConfig) -> None:
    api.handler = export = always(b"")
    export.statuses = ["pending"]
    async with IntercomClient(dataclasses.replace(config, export_patience=0.3)) as client:
        with pytest.raises(RetriableApiError, match="is not done after"):
            await read(client)
    assert export.canceled == ["/export/cancel/job%201%2Fx"]
    assert 3 < export.looks < 30


async def test_a_job_that_is_forgotten_is_an_error(api: Api, client: IntercomClient) -> None:
    export = always(b"")
    api.handler = lambda r: Reply({}, 404) if r.path.startswith("/export/content/data/") else export(r)
    with pytest.raises(RetriableApiError, match="not known any more"):
        await read(client)


@pytest.mark.parametrize("job", ["", ".", "..", "x" * 300, None, 5.5])
async def test_an_answer_without_a_usable_job_is_an_error(api: Api, client: IntercomClient, job: Any) -> None:
    api.handler = export = always(b"")
    export.job = job
    with pytest.raises(FatalApiError, match="names no job"):
        await read(client)
    assert len(api.requests) == 1


async def test_a_job_of_somebody_else_is_waited_for_and_slows_nobody(api: Api, config: ClientConfig) -> None:
    api.handler = export = always(gzip.compress(csv_of(RECEIPTS)))
    export.busy = 3
    began = monotonic()
    async with IntercomClient(dataclasses.replace(config, backoff_base=2.0)) as client:
        assert len(records(await read(client))) == 2
        assert client.stats.by_status[429] == 3
    assert monotonic() - began < 2


async def test_a_job_of_somebody_else_that_does_not_end_is_an_error(api: Api, config: ClientConfig) -> None:
    api.handler = export = always(b"")
    export.busy = 10_000
    async with IntercomClient(dataclasses.replace(config, export_patience=0.3)) as client:
        with pytest.raises(RetriableApiError, match="another export job of the workspace stays under way"):
            await read(client)
    assert 2 < len(api.requests) < 60


async def test_a_refusal_for_rate_is_tried_again_as_any_other(api: Api, client: IntercomClient) -> None:
    export = always(gzip.compress(csv_of(RECEIPTS)))
    refusals = [Reply({"errors": [{"code": "rate_limit_exceeded"}]}, 429)] * 2
    api.handler = lambda r: refusals.pop() if refusals and r.method == "POST" else export(r)
    assert len(records(await read(client))) == 2
    assert client.stats.retries == 2


def days(spans: list[tuple[int, int]]) -> list[tuple[float, float]]:
    end = END.timestamp()
    return [(round((end - start) / 86_400), round((end - stop) / 86_400)) for start, stop in spans]


async def test_jobs_overlap_so_that_what_came_of_a_message_is_seen(api: Api, client: IntercomClient) -> None:
    api.handler = export = always(csv_of(RECEIPTS))
    window = Window(END - 60 * DAY, END, None)
    pages = await read(client, window)
    assert days(export.spans) == [(74, 44), (58, 28), (42, 12), (26, 0)]
    positions = [(END - page.position) / DAY for page in pages if page.position]
    assert positions == [60, 44, 28, 12]
    assert export.spans[-1][1] > END.timestamp()


async def test_where_nothing_was_sent_nothing_overlaps(api: Api, client: IntercomClient) -> None:
    api.handler = export = always(None)
    await read(client, Window(END - 60 * DAY, END, None))
    assert days(export.spans) == [(74, 44), (44, 14), (14, 0)]


async def test_reading_goes_on_from_any_position_without_a_gap(api: Api, client: IntercomClient) -> None:
    api.handler = export = ExportApi(lambda _start, _end: csv_of(RECEIPTS) if len(export.spans) % 3 else None)
    pages = await read(client, Window(END - 200 * DAY, END, None))
    spans = list(export.spans)
    for page in pages:
        assert page.position is not None
        export.spans.clear()
        await read(client, Window(page.position, END, None))
        assert export.spans[0] in spans


async def test_from_the_beginning_means_since_there_was_intercom(api: Api, client: IntercomClient) -> None:
    api.handler = export = always(None)
    await read(client, Window(None, END, None))
    assert datetime.fromtimestamp(export.spans[0][0], UTC) == datetime(2011, 8, 1, tzinfo=UTC)
    assert max(stop - start for start, stop in export.spans) <= 30 * 86_400 + 1
    assert all(later[0] <= earlier[1] for earlier, later in zip(export.spans, export.spans[1:], strict=False))


async def test_a_span_that_is_too_large_is_halved(
    api: Api, config: ClientConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def file(start: int, end: int) -> bytes:
        return csv_of([["receipt_id"], *([str(day)] for day in range(start // 86_400, end // 86_400))])

    monkeypatch.setattr(unpack, "MOST_LINES", 20)
    api.handler = export = ExportApi(file)
    async with IntercomClient(config) as client:
        found = records(await read(client, Window(END - 60 * DAY, END, None)))
    assert days(export.spans)[:3] == [(74, 44), (74, 59), (73, 58)]
    assert {int(one["receipt_id"]) for one in found} >= set(
        range(int((END - 60 * DAY).timestamp()) // 86_400, int(END.timestamp()) // 86_400)
    )


TICKETS = {
    "id": "ticket",
    "default_time_attribute_id": "ticket_created_at",
    "attributes": [
        {"id": "ticket_id", "qualified_id": "linked.ticket_id", "name": "Linked"},
        {"id": "ticket_id", "qualified_id": "ticket.ticket_id", "name": "Ticket ID"},
        {"id": "ticket_created_at", "qualified_id": "ticket.ticket_created_at", "name": "Created at"},
        {"id": "nothing"},
    ],
}
CALLS = {"id": "call", "attributes": [{"id": "length", "qualified_id": "call.length", "name": "Length"}]}


@pytest.mark.parametrize(
    "header",
    [
        ["linked.ticket_id", "ticket.ticket_id", "ticket.ticket_created_at"],
        ["linked.ticket_id", "ticket_id", "ticket_created_at"],
        ["Linked", "Ticket ID", "Created at"],
    ],
    ids=["qualified ids", "ids", "names"],
)
async def test_a_dataset_is_asked_for_whole_and_its_rows_are_known_by_its_own_id(
    api: Api, client: IntercomClient, header: list[str]
) -> None:
    api.handler = export = always(csv_of([header, ["9", "51", "1735000000"], ["9", "52", ""]]))
    export.datasets = [CALLS, TICKETS, {"id": None}, {"id": "odd", "attributes": 5}]
    pages = await read(client, stream=REPORTING, names=["ticket"])
    assert [(one["record_key"], one["occurred_at"]) for one in records(pages)] == [
        ("51", "1735000000"),
        ("52", None),
    ]
    assert [page.parents for page in pages] == [("ticket", "ticket")]
    assert export.bodies[0]["dataset_id"] == "ticket"
    assert export.bodies[0]["attribute_ids"] == [
        "linked.ticket_id", "ticket.ticket_id", "ticket.ticket_created_at",
    ]  # fmt: skip
    assert {page.position for page in pages} == {None}


async def test_rows_of_a_dataset_without_an_id_are_known_by_what_they_say(
    api: Api, client: IntercomClient
) -> None:
    api.handler = export = always(csv_of([["call.length"], ["5"], ["6"], ["5"]]))
    export.datasets = [CALLS]
    keys = [one["record_key"] for one in records(await read(client, stream=REPORTING, names=["call"]))]
    assert keys[0] == keys[2] != keys[1]


async def test_a_dataset_that_is_not_there_is_named_before_any_job(api: Api, client: IntercomClient) -> None:
    api.handler = export = always(b"")
    export.datasets = [CALLS, TICKETS]
    with pytest.raises(ConfigError, match="INTERCOM_ETL_REPORTING_DATASETS names `tickets`") as caught:
        await read(client, stream=REPORTING, names=["call", "tickets"])
    assert "call, ticket" in str(caught.value.hint)
    assert export.spans == []


@pytest.mark.parametrize("stream", [CONTENT, REPORTING], ids=lambda stream: stream.name)
def test_every_job_adds_days_to_what_the_one_before_had(stream: Stream) -> None:
    assert isinstance(stream.endpoint, Export)
    assert stream.endpoint.step > stream.endpoint.settle + DAY
    assert stream.begins(END) == END - 90 * DAY


async def test_files_and_errors_leave_nothing_open(api: Api, client: IntercomClient) -> None:
    api.handler = always(csv_of([["receipt_id"], *([["1"]] * 5_000)]))
    pages = read_pages(client, CONTENT, RECENT)
    await anext(pages)
    await pages.aclose()
    api.answer(Reply({}, 401))
    with pytest.raises(ApiError):
        await read(client)
