import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import healthchecker
from healthchecker import __version__
from support.ports import free_port
from support.waiting import eventually, load_factor

Command = Callable[..., "subprocess.Popen[str]"]
GOOD = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"results":[1]}'
BODY = b'{"code":"db_missing","title":"The database file is missing","remedy":"Put it back."}'
BAD = b"HTTP/1.1 503 No\r\nContent-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


@pytest.fixture
def port() -> int:
    return free_port()


def status(port: int) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=1) as response:
        return json.load(response)


def test_check_of_a_healthy_target_is_one_line_and_exit_0(command: Command, serve: Callable[[Any], str]) -> None:
    url = serve(GOOD)
    process = command("check", HEALTHCHECKER_TARGET_URL=url)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.startswith(f"healthy: {url} answered 200 in ")
    assert out.endswith(" ms\n")


def test_check_of_an_unhealthy_target_is_one_line_and_exit_1(command: Command, serve: Callable[[Any], str]) -> None:
    process = command("check", HEALTHCHECKER_TARGET_URL=serve(BAD))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, "")
    assert out == "unhealthy: http_status 503 db_missing: The database file is missing. Remedy: Put it back.\n"


@pytest.mark.fault("C12")
@pytest.mark.parametrize("arguments", [(), ("run",), ("check",)])
def test_a_wrong_configuration_is_a_line_for_each_mistake_and_exit_78(command: Command, arguments: Any) -> None:
    process = command(*arguments, HEALTHCHECKER_INTERVAL="0", HEALTHCHECKER_PROT="1")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (78, "")
    first, second = err.splitlines()
    assert first == (
        "configuration error: HEALTHCHECKER_PROT is not a known variable. "
        "Remove it, or rename it if you meant HEALTHCHECKER_PORT"
    )
    assert second.startswith("configuration error: HEALTHCHECKER_INTERVAL is '0'. Set it to ")


def test_a_port_in_use_is_one_line_and_exit_69(command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        process = command(HEALTHCHECKER_HOST="127.0.0.1", HEALTHCHECKER_PORT=str(port))
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (69, "")
    assert err == (
        f"cannot listen on 127.0.0.1 port {port}: Address already in use. "
        "Set HEALTHCHECKER_HOST and HEALTHCHECKER_PORT to an address and a port that are free\n"
    )


def test_a_host_that_is_not_this_machines_is_one_line_and_exit_69(command: Command) -> None:
    process = command(HEALTHCHECKER_HOST="does-not-exist.invalid")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 69
    assert err.startswith("cannot listen on does-not-exist.invalid port 8001: ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_exit_0_in_a_second_even_in_the_middle_of_a_poll(
    command: Command, serve: Callable[[Any], str], port: int, number: signal.Signals
) -> None:
    asked = []

    def never_answer(_connection: Any, over: Any) -> None:
        asked.append(1)
        over.wait()

    process = command(
        HEALTHCHECKER_TARGET_URL=serve(never_answer), HEALTHCHECKER_TIMEOUT="30", HEALTHCHECKER_PORT=str(port)
    )

    def in_a_poll() -> None:
        assert asked

    eventually(in_a_poll, within=10)
    started = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - started < 1 * load_factor()
    assert (process.returncode, err) == (0, "")
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["started", "stopped"]


def test_a_name_server_that_hangs_delays_neither_the_verdict_nor_the_exit(command: Command) -> None:
    program = (
        "import socket, time; socket.getaddrinfo = lambda *a, **k: time.sleep(60); "
        "from healthchecker.__main__ import main; raise SystemExit(main())"
    )
    started = time.monotonic()
    process = command(
        "check", program=("-c", program), HEALTHCHECKER_TARGET_URL="http://a.b/", HEALTHCHECKER_CONNECT_TIMEOUT="0.2"
    )
    out, _ = process.communicate(timeout=30)
    assert time.monotonic() - started < 5 * load_factor()
    assert process.returncode == 1
    assert out.startswith("unhealthy: dns: ")


def test_it_serves_what_it_sees(command: Command, serve: Callable[[Any], str], port: int) -> None:
    answers = [GOOD]
    command(
        HEALTHCHECKER_TARGET_URL=serve(lambda connection, _over: connection.sendall(answers[0])),
        HEALTHCHECKER_INTERVAL="0.1",
        HEALTHCHECKER_MAX_DOWN_INTERVAL="0.1",
        HEALTHCHECKER_PORT=str(port),
    )

    def sees(state: str) -> None:
        assert status(port)["state"] == state

    eventually(lambda: sees("healthy"), within=10)
    answers[0] = BAD
    eventually(lambda: sees("unhealthy"), within=5)
    assert status(port)["last_poll"]["code"] == "db_missing"
    with pytest.raises(urllib.error.HTTPError, match="503") as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1)
    refused.value.close()
    answers[0] = GOOD
    eventually(lambda: sees("healthy"), within=5)


