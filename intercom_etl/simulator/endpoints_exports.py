"""The two asynchronous exports: message statistics, and datasets of the reports."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from intercom_etl.simulator.desk import Desk, read_body
from intercom_etl.simulator.export_jobs import ExportJobs, Job
from intercom_etl.simulator.exports import DATASETS, content_files, datasets, pack, reporting_files
from intercom_etl.simulator.lists import read_bound
from intercom_etl.simulator.refusal import RefusalError
from intercom_etl.simulator.render import answer

Record = dict[str, Any]

OCTETS = "application/octet-stream"


def _view(request: Request, jobs: ExportJobs, job: Job, path: str) -> Response:
    expiry = jobs.expires_at(job)
    url = f"{request.url.scheme}://{request.url.netloc}{path}/{job.identifier}"
    return answer(
        {
            "job_identifier": job.identifier,
            "status": job.status,
            "download_url": "" if expiry is None else url,
            "download_expires_at": "" if expiry is None else str(expiry),
        }
    )


async def start_content_export(request: Request, desk: Desk) -> Response:
    """POST /export/content/data."""
    body = await read_body(request)
    wanted: Record = {}
    for name in ("created_at_after", "created_at_before"):
        wanted[name] = read_bound(body.get(name), name)
        if wanted[name] is None:
            raise RefusalError(400, "parameter_not_found", f"{name} is a required parameter")
    jobs = desk.workspace.content_exports
    return _view(request, jobs, jobs.start(wanted), "/download/content/data")


async def show_content_export(request: Request, desk: Desk) -> Response:
    """GET /export/content/data/{id}."""
    workspace = desk.workspace
    jobs = workspace.content_exports
    job = jobs.poll(request.path_params["id"], lambda job: content_files(workspace, job.wanted))
    return _view(request, jobs, job, "/download/content/data")


async def cancel_content_export(request: Request, desk: Desk) -> Response:
    """POST /export/cancel/{id}."""
    jobs = desk.workspace.content_exports
    return _view(request, jobs, jobs.cancel(request.path_params["id"]), "/download/content/data")


async def download_content_export(request: Request, desk: Desk) -> Response:
    """GET /download/content/data/{id}."""
    return _download(request, desk, desk.workspace.content_exports)


async def download_reporting_export(request: Request, desk: Desk) -> Response:
    """GET /download/reporting_data/{id}."""
    return _download(request, desk, desk.workspace.reporting_exports)


def _download(request: Request, desk: Desk, jobs: ExportJobs) -> Response:
    if OCTETS not in request.headers.get("accept", ""):
        raise RefusalError(406, "media_type_not_acceptable", f"The Accept header must be {OCTETS}")
    job = jobs.download(request.path_params["id"])
    return Response(pack(job.files, jobs.archive, job.ready_at or desk.workspace.stamp()), media_type=OCTETS)


async def list_datasets(_request: Request, _desk: Desk) -> Response:
    """GET /export/reporting_data/get_datasets."""
    return answer({"type": "list", "data": datasets()})


async def start_reporting_export(request: Request, desk: Desk) -> Response:
    """POST /export/reporting_data/enqueue."""
    body = await read_body(request)
    _check_dataset(body)
    wanted = {"dataset_id": body["dataset_id"], "attribute_ids": body["attribute_ids"]}
    for name in ("start_time", "end_time"):
        wanted[name] = read_bound(body.get(name), name)
        if wanted[name] is None:
            raise _bad(f"'{name}' is a required parameter")
    jobs = desk.workspace.reporting_exports
    return _view(request, jobs, jobs.start(wanted), "/download/reporting_data")


def _bad(message: str) -> RefusalError:
    return RefusalError(400, "bad_request", message)


def _check_dataset(body: Record) -> None:
    """Dataset and attributes as the reference words what is wrong with them."""
    for name in ("dataset_id", "attribute_ids"):
        if body.get(name) is None:
            raise _bad(f"'{name}' is a required parameter")
    dataset, chosen = body["dataset_id"], body["attribute_ids"]
    if dataset not in DATASETS:
        raise _bad(f"{dataset} is not a valid dataset_id")
    if not isinstance(chosen, list):
        raise _bad("'attribute_ids' not an array must be of type Array")
    if not chosen:
        raise _bad("attribute_ids must contain at least one attribute_id")
    known = {f"{dataset}.{attribute}" for attribute, _ in DATASETS[dataset][2]}
    if strange := [one for one in chosen if one not in known]:
        raise _bad(f"attribute_ids invalid for {dataset} dataset: {', '.join(map(str, strange))}")


async def show_reporting_export(request: Request, desk: Desk) -> Response:
    """GET /export/reporting_data/{id}."""
    workspace = desk.workspace
    jobs = workspace.reporting_exports
    job = jobs.poll(request.path_params["id"], lambda job: reporting_files(workspace, job.wanted))
    return _view(request, jobs, job, "/download/reporting_data")
