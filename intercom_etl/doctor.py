"""Looks at everything that a sync needs, one thing after the other, and says what to mend. Changes nothing.

Every finding is a line by itself, so that it can be shown as soon as it is known. A request of the
doctor is never retried for long: somebody is waiting in front of the screen.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from intercom_etl.api import api_config
from intercom_etl.doctor_database import examine_database
from intercom_etl.doctor_settings import examine_settings
from intercom_etl.endpoint import Cursor, Linked, Listing, Log, Paged, PerName, PerParent, Scroll, Search
from intercom_etl.errors import CredentialsError, EtlError, FatalApiError
from intercom_etl.exit_codes import ExitCode
from intercom_etl.export import Datasets, Export
from intercom_etl.extract.client import IntercomClient
from intercom_etl.findings import Finding, failed
from intercom_etl.settings import Settings
from intercom_etl.stream import Stream
from intercom_etl.streams import usual_streams

TRIES = 2
PATIENCE_SECONDS = 15.0
SKEW_WORTH_A_WORD = timedelta(seconds=30)


async def examine(
    settings: Settings, *, offline: bool, clock: Callable[[], datetime]
) -> AsyncIterator[Finding]:
    """Settings, files, API (unless `offline`), database, in this order."""
    for finding in examine_settings(settings):
        yield finding
    if not offline:
        async for finding in _examine_api(settings, clock):
            yield finding
    async for finding in examine_database(settings):
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
            yield failed("intercom", error)
            return
        where = f", region {workspace.region}" if workspace.region else ""
        name = workspace.name or workspace.id
        yield Finding(
            "ok",
            "intercom",
            f"workspace {name} ({workspace.id}){where}, API {config.api_version} at {config.base_url}",
        )
        yield _judge_clock(client.now() - clock())
        yield _show_allowance(client.allowance)
        for finding in await _examine_streams(client, settings):
            yield finding


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
    return [*trouble, *untried, Finding("ok", "streams", f"{readable} of {len(streams)} can be read")]


def _judge_clock(ahead: timedelta) -> Finding:
    # the server's clock is known to the second only
    seconds = ahead.total_seconds()
    if abs(ahead) <= SKEW_WORTH_A_WORD:
        return Finding("ok", "clock", f"{abs(seconds):.0f} s away from Intercom's")
    way = "behind" if seconds > 0 else "ahead of"
    return Finding(
        "warn",
        "clock",
        f"{abs(seconds):.0f} s {way} Intercom's",
        "let the system set its clock from the network",
    )


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
        hint = f"tick `{stream.permission}` in Intercom's Developer Hub, or leave the stream out"
        refused = isinstance(error, FatalApiError) and not isinstance(error, CredentialsError)
        return Finding("warn", f"stream {stream.name}", error.message, hint if refused else error.hint)
    return None