def test_a_restart_starts_as_unknown_and_shows_the_past(
    command: Command, serve: Callable[[Any], str], port: int, tmp_path: Path
) -> None:
    answers = [GOOD]

    def answer(connection: Any, over: threading.Event) -> None:
        connection.sendall(answers[0]) if answers else over.wait()

    def start() -> "subprocess.Popen[str]":
        return command(
            HEALTHCHECKER_TARGET_URL=url,
            HEALTHCHECKER_INTERVAL="0.1",
            HEALTHCHECKER_TIMEOUT="30",
            HEALTHCHECKER_PORT=str(port),
            HEALTHCHECKER_HISTORY_PATH=str(tmp_path / "history.json"),
        )

    def changes() -> list[tuple[str, str]]:
        return [(change["from"], change["to"]) for change in reversed(status(port)["transitions"])]

    def is_down() -> None:
        assert status(port)["state"] == "unhealthy"

    def is_healthy() -> None:
        assert status(port)["state"] == "healthy"

    url = serve(answer)
    process = start()
    eventually(is_healthy, within=10)
    answers[0] = BAD
    eventually(is_down, within=5)
    before = changes()
    started = time.monotonic()
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - started < 1 * load_factor()
    assert (process.returncode, err) == (0, "")

    answers.clear()  # so that the first poll does not end
    process = start()
    told = eventually(lambda: status(port), within=10)
    assert (told["state"], told["last_poll"], told["history"]["kept"]) == ("unknown", None, True)
    assert changes() == [*before, ("unhealthy", "unknown")]
    assert told["latency_ms"]["p50"] > 0
    process.kill()
    process.communicate(timeout=60)


@pytest.mark.fault("M1")
def test_a_history_that_cannot_be_saved_stops_no_poll(
    command: Command, serve: Callable[[Any], str], port: int, tmp_path: Path
) -> None:
    process = command(
        HEALTHCHECKER_TARGET_URL=serve(GOOD),
        HEALTHCHECKER_INTERVAL="0.1",
        HEALTHCHECKER_PORT=str(port),
        HEALTHCHECKER_HISTORY_PATH=str(tmp_path / "missing" / "history.json"),
    )

    def polls_go_on() -> None:
        told = status(port)
        assert told["polls"]["total"] > 20  # so that more than one save was tried
        assert (told["state"], told["history"]["kept"]) == ("healthy", False)
        assert "No such file or directory" in told["history"]["trouble"]

    eventually(polls_go_on, within=10)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=1) as response:
        assert json.load(response)["status"] == "warn"
    process.terminate()
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    events = [json.loads(line)["event"] for line in out.splitlines()]
    assert events.count("history_not_saved") == 1


def test_it_tells_its_version(command: Command) -> None:
    assert command("--version").communicate(timeout=60) == (f"{__version__}\n", "")


def test_check_in_json_says_the_same_for_programs(command: Command, serve: Callable[[Any], str]) -> None:
    process = command("check", "--json", HEALTHCHECKER_TARGET_URL=serve(BAD))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, "")
    said = json.loads(out)
    assert (said["ok"], said["reason"], said["http_status"], said["code"]) == (False, "http_status", 503, "db_missing")
    process = command("check", "--json", HEALTHCHECKER_TARGET_URL=serve(GOOD))
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, json.loads(out)["ok"]) == (0, True)


