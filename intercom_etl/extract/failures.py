"""Turns what went wrong on the wire into our errors, with the mend; nothing here sends anything.

Every message is built from the request, the status and cleaned words of the API: never from a
foreign error's own text, which may quote headers or addresses.
"""

import re
import socket
import ssl
import zlib
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict, CIMultiDictProxy

from intercom_etl.errors import (
    ApiError,
    CredentialsError,
    FatalApiError,
    NotAvailableError,
    RetriableApiError,
)
from intercom_etl.extract.body import BodyTooLargeError, UnknownEncodingError
from intercom_etl.extract.fields import text_at
from intercom_etl.extract.rate_limit import asked_wait
from intercom_etl.json_text import elements, member_at, members
from intercom_etl.privacy.addresses import without_addresses

FOREIGN = (
    httpx.HTTPError,
    httpx.InvalidURL,
    aiohttp.ClientError,
    HttpProcessingError,
    BodyTooLargeError,
    UnknownEncodingError,
    zlib.error,
    OSError,  # sockets, ssl.SSLError and TimeoutError among them
)
TIMED_OUT = "timeout"  # our own codes, beside those of the API
CUT_OFF = "incomplete"
TOO_LARGE = "response_too_large"
JOB_PENDING = "export_job_pending"
LONGEST_MESSAGE = 200
LATER = "run the same command again later; if it stays so, check the network and the address"
SLOW = "run the same command again later, or raise INTERCOM_ETL_REQUEST_TIMEOUT"
TLS = "check the address, the clock, and SSL_CERT_FILE behind a proxy that inspects tls"

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_RETRIED = (408, 409, 429)
_PENDING = re.compile(rb"pending [\w ]{1,80} jobs?\b")
_MOVED = re.compile(r"<[^>]*/([^/>?#]+)[^>]*>\s*;[^,]*rel=\"?canonical")


def clean(text: str, secret: str = "") -> str:
    """Words from outside, fit for a terminal and a log line: no control characters, no secret.

    And no address: messages are stored with the run, whatever the privacy policy says.
    """
    if secret:
        text = text.replace(secret, "[token]")
    text = without_addresses(_UNPRINTABLE.sub(" ", text).strip())
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 3] + "..."


def refusal(request: str, status: int, headers: Mapping[str, str], body: bytes, secret: str) -> ApiError:
    """The error for an answer that is not a 2xx; `body` may be anything."""
    try:
        fields = members(body)
    except ValueError:
        fields = {}
    code, message, permissions = _said(fields, secret)
    request_id = request_id_of(headers, fields, secret)
    said = f": {message}" if message else ""
    text = f"`{request}` was answered {status}{f' `{code}`' if code else ''}{said}"
    hint = _hint(status, code, permissions)
    if is_job_pending(status, body):
        return FatalApiError(
            text, "wait for it", request=request, status=status, request_id=request_id, code=JOB_PENDING
        )
    if status in _RETRIED or status >= 500:
        return RetriableApiError(
            text,
            hint,
            request=request,
            status=status,
            request_id=request_id,
            code=code,
            retry_after=asked_wait(status, headers),
        )
    refused = _kind(status, code)(
        text, hint, request=request, status=status, request_id=request_id, code=code
    )
    if status == 410 and (link := _MOVED.search(headers.get("link", ""))) is not None:
        refused.moved_to = clean(unquote(link[1]))
    return refused


def is_job_pending(status: int, body: bytes) -> bool:
    """Whether a 429 is not for the rate: as many export jobs as are allowed are under way."""
    return status == 429 and _PENDING.search(body[:4_000]) is not None


def _kind(status: int, code: str | None) -> type[FatalApiError]:
    if status == 401:
        return CredentialsError
    if status in (402, 403) or code == "intercom_version_invalid":
        return NotAvailableError
    return FatalApiError


