"""Clients that are slow, hostile, too many, or gone."""

import asyncio
import json
import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
import uvloop

from support import raw
from support.http import ask
from support.server import Server, running_server
from support.waiting import eventually, load_factor

HALF_A_HEAD = b"GET /tasks HTTP/1.1\r\nHost: x\r\nX-Slow: "
HALF_A_BODY = b"POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
GET = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("bad-company") / "api.db", instrumented=True) as server:
        yield server
        assert "Traceback" not in server.log


@pytest.fixture
def impatient_server(data: Path) -> Iterator[Server]:
    with running_server(data, arguments=["support.instrumented:create_impatient_app()"]) as server:
        yield server


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def assert_refused(answer: bytes, code: str, expected: int) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert status(answer) == expected, answer[:200]
    assert b"content-type: application/problem+json" in head.lower()
    assert b"connection: close" in head.lower()
    assert json.loads(body)["code"] == code


def probe(server: Server) -> float:
    """Ask on a connection of its own, and give the seconds that it took."""
    began = time.monotonic()
    assert ask("GET", f"{server.url}/db-check").content == b'{"results":[1]}'
    return time.monotonic() - began


@pytest.mark.fault("H4")
def test_500_half_open_connections_keep_no_probe_waiting_and_are_closed(server: Server) -> None:
    with raw.many(server, 500) as connections:
        for number, connection in enumerate(connections):
            connection.sendall((b"", HALF_A_HEAD, b"G")[number % 3])
        took = [probe(server) for _ in range(20)]
        assert max(took) < 1 * load_factor()
        answers = [raw.until_closed(connection) for connection in connections]
    assert {status(answer) for answer in answers if answer} == {408}
    assert_refused(answers[1], "request_timeout", 408)
    assert not answers[0], "who has sent nothing is told nothing"


@pytest.mark.parametrize("sent", [HALF_A_BODY, HALF_A_BODY[:-1]], ids=["a part of it", "nothing of it"])
def test_a_body_that_does_not_arrive_is_not_waited_for(sent: bytes, impatient_server: Server) -> None:
    assert_refused(raw.exchange(impatient_server, sent), "request_timeout", 408)


@pytest.mark.fault("H5")
def test_a_body_that_goes_wrong_after_much_of_it_leaves_no_connection_behind(server: Server) -> None:
    chunk = b"10400\r\n" + b"x" * 0x10400 + b"\r\n"  # more than uvicorn reads before it pauses
    with raw.many(server, 5) as connections:
        ports = [raw.port_of(connection) for connection in connections]
        with server.frozen():  # so that it reads all of it at once
            for connection in connections:
                connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk + b"wrong\r\n")
    eventually(lambda: assert_let_go(server, ports), within=10)


def assert_let_go(server: Server, ports: list[int]) -> None:
    assert not raw.held(server, ports)


@pytest.mark.fault("H3")
@pytest.mark.parametrize(
    ("head", "code", "expected"),
    [
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", "uri_too_long", 414),
        (GET + b"X-Large: " + b"x" * 17000 + b"\r\n\r\n", "headers_too_large", 431),
        (GET + b"".join(b"X-%d: y\r\n" % number for number in range(3000)) + b"\r\n", "headers_too_large", 431),
        (GET + b"X-Endless: " + b"x" * 2_000_000, "headers_too_large", 431),
    ],
)
def test_a_head_has_a_limit(head: bytes, code: str, expected: int, server: Server) -> None:
    with raw.connect(server) as connection:
        try:
            connection.sendall(head)
        except (BrokenPipeError, ConnectionResetError):
            assert len(head) > 1_000_000, "it need not be taken to its end"
            return
        assert_refused(raw.until_closed(connection), code, expected)


@pytest.mark.fault("H3")
def test_a_head_within_the_limit_is_served(server: Server) -> None:
    assert status(raw.exchange(server, GET + b"X-Large: " + b"x" * 12000 + b"\r\n\r\n")) == 200


POST = b"POST /tasks HTTP/1.1\r\nHost: x\r\n"
AMBIGUOUS = {
    "length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "the same length twice": POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a length with a sign": POST + b"Content-Length: +5\r\n\r\nhello",
    "a negative length": POST + b"Content-Length: -5\r\n\r\nhello",
    "a length in hex": POST + b"Content-Length: 0x5\r\n\r\nhello",
    "chunks and more": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "almost chunks": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a bad size of a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    "lines that end in LF": b"GET /livez HTTP/1.1\nHost: x\nConnection: close\n\n",
    "a header that ends in LF": b"GET /livez HTTP/1.1\r\nHost: x\nConnection: close\r\n\r\n",
    "a folded header": GET + b"X-Folded: a\r\n b\r\n\r\n",
    "a blank before the colon": GET + b"X-Blank : a\r\n\r\n",
    "a NUL in a value": GET + b"X-Nul: a\x00b\r\n\r\n",
    "a NUL in a name": GET + b"X-N\x00l: a\r\n\r\n",
    "no host": b"GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n",
    "two hosts": GET + b"Host: y\r\n\r\n",
    "the version 0.9": b"GET /livez\r\n\r\n",
    "an unknown version": b"GET /livez HTTP/3.0\r\nHost: x\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100,
}


