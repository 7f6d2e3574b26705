"""Looks at everything that a sync needs, one thing after the other, and says what to mend. Changes nothing.

Every finding is a line by itself, so that it can be shown as soon as it is known. A request of the
doctor is never retried for long: somebody is waiting in front of the screen.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from intercom_etl.api import api_config
from intercom_etl.doctor_database import examine_database
from intercom_etl.doctor_settings import examine_settings
from intercom_etl.endpoint import Cursor, Linked, Listing, Log, Paged, PerName, PerParent, Scroll, Search
from intercom_etl.errors import ApiError, CredentialsError, EtlError, FatalApiError
from intercom_etl.exit_codes import ExitCode, exit_code_of
from intercom_etl.export import Datasets, Export
from intercom_etl.extract.client import IntercomClient
from intercom_etl.findings import Finding, failed, judge_clock
from intercom_etl.setting_origins import masked
from intercom_etl.settings import HOSTS, Settings
from intercom_etl.stream import Stream
from intercom_etl.streams import usual_streams

TRIES = 2
PATIENCE_SECONDS = 15.0
MADE_FOR: str = Settings.model_fields["intercom_api_version"].default


async def examine(
    settings: Settings, *, offline: bool, clock: Callable[[], datetime]
) -> AsyncIterator[Finding]:
    """Settings, files, API (unless `offline`), database, in this order."""
    for finding in examine_settings(settings):
        yield finding
    if not offline:
        async for finding in _examine_api(settings, clock):
            yield finding
    async for finding in examine_database(settings, offline=offline, clock=clock):
        yield finding


def verdict(findings: list[Finding]) -> ExitCode:
    """What has to be mended first decides: settings, then credentials, then what passes by itself."""
    return max((finding.code for finding in findings if finding.level == "FAIL"), default=ExitCode.OK)


async def _examine_api(settings: Settings, clock: Callable[[], datetime]) -> AsyncIterator[Finding]:
    try:
        config = api_config(settings)
    except EtlError as error:
        yield failed("intercom", error)
        return
    hurried = replace(
        config, max_attempts=TRIES, max_retry_seconds=PATIENCE_SECONDS, request_timeout=PATIENCE_SECONDS
    )
    async with IntercomClient(hurried) as client:
        try:
            workspace = await client.workspace()
        except EtlError as error:
            yield judge_refusal(error, settings)
            return
        where = f", region {workspace.region}" if workspace.region else ""
        name = workspace.name or workspace.id
        yield Finding("ok", "intercom", f"workspace {name} ({workspace.id}){where}, at {config.base_url}")
        yield Finding("ok", "token", f"{masked(config.token)} is good, and belongs to this workspace")
        if (finding := judge_region(workspace.region, settings)) is not None:
            yield finding
        yield _judge_version(config.api_version)
        yield judge_clock(client.now() - clock(), "Intercom's")
        yield _show_allowance(client.allowance)
        for finding in await _examine_streams(client, settings):
            yield finding


def judge_refusal(error: EtlError, settings: Settings) -> Finding:
    """Why the API does not say whose the token is: the version, the token, or something else."""
    if isinstance(error, ApiError) and error.code == "intercom_version_invalid":
        text = f"the API does not know version {settings.intercom_api_version}: {error.message}"
        hint = f"unset INTERCOM_API_VERSION, or set it to {MADE_FOR}"
        return Finding("FAIL", "API version", text, hint, ExitCode.CONFIGURATION)
    finding = failed("intercom", error)
    if not isinstance(error, CredentialsError) or settings.intercom_access_token is None:
        return finding
    token = masked(settings.intercom_access_token.get_secret_value().strip())
    at = _region_of(settings)
    hint = "check INTERCOM_ACCESS_TOKEN: copy it again from the Developer Hub"
    if at is not None:
        others = " or ".join(f"`{region}`" for region in HOSTS if region != at)
        hint += f"; a token of another region is refused in region `{at}`: try INTERCOM_REGION {others}"
    return replace(finding, subject="token", text=f"{token}: {error.message}", hint=hint)


def judge_region(region: str | None, settings: Settings) -> Finding | None:
    """None where the token is asked about in the region of its workspace, or nobody knows."""
    at = _region_of(settings)
    if region is None or at is None or region.lower() == at or region.lower() not in HOSTS:
        return None
    return Finding(
        "warn",
        "region",
        f"the token is of a workspace in region {region}, and INTERCOM_REGION is `{at}`",
        f"set INTERCOM_REGION={region.lower()}: the data take a detour otherwise, or are refused",
    )


def _region_of(settings: Settings) -> str | None:
    """The region whose address is asked; None for an address of the user's own."""
    return next((region for region, host in HOSTS.items() if host == settings.base_url), None)