def _hint(status: int, code: str | None, permissions: str) -> str | None:
    if status == 401:
        return "check INTERCOM_ACCESS_TOKEN, and that the region is the one of the workspace"
    if code == "intercom_version_invalid":
        return "set INTERCOM_API_VERSION to a version that has this endpoint"
    if code == "api_plan_restricted" or status == 402:
        return "the workspace's plan does not include this"
    if status == 403:
        return f"give the token the permission {permissions or 'to read this'} in Intercom's Developer Hub"
    if 300 <= status < 400:
        return "redirects are not followed, the token would go along: check the address of the api"
    if status == 429:
        return "another program uses up the allowance of the workspace: try again later"
    if status >= 500:
        return "Intercom has trouble of its own: run the same command again later"
    return None


def _said(fields: Mapping[str, bytes], secret: str) -> tuple[str | None, str, str]:
    """Code, message and missing permissions of the first error in the body."""
    try:
        first = members(elements(fields.get("errors", b"null"))[0])
    except (ValueError, IndexError):
        return None, "", ""
    code = text_at(first, "code")
    message = text_at(first, "message") or ""
    permissions = member_at(first.get("data", b"null"), ("required_permissions",)) or b""
    words = clean(permissions.decode(errors="replace"), secret).strip("[]")
    return clean(code, secret) if code else None, clean(message, secret), words


def request_id_of(headers: Mapping[str, str], fields: Mapping[str, bytes], secret: str) -> str | None:
    """What Intercom's support asks for."""
    found = headers.get("x-request-id") or text_at(fields, "request_id")
    return clean(found, secret) if found else None


def lost(request: str, host: str, error: BaseException) -> ApiError:
    """The error for a request that got no whole answer; `error` is one of FOREIGN."""
    chain = list(_causes(error))
    for link in chain:
        _forget_headers(link)

    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(link, kinds) for link in chain)

    if among(BodyTooLargeError):
        return FatalApiError(
            f"answer to `{request}` is larger than the cap",
            "raise INTERCOM_ETL_MAX_RESPONSE_MB if such answers are expected",
            request=request,
            code=TOO_LARGE,
        )
    if among(UnknownEncodingError, httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.TooManyRedirects):
        return FatalApiError(f"`{request}` got an unexpected response or address", request=request)
    if (reason := _certificate(chain)) is not None:  # it does not get better by waiting
        return FatalApiError(f"cannot talk tls with `{host}`: {reason}", TLS, request=request, code="tls")
    message, hint, code = f"connection to `{host}` was lost during `{request}`", LATER, CUT_OFF
    if among(zlib.error, aiohttp.ClientPayloadError, httpx.DecodingError):
        message = f"answer to `{request}` was cut off or damaged"
    elif among(aiohttp.ClientConnectorDNSError, socket.gaierror):
        message, hint, code = f"cannot find host `{host}`", "check the network and the name", "dns"
    elif among(aiohttp.ClientConnectorSSLError, aiohttp.ClientConnectorCertificateError, ssl.SSLError):
        message, hint, code = f"cannot talk tls with `{host}`", TLS, "tls"
    elif among(aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError, httpx.ProxyError):
        message, hint, code = f"the proxy does not reach `{host}`", "check HTTPS_PROXY and NO_PROXY", "proxy"
    elif among(aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, ConnectionRefusedError):
        message, hint, code = f"cannot connect to `{host}`", "check the network and the address", "connect"
    elif among(TimeoutError):
        message, hint, code = f"`{request}` to `{host}` took too long", SLOW, TIMED_OUT
    return RetriableApiError(message, hint, request=request, code=code)


def _causes(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    for _ in range(10):
        if link is None:
            return
        yield link
        link = link.__cause__ or link.__context__


def _forget_headers(error: BaseException) -> None:
    """Some errors of aiohttp show the request's headers, and so the token, in their repr."""
    if isinstance(error, aiohttp.ClientResponseError):
        error.request_info = error.request_info._replace(headers=CIMultiDictProxy(CIMultiDict()))
        error.args = ()


def _certificate(chain: list[BaseException]) -> str | None:
    """Why the certificate is not believed, None when that is not the trouble."""
    for link in chain:
        if isinstance(link, aiohttp.ClientConnectorCertificateError):
            link = link.certificate_error
        if isinstance(link, ssl.SSLCertVerificationError):
            return clean(link.verify_message)
    return None
