"""The container's own health check: one readable line and an exit code, whatever it meets."""

import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from support.ports import free_port

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy" / "healthcheck.py"

Serve = Callable[..., str]


@contextmanager
def _server(answer: bytes, *, hangs: bool) -> Iterator[str]:
    """Give the URL of a server that sends `answer` to whoever asks, and then hangs up or falls silent."""
    done = Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)
                if hangs:
                    done.wait()

        thread = Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/readyz"
        finally:
            done.set()
            thread.join()


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda answer, *, hangs=False: stack.enter_context(_server(answer, hangs=hangs))


def http(status: str, body: object) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def problem(**members: object) -> bytes:
    return http("503 Service Unavailable", members)


def run(*arguments: str) -> tuple[int, str]:
    """Give the exit code and the one line of the script, run as the images run it."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", SCRIPT, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
    assert done.stdout.endswith("\n")
    return done.returncode, done.stdout.rstrip("\n")


def test_a_healthy_endpoint_passes_with_the_status_that_it_states(serve: Serve) -> None:
    assert run(serve(http("200 OK", {"status": "pass"}))) == (0, "200 pass")


def test_a_healthy_endpoint_needs_no_json(serve: Serve) -> None:
    assert run(serve(http("200 OK", b"fine"))) == (0, "200 OK")


def test_a_problem_fails_with_its_code_its_title_and_its_remedy(serve: Serve) -> None:
    answer = problem(code="db_missing", title="The database file is missing.", remedy="Put the file back.", status=503)
    assert run(serve(answer)) == (1, "503 db_missing: The database file is missing. Put the file back.")


def test_a_problem_without_words_fails_with_its_code(serve: Serve) -> None:
    assert run(serve(problem(code="draining"))) == (1, "503 draining:")


@pytest.mark.parametrize("status", ["204 No Content", "302 Found", "404 Not Found", "500 Internal Server Error"])
def test_any_status_but_200_fails_with_its_reason_phrase(serve: Serve, status: str) -> None:
    assert run(serve(http(status, b""))) == (1, status)


@pytest.mark.parametrize("body", [b"[1]", b"null", b"\xff\xfe", b"[" * 60_000, b"1" * 60_000, b"{"])
def test_a_body_that_says_nothing_leaves_the_reason_phrase(serve: Serve, body: bytes) -> None:
    assert run(serve(http("503 Service Unavailable", body))) == (1, "503 Service Unavailable")


def test_a_refused_connection_is_said_in_words() -> None:
    url = f"http://127.0.0.1:{free_port()}/readyz"
    assert run(url) == (1, f"no answer from {url}: connection refused")


def test_a_connection_closed_without_an_answer_is_said_in_words(serve: Serve) -> None:
    url = serve(b"")
    assert run(url) == (1, f"no answer from {url}: remote end closed connection without response")


@pytest.mark.parametrize(
    "answer",
    [
        b"garbage\r\n\r\n",
        b"\x00\xff" * 1000,
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a length\r\n",
    ],
    ids=["words", "bytes", "status", "many headers", "long header", "chunks"],
)
def test_an_answer_that_is_not_http_is_a_failure_and_no_traceback(serve: Serve, answer: bytes) -> None:
    url = serve(answer)
    assert run(url) == (1, f"no answer from {url}: what came back is not HTTP")


def test_control_characters_of_an_answer_never_reach_the_terminal(serve: Serve) -> None:
    answer = problem(code="x", title="red \x1b[31m and\r\nmore\x00\ud800", remedy="\u202e")
    assert run(serve(answer)) == (1, "503 x: red [31m and more")


def test_the_line_is_bounded_however_long_the_answer_is(serve: Serve) -> None:
    code, line = run(serve(problem(code="x", title="y" * 60_000)))
    assert (code, len(line)) == (1, 500)


def test_a_body_that_is_too_long_is_not_read_to_its_end(serve: Serve) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b" " * 64 * 1024
    assert run(serve(answer, hangs=True)) == (0, "200 OK")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"], ids=["silent", "half"])
def test_the_deadline_ends_a_check_that_is_not_answered_in_full(serve: Serve, answer: bytes) -> None:
    url = serve(answer, hangs=True)
    hurried = "import sys, healthcheck; healthcheck.DEADLINE = 0.2; sys.exit(healthcheck.main())"
    done = subprocess.run(
        [sys.executable, "-c", hurried, url], cwd=SCRIPT.parent, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, f"no answer from {url}: not complete after 0.2 s\n")


def test_the_deadline_is_shorter_than_the_one_after_which_docker_kills_the_check() -> None:
    deadline = float(re.findall(r"^DEADLINE = ([\d.]+)", SCRIPT.read_text(), re.MULTILINE)[0])
    timeouts = re.findall(r"--timeout=(\d+)s", (ROOT / "deploy" / "Dockerfile").read_text())
    assert timeouts
    assert all(deadline < int(timeout) for timeout in timeouts)


@pytest.mark.parametrize("arguments", [(), ("http://127.0.0.1:1/", "more")], ids=["none", "two"])
def test_a_wrong_number_of_arguments_is_answered_with_the_usage(arguments: tuple[str, ...]) -> None:
    assert run(*arguments) == (1, "usage: healthcheck.py URL")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "readyz",
        "https://127.0.0.1/",
        "http://",
        "http://a:b/",
        "http://127.0.0.1:1/a b",
        "http://[",
        "http://é..x/",
    ],
)
def test_an_argument_that_cannot_be_asked_is_named(url: str) -> None:
    code, line = run(url)
    assert code == 1
    assert line.startswith(f"cannot ask {url}".rstrip())