def _judge_version(version: str) -> Finding:
    if version == MADE_FOR:
        return Finding("ok", "API version", f"{version} is accepted")
    return Finding(
        "warn",
        "API version",
        f"{version} is accepted, and this program is made for {MADE_FOR}",
        "unset INTERCOM_API_VERSION: fields differ between versions",
    )


async def _examine_streams(client: IntercomClient, settings: Settings) -> list[Finding]:
    """Those that a run copies: each that cannot be read, and how many can."""
    try:
        streams = usual_streams(settings.stream_choice, settings.names)
    except EtlError as error:
        return [failed("streams", error)]
    probed = await asyncio.gather(*(_probe(client, stream) for stream in streams))
    trouble = [finding for finding in probed if finding is not None and finding.level != "ok"]
    untried = [finding for finding in probed if finding is not None and finding.level == "ok"]
    readable = len(probed) - len(trouble) - len(untried)
    text = f"{readable} of {len(streams)} can be read"
    if trouble and not readable and {finding.code for finding in trouble} == {ExitCode.CREDENTIALS}:
        hint = "give the token permissions in Intercom's Developer Hub"
        return [*trouble, *untried, Finding("FAIL", "streams", text, hint, ExitCode.CREDENTIALS)]
    return [*trouble, *untried, Finding("ok", "streams", text)]


def _show_allowance(allowance: tuple[int, int] | None) -> Finding:
    if allowance is None:
        return Finding("ok", "rate", "the API announces no limit")
    allowed, left = allowance
    return Finding("ok", "rate", f"{allowed:,} requests in ten seconds allowed, {left:,} left now")


async def _probe(client: IntercomClient, stream: Stream) -> Finding | None:
    """None when the token may read the stream, which the smallest request shows that there is."""
    try:
        match stream.endpoint:
            case Search(path=path):
                query = {"field": "updated_at", "operator": ">", "value": 0}
                await client.post(path, {"query": query, "pagination": {"per_page": 1}})
            case Scroll(path=path):
                # an open scroll shuts out every other one for a minute; the list needs the same right
                await client.post(path.removesuffix("scroll") + "list", {}, {"per_page": 1})
            case Cursor(path=path, params=params) | Paged(path=path, params=params):
                await client.get(path, {**dict(params), "per_page": 1})
            case Listing(path=path, params=params) | Linked(path=path, params=params):
                await client.get(path, dict(params), or_list=True)
            case Log(path=path):
                await client.post(path, {"created_at_after": int(client.now().timestamp()), "per_page": 1})
            case Export(rows=Datasets(path=path)):
                await client.get(path)
            case Export():
                return Finding("ok", f"stream {stream.name}", "not tried: it would start a job")
            case PerParent() | PerName():
                return Finding("ok", f"stream {stream.name}", "not tried: it is read list by list")
            case _:
                assert_never(stream.endpoint)
    except EtlError as error:
        code = exit_code_of(error)
        return Finding("warn", f"stream {stream.name}", error.message, _mend(stream, error), code)
    return None


def _mend(stream: Stream, error: EtlError) -> str | None:
    """What the user can do for a stream that the API refuses; the error's own words for other trouble."""
    if not isinstance(error, FatalApiError):
        return error.hint
    without = f"leave the stream out: INTERCOM_ETL_STREAMS=-{stream.name}"
    if error.status == 402 or error.code == "api_plan_restricted":
        return f"the workspace's plan does not include it: {without}"
    if error.status == 404:
        return f"the API does not have it: {without}"
    return f"tick `{stream.permission}` in Intercom's Developer Hub, or {without}"
