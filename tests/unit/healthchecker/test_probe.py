import asyncio
import json
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import pytest

from healthchecker import __version__
from healthchecker.probe import Poll, Probe
from healthchecker.reason import Reason
from healthchecker.settings import Settings
from support.ports import free_port
from support.waiting import load_factor

DEADLINE = 0.4
GOOD = b'{"results":[1]}'
Serve = Callable[[Any], str]


def poll(url: str, **settings: Any) -> Poll:
    return asyncio.run(Probe(Settings(target_url=url, timeout=DEADLINE, **settings))())


def response(body: bytes = GOOD, *headers: str, status: str = "200 OK", media_type: str = "application/json") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {media_type}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def sized(body: bytes = GOOD, **words: Any) -> bytes:
    return response(body, f"Content-Length: {len(body)}", **words)


def never_answer(_connection: socket.socket, over: threading.Event) -> None:
    over.wait()


def reset(connection: socket.socket, _over: threading.Event) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def drip(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(response(b"", "Content-Length: 1000"))
    while not over.wait(0.02):
        connection.sendall(b" ")


def drip_headers(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.wait(0.02):
        connection.sendall(b"A: b\r\n")


def never_end(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(response(b""))
    while not over.is_set():
        connection.sendall(b" " * 65536)


@pytest.fixture
def closed_port() -> str:
    return f"http://127.0.0.1:{free_port()}/"


@pytest.mark.parametrize(
    "answer", [sized(), response(), response(b"f\r\n" + GOOD + b"\r\n0\r\n\r\n", "Transfer-Encoding: chunked")]
)
def test_a_good_answer_is_a_success_however_it_is_framed(serve: Serve, answer: bytes) -> None:
    assert poll(serve(answer)).verdict.ok


MISBEHAVIOURS = {
    "resets": (reset, Reason.CONNECTION_RESET),
    "closes without a word": (b"", Reason.CONNECTION_RESET),
    "never answers": (never_answer, Reason.READ_TIMEOUT),
    "drips its body": (drip, Reason.READ_TIMEOUT),
    "drips its headers": (drip_headers, Reason.READ_TIMEOUT),
    "never ends": (never_end, Reason.BODY_TOO_LARGE),
    "sends 64 KiB and a byte": (sized(b" " * 65537), Reason.BODY_TOO_LARGE),
    "promises more than it sends": (response(GOOD, "Content-Length: 99"), Reason.PROTOCOL),
    "promises less than it sends": (response(GOOD, "Content-Length: 9"), Reason.PROTOCOL),
    "speaks another protocol": (b"SSH-2.0-OpenSSH_9.9\r\n", Reason.PROTOCOL),
    "sends a broken chunk": (response(b"zz\r\n", "Transfer-Encoding: chunked"), Reason.PROTOCOL),
    "sends an endless header": (b"HTTP/1.1 200 OK\r\nA: " + b"a" * 100_000, Reason.PROTOCOL),
    "redirects": (response(b"", "Location: /", "Content-Length: 0", status="302 Found"), Reason.HTTP_STATUS),
    "sends HTML": (sized(b"<html>", media_type="text/html"), Reason.CONTENT_TYPE),
    "sends broken JSON": (sized(b'{"results":[1'), Reason.BODY),
    "sends true": (sized(b'{"results":[true]}'), Reason.BODY),
    "compresses": (response(b"\x1f\x8b", "Content-Encoding: gzip", "Content-Length: 2"), Reason.BODY),
    "fails": (sized(b"", status="500 Oops"), Reason.HTTP_STATUS),
}


@pytest.mark.fault("N5", "N6")
@pytest.mark.parametrize(("behaviour", "reason"), MISBEHAVIOURS.values(), ids=MISBEHAVIOURS)
def test_a_target_that_misbehaves_gets_one_verdict_inside_the_deadline(
    serve: Serve, behaviour: Any, reason: Reason
) -> None:
    result = poll(serve(behaviour))
    assert result.verdict.reason is reason
    assert result.duration < (DEADLINE + 0.2) * load_factor()


@pytest.mark.fault("N3")
def test_a_port_where_nobody_listens_is_connection_refused(closed_port: str) -> None:
    assert poll(closed_port).verdict.reason is Reason.CONNECTION_REFUSED


def test_an_address_to_which_no_route_leads_is_network_unreachable() -> None:
    assert poll("http://224.0.0.1/").verdict.reason is Reason.NETWORK_UNREACHABLE  # multicast: TCP never leads there


def test_a_name_that_does_not_exist_is_dns() -> None:
    assert poll("http://does-not-exist.invalid/").verdict.reason is Reason.DNS


def test_a_name_server_that_does_not_answer_is_dns_too(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_words: over.wait(5))

    async def ask() -> Poll:
        result = await Probe(Settings(target_url="http://slow.invalid/", timeout=2, connect_timeout=0.2))()
        over.set()
        return result

    result = asyncio.run(ask())
    assert result.verdict.reason is Reason.DNS
    assert result.duration < 0.4 * load_factor()


@pytest.mark.fault("N2")
def test_a_host_that_accepts_no_connection_is_connect_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        address = server.getsockname()
        # The backlog is full once these wait in it: the kernel then answers no further one.
        waiting = [socket.socket() for _ in range(3)]
        for connection in waiting:
            connection.settimeout(0)
            connection.connect_ex(address)
        result = poll(f"http://127.0.0.1:{address[1]}/", connect_timeout=0.2)
        for connection in waiting:
            connection.close()
    assert result.verdict.reason is Reason.CONNECT_TIMEOUT
    assert result.duration < DEADLINE * load_factor()


@pytest.mark.parametrize("connect_timeout", [0.2, DEADLINE])
def test_a_tls_handshake_that_hangs_is_connect_timeout(serve: Serve, connect_timeout: float) -> None:
    url = serve(never_answer).replace("http:", "https:")
    assert poll(url, connect_timeout=connect_timeout).verdict.reason is Reason.CONNECT_TIMEOUT


def test_a_target_that_speaks_no_tls_is_tls(serve: Serve) -> None:
    assert poll(serve(sized()).replace("http:", "https:")).verdict.reason is Reason.TLS


@pytest.mark.parametrize("behaviour", [reset, b"", sized()])
def test_one_poll_is_one_request(serve: Serve, behaviour: Any) -> None:
    requests = []

    def count(connection: socket.socket, over: threading.Event) -> None:
        requests.append(1)
        connection.sendall(behaviour) if isinstance(behaviour, bytes) else behaviour(connection, over)

    poll(serve(count))
    assert len(requests) == 1


def test_every_poll_makes_its_own_connection(serve: Serve) -> None:
    peers = []

    def remember(connection: socket.socket, over: threading.Event) -> None:
        peers.append(connection.getpeername())
        connection.sendall(sized())
        over.wait(0.2)

    url = serve(remember)

    async def twice() -> None:
        probe = Probe(Settings(target_url=url))
        assert (await probe()).verdict.ok
        assert (await probe()).verdict.ok

    asyncio.run(twice())
    assert len(set(peers)) == 2


def test_a_poll_says_who_it_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        received = []

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                received.append(connection.recv(65536))
                connection.sendall(sized())

        thread = threading.Thread(target=answer)
        thread.start()
        assert poll(f"http://127.0.0.1:{server.getsockname()[1]}/db-check").verdict.ok
        thread.join()
    assert received[0].startswith(b"GET /db-check HTTP/1.1\r\n")
    assert f"User-Agent: healthchecker/{__version__}\r\n".encode() in received[0]


def test_the_words_of_the_api_reach_the_verdict(serve: Serve) -> None:
    problem = {"code": "db_locked", "title": "The database is locked", "remedy": "Wait."}
    words: Any = {"status": "503 Service Unavailable", "media_type": "application/problem+json"}
    body = json.dumps(problem).encode()
    verdict = poll(serve(response(body, "Retry-After: 7", f"Content-Length: {len(body)}", **words))).verdict
    assert (verdict.http_status, verdict.code, verdict.title, verdict.remedy) == (503, *problem.values())
    assert verdict.retry_after == 7


def test_an_error_that_nobody_foresaw_is_a_failed_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_words: Any) -> None:
        raise RuntimeError("a bug\nof the library")

    monkeypatch.setattr("aiohttp.ClientSession", broken)
    verdict = poll("http://127.0.0.1/").verdict
    assert verdict.reason is Reason.CONNECTION
    assert "RuntimeError: a bug of the library" in verdict.detail


def test_proxies_of_the_environment_are_not_used(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, closed_port: str
) -> None:
    monkeypatch.setenv("http_proxy", closed_port)
    assert poll(serve(sized())).verdict.ok
