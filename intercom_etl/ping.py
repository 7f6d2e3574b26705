"""Tells a watchdog that a run begins and how it ended, in the way that healthchecks.io made common.

    URL/start      the run begins
    URL            it ended with 0
    URL/<code>     it ended with another code
The summary goes along as the body. A watchdog that cannot be reached never fails a run.
"""

from urllib.parse import urlsplit

import httpx

from intercom_etl.errors import ConfigError

SECONDS = 10.0
LONGEST_BODY = 10_000  # characters; what healthchecks.io keeps of it
SHORTEST_SECRET = 12  # of the parts of an address; a shorter one is rather a word


def require_address(url: str) -> None:
    """Raises ConfigError for what is no address; it is not shown, since it lets anybody ping."""
    try:
        urlsplit(url)  # sees brackets that are not closed
        address = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        address = None
    if address is None or address.scheme not in ("http", "https") or not address.host:
        raise ConfigError(
            "the address to ping is not an http(s) address",
            "give --ping-url or INTERCOM_ETL_PING_URL one like https://hc-ping.com/your-uuid",
        )


def secrets_of(url: str) -> set[str]:
    """Every form in which the address could turn up in a text: whole, and those parts that let one ping."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        return {url}
    path, query = address.path.strip("/"), address.query.decode(errors="replace")
    parts = {path, query, address.password, *path.split("/"), *address.params.values()}
    return {url} | {part for part in parts if len(part) >= SHORTEST_SECRET}


def ping(url: str, path: str = "", body: str = "", *, tries: int = 3) -> str | None:
    """Sends one ping, some times if it must; returns why it did not arrive, None when it did.

    `path` is `start`, an exit code, or nothing.
    """
    why = ""
    content = body[:LONGEST_BODY].encode(errors="replace")
    with httpx.Client(timeout=SECONDS, follow_redirects=False) as client:
        for _ in range(tries):
            try:
                # what it answers is not read: it may be endless
                with client.stream("POST", _below(url, path), content=content) as answer:
                    if answer.is_success:
                        return None
                    why = f"it answered {answer.status_code}"
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                why = type(error).__name__  # its text may show the address
    return why


def _below(url: str, path: str) -> httpx.URL:
    """The address with `path` at its end, and in front of its query."""
    address = httpx.URL(url)
    return address.copy_with(path="/".join((address.path.rstrip("/"), path)).rstrip("/") or "/")