@pytest.mark.fault("H2", "H9")
@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_what_two_servers_could_read_in_two_ways_is_refused(kind: str, server: Server) -> None:
    answer = raw.exchange(server, AMBIGUOUS[kind] + GET + b"\r\n")
    assert_refused(answer, "bad_request", 400)
    assert answer.count(b"HTTP/1.1 ") == 1, "nothing of what follows is served"


@pytest.mark.fault("H10")
def test_a_client_that_reads_nothing_is_let_go_of(impatient_server: Server) -> None:
    for _ in range(200):  # 15 MB in 90 answers, more than the kernel keeps for a client
        impatient_server.client.post("/tasks", json={"name": "🪴" * 200})
    with raw.connect(impatient_server) as connection:
        ports = [raw.port_of(connection)]
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /tasks?limit=200 HTTP/1.1\r\nHost: x\r\n\r\n" * 90)
        assert raw.held(impatient_server, ports)
        eventually(lambda: assert_let_go(impatient_server, ports), within=15)


@pytest.mark.fault("H5")
def test_1000_clients_that_vanish_leave_nothing_behind(server: Server) -> None:
    requests = (HALF_A_HEAD, HALF_A_BODY, GET + b"\r\n", b"GET /slow?steps=300000 HTTP/1.1\r\nHost: x\r\n\r\n")
    ports = []
    for number in range(1000):
        connection = raw.connect(server)
        ports.append(raw.port_of(connection))
        connection.sendall(requests[number % len(requests)])
        if number % 8 < 4:
            raw.reset(connection)
        else:
            connection.close()

    def nothing_left() -> None:
        assert_let_go(server, ports)
        assert "http_requests_in_flight 0.0" in server.client.get("/metrics").text

    eventually(nothing_left, within=30)
    assert server.client.post("/tasks", json={"name": "and on"}).status_code == 201


@pytest.mark.fault("H6")
def test_500_probes_at_once_are_all_answered(server: Server) -> None:
    async def ask(session: aiohttp.ClientSession) -> bytes:
        async with session.get(f"{server.url}/db-check") as answer:
            return await answer.read()

    async def ask_all() -> list[bytes]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            return await asyncio.gather(*(ask(session) for _ in range(500)))

    assert set(uvloop.run(ask_all())) == {b'{"results":[1]}'}


@pytest.mark.fault("H8")
def test_a_request_that_hangs_is_cut_and_its_worker_replaced(impatient_server: Server) -> None:
    workers = impatient_server.workers()
    answer = impatient_server.client.get("/hang")
    assert (answer.status_code, answer.json()["code"]) == (503, "deadline_exceeded")

    def replaced() -> None:
        assert len(impatient_server.workers()) == len(workers)
        assert len(set(impatient_server.workers()) - set(workers)) == 1

    eventually(replaced, within=15)
    eventually(impatient_server.ready, within=10)
    assert impatient_server.log.count("requests were cut") == 1


@pytest.mark.fault("P7")
def test_a_frozen_worker_keeps_nobody_waiting_and_is_replaced(data: Path) -> None:
    with running_server(data, arguments=["--timeout", "4"]) as server:
        frozen = server.workers()[0]
        os.kill(frozen, signal.SIGSTOP)
        assert max(probe(server) for _ in range(40)) < 1 * load_factor()

        def replaced() -> None:
            assert frozen not in server.workers()
            assert len(server.workers()) == 2

        eventually(replaced, within=20)
        eventually(server.ready, within=10)


@pytest.mark.fault("R4")
def test_a_server_without_descriptors_goes_on_when_it_gets_some_back(data: Path) -> None:
    with running_server(data) as server:
        for worker in server.workers():
            limit = sum(1 for _ in Path(f"/proc/{worker}/fd").iterdir()) + 20
            resource.prlimit(worker, resource.RLIMIT_NOFILE, (limit, limit))
        with raw.many(server, 100):
            eventually(lambda: assert_exhausted(server), within=5)
            assert len(server.workers()) == 2
        eventually(server.ready, within=20)
        assert "Traceback" not in server.log


def assert_exhausted(server: Server) -> None:
    for worker in server.workers():
        most, _ = resource.prlimit(worker, resource.RLIMIT_NOFILE)
        assert sum(1 for _ in Path(f"/proc/{worker}/fd").iterdir()) == most, "the fault did not bite"


@pytest.mark.fault("R6")
def test_a_flood_of_bad_requests_does_not_flood_the_log(server: Server) -> None:
    before = len(server.log)
    for _ in range(300):
        raw.exchange(server, b"garbage\r\n\r\n")
    server.client.get("/" + "x" * 5000)

    def told() -> None:
        assert "xxx" in server.log

    eventually(told, within=5)
    assert len(server.log) - before < 3000
