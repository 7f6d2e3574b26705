"""Tells a watchdog that a run begins and how it ended, in the way that healthchecks.io made common.

    URL/start      the run begins
    URL            it ended with 0
    URL/<code>     it ended with another code
The summary goes along as the body. A watchdog that cannot be reached never fails a run.
"""

import httpx

from intercom_etl.errors import ConfigError

SECONDS = 10.0
TRIES = 3
LONGEST_BODY = 10_000  # characters; what healthchecks.io keeps of it


def require_address(url: str) -> None:
    """Raises ConfigError for what is no address; it is not shown, since it lets anybody ping."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        address = None
    if address is None or address.scheme not in ("http", "https") or not address.host:
        raise ConfigError(
            "the address to ping is not an http(s) address", "like https://hc-ping.com/your-uuid"
        )


def ping(url: str, path: str = "", body: str = "") -> str | None:
    """Sends one ping, some times if it must; returns why it did not arrive, None when it did.

    `path` is `start`, an exit code, or nothing.
    """
    address = url.rstrip("/") + (f"/{path}" if path else "")
    why = ""
    with httpx.Client(timeout=SECONDS, follow_redirects=False) as client:
        for _ in range(TRIES):
            try:
                answer = client.post(address, content=body[:LONGEST_BODY].encode(errors="replace"))
            except httpx.HTTPError as error:
                why = type(error).__name__  # its text may show the address
                continue
            if answer.is_success:
                return None
            why = f"it answered {answer.status_code}"
    return why
