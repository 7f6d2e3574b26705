"""Connections that break, crawl, hang, or lead to somebody else: rows 6, 7 and 8 of the fault matrix."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command_line import assert_says
from oracle import assert_fired

from intercom_etl.errors import RetriableApiError
from intercom_etl.exit_codes import ExitCode
from tests.faults.copying import DETAIL, SEARCH, copying
from tests.faults.wire import HTML, Spoil, Wire

CERTIFICATE = Path(__file__).parents[1] / "extract" / "localhost.pem"
BREAKS = ("reset", "early_close", "more_announced", "less_announced", "cut_chunks")


@pytest.mark.fault(6, "L D")
def test_connections_that_break_in_the_middle_cost_only_time(database_url: str, tmp_path: Path) -> None:
    spoils = [Spoil(kind, request, count=2) for request in (SEARCH, DETAIL) for kind in BREAKS]
    with copying(database_url, tmp_path, *spoils) as copy:
        assert copy.sync(max_attempts=20).exit_code is ExitCode.OK
        for spoil in spoils:
            assert_fired(spoil.fired, f"{spoil.kind} on {spoil.request}", at_least=2)
        copy.assert_is_whole()


@pytest.mark.fault(6, "L D")
def test_connections_that_always_break_end_the_stream(database_url: str, tmp_path: Path) -> None:
    with copying(database_url, tmp_path) as copy:
        # few for the details: each run leaves some in quarantine, which the next one asks for and forgives
        for request, kinds in ((SEARCH, BREAKS), (DETAIL, ("reset", "less_announced"))):
            for kind in kinds:
                (spoil,) = copy.spoil(Spoil(kind, request))
                report = copy.sync(max_attempts=1)
                assert_fired(spoil.fired, kind)
                assert report.exit_code is ExitCode.TRY_AGAIN, kind
                assert copy.bookmarks() == []
                copy.assert_sound()
        copy.spoil(Spoil("reset", "GET /me"))
        assert_says(copy.command(), 75, ["`GET /me`"], "run the same command again later")
        copy.assert_recovers()


@pytest.mark.fault(7, "L D")
def test_answers_that_crawl_or_never_come_are_given_up_and_asked_for_again(
    database_url: str, tmp_path: Path
) -> None:
    spoils = [Spoil(kind, request, count=1) for request in (SEARCH, DETAIL) for kind in ("slow", "hang")]
    with copying(database_url, tmp_path, *spoils) as copy:
        assert copy.sync(request_timeout=1.0).exit_code is ExitCode.OK
        for spoil in spoils:
            assert_fired(spoil.fired, f"{spoil.kind} on {spoil.request}")
        copy.assert_is_whole()


@pytest.mark.fault(7, "L D")
def test_a_deadline_is_for_the_whole_answer_however_steadily_it_crawls(
    database_url: str, tmp_path: Path
) -> None:
    with copying(database_url, tmp_path) as copy:
        crawling = sorted(copy.workspace.truth("conversations"))[7]
        (detail,) = copy.spoil(Spoil("slow", f"GET /conversations/{crawling}", seconds=0.05))
        ended = copy.command("--quiet", INTERCOM_ETL_REQUEST_TIMEOUT="2")
        assert_fired(detail.fired, "a detail that crawls")
        assert ended.code == 3
        assert copy.quarantined() == [(crawling, True)]
        copy.assert_sound()
        (listing,) = copy.spoil(Spoil("slow", "GET /me", seconds=0.05))
        ended = copy.command(INTERCOM_ETL_REQUEST_TIMEOUT="2")
        assert_fired(listing.fired, "a list that crawls")
        assert_says(ended, 75, ["`GET /me` to `127.0.0.1:", "took too long"], "INTERCOM_ETL_REQUEST_TIMEOUT")
        copy.assert_recovers()


@contextmanager
def deaf() -> Iterator[str]:
    """The address of somebody who never accepts: the connection itself hangs."""
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for one in (first, second):  # the queue is full after these
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.fault(7, "L")
def test_a_connection_that_hangs_is_given_up(database_url: str, tmp_path: Path) -> None:
    with copying(database_url, tmp_path) as copy, deaf() as address:
        ended = copy.command(INTERCOM_BASE_URL=address, INTERCOM_ETL_REQUEST_TIMEOUT="0.5")
        assert ended.code == 75
        assert "`127.0.0.1:" in ended.err
        copy.wire.url, there = address, copy.wire.url
        with pytest.raises(RetriableApiError, match="cannot connect to"):
            copy.sync(connect_timeout=0.2, max_attempts=2)
        copy.wire.url = there
        copy.assert_recovers()


@pytest.mark.fault(8, "L")
def test_a_name_that_nobody_knows_is_for_later(database_url: str, tmp_path: Path) -> None:
    with copying(database_url, tmp_path) as copy:
        ended = copy.command(INTERCOM_BASE_URL="https://nohost.invalid")
        assert_says(ended, 75, ["cannot find host `nohost.invalid`"], "check the network and the name")
        copy.assert_recovers()


@pytest.mark.fault(8, "L")
def test_a_certificate_that_is_not_believed_is_a_matter_of_settings(
    database_url: str, tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with copying(database_url, tmp_path) as copy, Wire(copy.server.port, tls=context) as wire:
        # patience, which must not be used: no waiting makes a certificate better
        ended = copy.command(INTERCOM_BASE_URL=wire.url, INTERCOM_ETL_MAX_RETRY_SECONDS="600")
        assert_says(
            ended, 78, ["cannot talk tls with `127.0.0.1:", "self-signed certificate"], "SSL_CERT_FILE"
        )
        assert wire.asked == []  # nobody saw the token
        ended = copy.command(INTERCOM_BASE_URL=wire.url, SSL_CERT_FILE=str(CERTIFICATE))
        assert ended.code == 0, ended
        copy.assert_recovers()


@contextmanager
def somebody_else(greeting: bytes) -> Iterator[str]:
    """The address of a server that says this to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                with caller:
                    caller.recv(65_536)
                    caller.sendall(greeting)

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def said(status: str, body: bytes, more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{more}\r\n".encode() + body


@pytest.mark.fault(8, "L")
@pytest.mark.parametrize(
    ("greeting", "code", "error", "hint"),
    [
        (
            said("200 OK", HTML),
            75,
            "`GET /me` is not a whole JSON object",
            "a proxy or login page may stand in",
        ),
        (said("200 OK", b'{"status":"ok"}'), 78, "names no workspace", "check INTERCOM_BASE_URL"),
        (said("404 Not Found", HTML), 78, "`GET /me` was answered 404", "check INTERCOM_BASE_URL"),
        (said("302 Found", b"", "location: https://elsewhere\r\n"), 78, "answered 302", "redirects"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", 75, "during `GET /me`", "check the network and the address"),
    ],
    ids=["a page", "another api", "no such page", "a redirect", "no http"],
)
def test_a_host_that_is_not_intercom_is_named(
    database_url: str, tmp_path: Path, greeting: bytes, code: int, error: str, hint: str
) -> None:
    with copying(database_url, tmp_path) as copy:
        with somebody_else(greeting) as address:
            assert_says(copy.command(INTERCOM_BASE_URL=address), code, [error], hint)
        assert copy.stored() == 0
        assert copy.bookmarks() == []
