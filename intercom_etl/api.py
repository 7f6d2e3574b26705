"""Which API: the client's configuration from the settings."""

from intercom_etl.extract.client import ClientConfig
from intercom_etl.settings import Settings


def api_config(settings: Settings) -> ClientConfig:
    """How to reach the workspace. Raises ConfigError when the token is missing or cannot be one."""
    return ClientConfig(
        base_url=settings.base_url,
        token=settings.require_token(),
        api_version=settings.intercom_api_version,
        request_timeout=settings.intercom_etl_request_timeout,
        max_attempts=settings.intercom_etl_max_attempts,
        max_retry_seconds=settings.intercom_etl_max_retry_seconds,
        max_response_bytes=settings.intercom_etl_max_response_mb * 1024 * 1024,
        concurrency=settings.intercom_etl_concurrency,
        rate_headroom=settings.intercom_etl_rate_headroom,
    )
