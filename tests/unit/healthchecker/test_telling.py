"""The whole process tells people, while everything else goes on."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.ports import free_port
from support.receiver import SECRET, Receiver
from support.waiting import eventually, load_factor

Command = Callable[..., "subprocess.Popen[str]"]
GOOD = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"results":[1]}'
BAD = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
HASTE = {
    "HEALTHCHECKER_HOST": "127.0.0.1",
    "HEALTHCHECKER_INTERVAL": "0.1",
    "HEALTHCHECKER_MAX_DOWN_INTERVAL": "0.1",
    "HEALTHCHECKER_START_GRACE": "0",
}
SECONDS = 30


class Target:
    """Something to watch, which is up until it is told otherwise, and counts the polls."""

    def __init__(self, serve: Callable[[Any], str]) -> None:
        self.up = True
        self.polls = 0
        self.url = serve(self._answer)

    def _answer(self, connection: socket.socket, _over: object) -> None:
        self.polls += 1
        connection.sendall(GOOD if self.up else BAD)

    def goes_on_being_polled(self) -> None:
        """Assert that it has twenty polls more, soon."""
        enough = self.polls + 20

        def polled() -> None:
            assert self.polls >= enough

        eventually(polled, within=SECONDS)


@pytest.fixture
def target(serve: Callable[[Any], str]) -> Target:
    return Target(serve)


@pytest.fixture
def port() -> int:
    return free_port()


def asked(receiver: Receiver) -> None:
    assert receiver.asked


def all_that_can_be_seen(process: "subprocess.Popen[str]", port: int) -> str:
    """Give what the process shows of itself: its pages, and the command lines of itself and of its children."""
    seen = []
    for path in ("/status", "/", "/livez"):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
            seen.append(response.read().decode())
    tasks = Path(f"/proc/{process.pid}/task")
    children = " ".join(file.read_text() for file in tasks.glob("*/children")).split()
    lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in [str(process.pid), *children]]
    assert any("healthchecker.deliver" in line for line in lines)
    environments = [Path(f"/proc/{pid}/environ").read_text() for pid in children]
    return "\n".join([*seen, *lines, *environments])


def test_a_receiver_that_hangs_holds_up_neither_the_polls_nor_the_stop_and_no_secret_is_seen(
    command: Command, target: Target, receiver: Receiver, port: int
) -> None:
    receiver.go_on.clear()
    target.up = False
    url = f"{receiver.apprise_url}&rto=60"  # longer than an attempt may take
    urls = {"NOTIFY_URLS": url, "HEARTBEAT_URL": receiver.http_url, "PORT": str(port)}
    secrets = {f"HEALTHCHECKER_{name}": value for name, value in urls.items()}
    process = command(**HASTE, **secrets, HEALTHCHECKER_TARGET_URL=target.url)
    eventually(lambda: asked(receiver), within=SECONDS)
    assert SECRET not in eventually(lambda: all_that_can_be_seen(process, port), within=SECONDS)
    target.goes_on_being_polled()
    assert receiver.accepted == []
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - started < 1 * load_factor()
    assert (process.returncode, err) == (0, "")
    assert SECRET not in out


def test_a_receiver_that_is_not_there_holds_up_no_poll_and_is_one_line_for_each_try(
    command: Command, target: Target, port: int
) -> None:
    target.up = False
    url = f"json://{SECRET}:{SECRET}@127.0.0.1:9/{SECRET}"
    process = command(
        **HASTE,
        HEALTHCHECKER_NOTIFY_URLS=url,
        HEALTHCHECKER_HEARTBEAT_URL=f"http://127.0.0.1:9/{SECRET}",
        HEALTHCHECKER_TARGET_URL=target.url,
        HEALTHCHECKER_PORT=str(port),
    )
    assert process.stdout
    events: list[dict[str, Any]] = []
    while not events or events[-1]["event"] != "notification_failed":
        events.append(json.loads(process.stdout.readline()))
    target.goes_on_being_polled()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert SECRET not in out + json.dumps(events)
    assert (events[-1]["channel"], events[-1]["error"]) == (
        "URL 1 (json) of HEALTHCHECKER_NOTIFY_URLS",
        "The receiver could not be reached, or it refused.",
    )


def test_an_outage_is_one_message_and_its_end_another_from_urls_in_a_file(
    command: Command, target: Target, receiver: Receiver, port: int, tmp_path: Path
) -> None:
    (tmp_path / "urls").write_text(f"{receiver.apprise_url}\n")
    command(
        **HASTE,
        HEALTHCHECKER_NOTIFY_URLS_FILE=str(tmp_path / "urls"),
        HEALTHCHECKER_TARGET_URL=target.url,
        HEALTHCHECKER_PORT=str(port),
    )

    def told(*titles: str) -> None:
        assert receiver.titles == list(titles)

    target.goes_on_being_polled()
    assert receiver.asked == 0
    target.up = False
    eventually(lambda: told("The API is unhealthy: http_status"), within=SECONDS)
    target.goes_on_being_polled()
    target.up = True
    eventually(lambda: told("The API is unhealthy: http_status", "The API is healthy again"), within=SECONDS)
    target.goes_on_being_polled()
    told("The API is unhealthy: http_status", "The API is healthy again")


def test_a_healthy_target_is_passed_on_as_a_heartbeat(
    command: Command, target: Target, receiver: Receiver, port: int
) -> None:
    command(
        **HASTE,
        HEALTHCHECKER_HEARTBEAT_URL=receiver.http_url,
        HEALTHCHECKER_TARGET_URL=target.url,
        HEALTHCHECKER_PORT=str(port),
    )
    eventually(lambda: asked(receiver), within=SECONDS)
    target.goes_on_being_polled()
    assert receiver.asked <= 2  # the minute may have changed


def notify_test(command: Command, **variables: str) -> tuple[int, str, str]:
    process = command("notify-test", **variables)
    out, err = process.communicate(timeout=60)
    assert SECRET not in out + err
    return process.returncode, out, err


def test_notify_test_sends_to_every_url_and_says_of_each_what_happened(command: Command, receiver: Receiver) -> None:
    urls = f"{receiver.apprise_url} json://{SECRET}@127.0.0.1:9"
    code, out, err = notify_test(command, HEALTHCHECKER_NOTIFY_URLS=urls)
    assert (code, err) == (1, "")
    assert out.splitlines() == [
        "URL 1 (json) of HEALTHCHECKER_NOTIFY_URLS: accepted.",
        "URL 2 (json) of HEALTHCHECKER_NOTIFY_URLS: not accepted. The receiver could not be reached, or it refused.",
    ]
    assert receiver.titles == ["A test of the healthchecker"]


def test_notify_test_is_exit_0_when_all_have_accepted(command: Command, receiver: Receiver) -> None:
    code, _, _ = notify_test(command, HEALTHCHECKER_NOTIFY_URLS=receiver.apprise_url)
    assert code == os.EX_OK


def test_notify_test_without_a_url_is_one_line_and_exit_78(command: Command) -> None:
    assert notify_test(command) == (
        78,
        "",
        (
            "configuration error: HEALTHCHECKER_NOTIFY_URLS is not set. "
            "Set it to the Apprise URLs of those to tell of an outage, for example "
            "HEALTHCHECKER_NOTIFY_URLS=ntfys://ntfy.example.com/alerts\n"
        ),
    )


@pytest.mark.parametrize("arguments", [(), ("notify-test",)])
def test_all_that_is_wrong_is_told_at_once_without_a_secret(command: Command, arguments: tuple[str, ...]) -> None:
    process = command(
        *arguments,
        HEALTHCHECKER_INTERVAL="0",
        HEALTHCHECKER_REMIND_EVERY="4",
        HEALTHCHECKER_NOTIFY_URLS=f"{SECRET} json://{SECRET}@a, jsno://{SECRET} tgram://{SECRET}",
        HEALTHCHECKER_HEARTBEAT_URL=f"ftp://{SECRET}",
    )
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (78, "")
    assert SECRET not in err
    assert [line.removeprefix("configuration error: ").split(" is ")[0] for line in err.splitlines()] == [
        "URL 1 of HEALTHCHECKER_NOTIFY_URLS",
        "URL 3 (jsno) of HEALTHCHECKER_NOTIFY_URLS",
        "URL 4 (tgram) of HEALTHCHECKER_NOTIFY_URLS",
        "HEALTHCHECKER_INTERVAL",
        "HEALTHCHECKER_REMIND_EVERY",
        "HEALTHCHECKER_HEARTBEAT_URL",
    ]


def test_a_restart_in_the_middle_of_an_outage_neither_forgets_nor_repeats_the_alert(
    command: Command, target: Target, receiver: Receiver, port: int, tmp_path: Path
) -> None:
    variables = {
        **HASTE,
        "HEALTHCHECKER_PORT": str(port),
        "HEALTHCHECKER_TARGET_URL": target.url,
        "HEALTHCHECKER_NOTIFY_URLS": receiver.apprise_url,
        "HEALTHCHECKER_HISTORY_PATH": str(tmp_path / "history.json"),
    }

    def told(number: int) -> None:
        assert len(receiver.titles) == number

    def status() -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=5) as response:
            return json.load(response)

    def knows_that_it_was_accepted() -> None:
        assert status()["notifications"]["last_sent"]

    def is_down() -> None:
        assert status()["state"] == "unhealthy"

    target.up = False
    process = command(**variables)
    eventually(knows_that_it_was_accepted, within=SECONDS)
    told(1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0

    command(**variables)
    eventually(is_down, within=SECONDS)
    target.goes_on_being_polled()
    told(1)
    target.up = True
    eventually(lambda: told(2), within=SECONDS)
    assert receiver.titles[1] == "The API is healthy again"
