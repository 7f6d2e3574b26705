"""What the doctor says of the way to the database, and of the login."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from command_line import CommandLine
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from intercom_etl.doctor_database import Link, judge_encryption, judge_rights

CERTIFICATE = Path(__file__).parents[1] / "extract" / "localhost.pem"
TLS = {"protocol": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "gssapi": False}
PLAIN = {"protocol": None, "cipher": None, "gssapi": False}
RIGHTS = {
    "user_name": "me", "superuser": False, "owns": False, "loads": True, "makes_views": True,
    "reads_people": True, "reads": True, "may_break": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("near", "encrypted", "sslmode", "level", "said"),
    [
        (True, False, "prefer", "ok", "none needed"),
        (True, True, "prefer", "ok", "TLSv1.3 TLS_AES_256_GCM_SHA384, sslmode=prefer"),
        (False, False, "prefer", "warn", "can be read on the way"),
        (False, False, "disable", "warn", "can be read on the way"),
        (False, True, "prefer", "warn", "nobody checks who the server is"),
        (False, True, "require", "warn", "nobody checks who the server is"),
        (False, True, "verify-ca", "warn", "not whether it is this host's"),
        (False, True, "verify-full", "ok", "TLSv1.3 TLS_AES_256_GCM_SHA384, sslmode=verify-full"),
    ],
)
def test_only_a_verified_server_is_well_away_from_this_machine(
    near: bool, encrypted: bool, sslmode: str, level: str, said: str
) -> None:
    finding = judge_encryption(Link(near, encrypted, sslmode), TLS if encrypted else PLAIN)
    assert finding.level == level
    assert said in finding.text
    assert (finding.hint is not None and "sslmode=verify-full" in finding.hint) == (level == "warn")
    assert judge_encryption(Link(near, False, sslmode), PLAIN | {"gssapi": True}).level == "ok"


@pytest.mark.parametrize(
    ("changes", "near", "level", "said"),
    [
        ({}, False, "ok", "cannot change or drop tables"),
        ({"superuser": True, "owns": True}, True, "ok", "is a superuser"),
        ({"superuser": True, "owns": True}, False, "warn", "the whole server"),
        ({"owns": True}, False, "ok", "is the owner"),
        ({"loads": False}, False, "warn", "reads all data, and cannot write"),
        ({"loads": False, "reads_people": False}, False, "warn", "without what is personal"),
        ({"loads": False, "reads_people": False, "reads": False}, False, "warn", "may not even read"),
        ({"makes_views": False}, False, "warn", "cannot make the views"),
        ({"may_break": True}, False, "warn", "more rights than that needs"),
    ],
)
def test_a_login_that_may_too_much_or_too_little_is_told(
    changes: dict[str, Any], near: bool, level: str, said: str
) -> None:
    finding = judge_rights(RIGHTS | changes, near=near, is_embedded=False)
    assert (finding.level, said in finding.text) == (level, True), finding


@pytest.fixture
def tls_port(database_url: str) -> Iterator[int]:
    """A pooler, as PgBouncer would be one: TLS on this side, a plain socket behind."""
    parts = conninfo_to_dict(database_url)
    behind = f"{parts['host']}/.s.PGSQL.{parts['port']}"
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                target.sendall(piece)
        for side in (source, target):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def serve(plain: socket.socket) -> None:
        with suppress(OSError), plain:
            if plain.recv(8)[4:] != b"\x04\xd2\x16\x2f":  # SSLRequest: whoever speaks plainly is hung up on
                return
            plain.sendall(b"S")
            with (
                context.wrap_socket(plain, server_side=True) as client,
                socket.socket(socket.AF_UNIX) as server,
            ):
                server.connect(behind)
                threading.Thread(target=pump, args=(server, client), daemon=True).start()
                pump(client, server)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def test_the_live_connection_is_what_is_told(bare: CommandLine, tls_port: int, database_url: str) -> None:
    name = conninfo_to_dict(database_url)["dbname"]
    url = f"postgresql://postgres@localhost:{tls_port}/{name}?sslmode"
    checked = bare("doctor", "--offline", DATABASE_URL=f"{url}=verify-full&sslrootcert={CERTIFICATE}")
    assert checked.code == 0, checked.out
    assert "ok    encryption            TLS, sslmode=verify-full" in checked.out
    by_environment = bare(
        "doctor", "--offline", DATABASE_URL=url.removesuffix("?sslmode"), PGSSLMODE="require"
    )
    assert "ok    encryption            TLS, sslmode=require" in by_environment.out
    assert "`postgres` is a superuser" in checked.out
    for wrong in ("=verify-full&sslrootcert=system", "=disable"):
        refused = bare("doctor", "--offline", DATABASE_URL=url + wrong)
        assert "FAIL  database" in refused.out
    here = bare("doctor", "--offline", DATABASE_URL=database_url)
    assert "ok    encryption            none, and none needed" in here.out


async def test_a_connection_knows_how_near_it_is(database_url: str, tls_port: int) -> None:
    far = make_conninfo(
        database_url, host="db.example", hostaddr="127.0.0.1", port=tls_port, sslmode="require"
    )
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        assert Link.of(connection) == Link(near=True, encrypted=False, sslmode="prefer")
    async with await psycopg.AsyncConnection.connect(far) as connection:
        assert Link.of(connection) == Link(near=True, encrypted=True, sslmode="require")
