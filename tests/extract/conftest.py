"""Fixtures of the extract tests: a server that misbehaves on request, and a client that is in a hurry."""

from collections.abc import AsyncIterator

import pytest

from intercom_etl.extract.client import ClientConfig, IntercomClient
from tests.extract.fake_api import Api

TOKEN = "dG9rOnNlY3JldC10b2tlbg=="


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with Api().serving() as serving:
        yield serving


@pytest.fixture
def config(api: Api) -> ClientConfig:
    """Like the defaults, with waits that a test can bear."""
    return ClientConfig(
        api.url,
        TOKEN,
        request_timeout=2.0,
        max_attempts=4,
        backoff_base=0.005,
        backoff_cap=0.02,
        scroll_busy_wait=0.01,
        export_pause=0.001,
        export_patience=5.0,
    )


@pytest.fixture
async def client(config: ClientConfig) -> AsyncIterator[IntercomClient]:
    async with IntercomClient(config) as opened:
        yield opened
