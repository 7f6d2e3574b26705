"""Opens the connection pool: httpx as the interface, aiohttp underneath (docs/adr/0002).

The token travels in a header that httpx would send to any absolute address, so `address_of` is
the only way to name a resource and refuses whatever could leave the configured host.
"""

import re
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from intercom_etl.errors import ConfigError
from intercom_etl.extract.config import ClientConfig

_PATH = re.compile(r"(?:/[A-Za-z0-9._~%!$&'()*+,;=:@-]+)+")


def address_of(base_url: str, path: str) -> str:
    """The full address of a path like `/contacts`; raises ValueError for anything else."""
    if not _PATH.fullmatch(path) or any(set(unquote(part)) <= {"."} for part in path[1:].split("/")):
        raise ValueError(f"`{path!r}` is not a path of the api")
    return base_url.rstrip("/") + path


def open_http(config: ClientConfig) -> httpx.AsyncClient:
    """A client of its own pool; needs a running loop, and `aclose` at the end."""
    tls = httpx.create_ssl_context()

    def session() -> aiohttp.ClientSession:
        opened = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=config.concurrency, ssl=tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            # trust_env costs two thread hops a request and reads .netrc: see `proxy_for`.
            trust_env=False,
        )
        # aiohttp repeats a GET whose connection broke without telling: a page of a scroll would
        # be lost unseen. There is no public switch; tests/extract checks that this one works.
        opened._retry_connection = False  # noqa: SLF001 - see above
        return opened

    return httpx.AsyncClient(
        transport=AiohttpTransport(verify=tls, client=session, proxy=proxy_for(config.base_url)),
        headers={
            "Authorization": f"Bearer {config.token}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Content-Type": "application/json",
            "Intercom-Version": config.api_version,
            "User-Agent": f"intercom-etl/{own_version()}",
        },
        # read: silence between two chunks; the deadline for the whole is the client's.
        timeout=httpx.Timeout(config.request_timeout, connect=config.connect_timeout),
        follow_redirects=False,
        trust_env=False,
    )


def proxy_for(base_url: str) -> httpx.Proxy | None:
    """The proxy that the environment names for this address, looked up once."""
    address = urlsplit(base_url)
    proxy = getproxies().get(address.scheme) or getproxies().get("all")
    if not proxy or not address.hostname or proxy_bypass(address.hostname):
        return None
    if urlsplit(proxy).scheme not in ("http", "https"):
        raise ConfigError(
            "proxy in the environment is not an http(s) address", "check HTTPS_PROXY and ALL_PROXY"
        )
    plain = httpx.Proxy(proxy)
    if plain.auth is None:
        return plain
    # as a header: the transport would hand user and password over in a way that aiohttp retires
    return httpx.Proxy(plain.url, headers={"Proxy-Authorization": aiohttp.encode_basic_auth(*plain.auth)})


def own_version() -> str:
    """This program's version, "0" when it runs from a folder that was never installed."""
    try:
        return version("intercom-etl")
    except PackageNotFoundError:
        return "0"