@pytest.fixture
def sick(command: Command, serve: Callable[[Any], str], port: int) -> dict[str, str]:
    """Start one that sees a sick target, and give the environment in which it can be asked."""
    where = {"HEALTHCHECKER_PORT": str(port)}
    quick = {
        "HEALTHCHECKER_INTERVAL": "0.1",
        "HEALTHCHECKER_MAX_DOWN_INTERVAL": "0.1",
        "HEALTHCHECKER_START_GRACE": "0",
    }
    command(HEALTHCHECKER_TARGET_URL=serve(BAD), **where, **quick)

    def is_seen() -> None:
        assert status(port)["state"] == "unhealthy"

    eventually(is_seen, within=10)
    return where


def test_status_shows_what_the_running_one_knows_and_what_to_do(command: Command, sick: dict[str, str]) -> None:
    process = command("status", **sick)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, "")
    assert out.startswith("✕ unhealthy  for ")
    assert "The database file is missing (http_status 503 db_missing)" in out
    assert "Put it back." in out
    assert "unhealthy, after" in out

    process = command("status", "--json", **sick)
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, json.loads(out)["state"]) == (1, "unhealthy")


def test_status_shows_a_line_for_each_service_that_keeps_copies(
    command: Command, serve: Callable[[Any], str], port: int
) -> None:
    told_by = {
        "backup": {"newest": None, "interval_seconds": 60, "last_error": "There is no room."},
        "replica": {"lag_seconds": 0.42, "sync": True, "kind": "file"},
    }
    variables = {}
    for service, told in told_by.items():
        body = json.dumps(told).encode()
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        variables[f"HEALTHCHECKER_{service.upper()}_URL"] = serve(answer)
    command(HEALTHCHECKER_TARGET_URL=serve(GOOD), HEALTHCHECKER_PORT=str(port), **variables)

    def both_are_known() -> None:
        told = status(port)
        assert told["backup"]
        assert told["replica"]

    eventually(both_are_known, within=10)
    out, err = command("status", HEALTHCHECKER_PORT=str(port)).communicate(timeout=60)
    assert err == ""
    assert re.search(r"^backup +There is no verified backup yet\. There is no room\.$", out, re.MULTILINE)
    assert re.search(r"^replica +The replica is 420 ms behind; answers wait for it\.$", out, re.MULTILINE)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=1) as response:
        assert b"healthchecker_replica_lag_seconds 0.42" in response.read()


@pytest.mark.parametrize("name", ["status", "watch"])
def test_where_none_runs_that_is_one_line_and_exit_69(command: Command, port: int, name: str) -> None:
    process = command(name, HEALTHCHECKER_PORT=str(port))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (69, "")
    assert err.startswith(f"No healthchecker answers at http://127.0.0.1:{port}/status (")
    assert len(err.splitlines()) == 1


def test_watch_shows_the_polls_as_they_come_until_it_is_interrupted(command: Command, sick: dict[str, str]) -> None:
    process = command("watch", **sick)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(2)]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
    assert [line[10:].strip() for line in lines] == ["http_status 503 db_missing: The database file is missing"] * 2
    assert lines[0] != lines[1]


def test_watch_in_a_terminal_is_a_table_that_renews_itself(sick: dict[str, str]) -> None:
    leader, follower = pty.openpty()
    environment = {
        "PYTHONPATH": str(Path(healthchecker.__file__).parents[1]),
        "TERM": "xterm",
        "COLUMNS": "100",
        **sick,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "healthchecker", "watch"],
        env=environment,
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    seen = b""
    while seen.count(b"what to do") < 2:
        seen += os.read(leader, 65536)
    process.send_signal(signal.SIGINT)
    with suppress(OSError):  # how Linux tells that nobody writes to the terminal any more
        while piece := os.read(leader, 65536):
            seen += piece
    assert process.wait(60) == 130
    os.close(leader)
    assert "unhealthy" in seen.decode()
    assert b"Traceback" not in seen
