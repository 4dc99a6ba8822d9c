import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from structlog.testing import capture_logs

from healthchecker import names, neighbour
from healthchecker.neighbour import PATIENCE, TROUBLE_CHARACTERS, Neighbour
from healthchecker.neighbours import Neighbours
from healthchecker.settings import Settings
from healthchecker.told import NAME_CHARACTERS, SENTENCE_CHARACTERS, ToldBackup, ToldReplica
from support.background import running
from support.ports import free_port
from support.waiting import eventually, load_factor

Serve = Callable[[Any], str]

ARCHIVE = {"name": "api-20261125T201403Z.zip", "at": "2026-11-25T20:14:03Z", "bytes": 1234, "rows": 42}
BACKUP = {
    "newest": ARCHIVE,
    "age_seconds": 12.3,
    "interval_seconds": 86400,
    "next_at": "2026-11-26T20:14:03Z",
    "last_error": None,
}
REPLICA = {"lag_seconds": 0.4, "sync": False, "kind": "file", "last_error": None}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOBODY = "http://does-not-exist.invalid/status"
SERVICES = {"backup": (ToldBackup, BACKUP), "replica": (ToldReplica, REPLICA)}


def answer(body: bytes | Any, status: str = "200 OK", *headers: str) -> bytes:
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def never_answer(_connection: socket.socket, over: threading.Event) -> None:
    over.wait()


def asked(url: str, service: str = "backup", times: int = 1) -> Neighbour[Any]:
    asked = Neighbour(service, url, SERVICES[service][0])
    look(asked, times)
    return asked


def look(asked: Neighbour[Any], times: int = 1) -> None:
    async def looks() -> None:
        for _ in range(times):
            await asked.look()

    asyncio.run(looks())


@pytest.fixture
def closed_port() -> str:
    return f"http://127.0.0.1:{free_port()}/"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_answers_is_known_by_what_it_tells(serve: Serve, service: str) -> None:
    form, told = SERVICES[service]
    neighbour = asked(serve(answer(told)), service)
    assert (neighbour.used, neighbour.answers, neighbour.trouble) == (True, True, None)
    assert neighbour.told == form.model_validate_json(json.dumps(told))


def test_what_a_newer_service_tells_beyond_the_agreed_names_is_left_alone(serve: Serve) -> None:
    assert asked(serve(answer({**REPLICA, "more": [1]})), "replica").answers


def test_before_the_first_backup_there_is_none_and_no_trouble(serve: Serve) -> None:
    neighbour = asked(serve(answer({**BACKUP, "newest": None, "age_seconds": None})))
    assert neighbour.answers
    assert neighbour.told.newest is None


def test_a_name_that_does_not_resolve_is_a_service_that_nobody_uses() -> None:
    assert not asked(NOBODY, times=PATIENCE).used


@pytest.mark.fault("M8")
def test_a_name_server_that_hangs_is_a_name_that_does_not_resolve_and_takes_one_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over, looked_up = threading.Event(), []
    monkeypatch.setattr(names, "DEADLINE", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **_words: looked_up.append(args) or over.wait(60))
    neighbour = Neighbour("backup", "http://slow.invalid/", ToldBackup)
    started = time.monotonic()
    look(neighbour, PATIENCE)
    over.set()
    assert time.monotonic() - started < 2 * load_factor()
    assert not neighbour.used
    assert len(looked_up) == 1


def test_an_empty_setting_asks_nobody() -> None:
    neighbours = Neighbours(Settings(backup_url="", replica_url=""))
    for one in (neighbours.backup, neighbours.replica):
        asyncio.run(asyncio.wait_for(one.run(), 1))  # it ends, as there is nothing to do
        assert not one.used


def test_a_silence_is_told_once_it_lasts(serve: Serve, closed_port: str) -> None:
    assert not asked(closed_port, times=PATIENCE - 1).used
    neighbour = asked(closed_port, times=PATIENCE)
    assert neighbour.used
    assert neighbour.trouble is not None
    assert neighbour.trouble.startswith("The service backup has not answered since ")
    assert "docker compose logs backup" in neighbour.remedy


class Changing:
    """A server that answers until the test changes what it sends."""

    def __init__(self, serve: Serve, sends: bytes) -> None:
        self.sends = sends
        self.url = serve(lambda connection, _over: connection.sendall(self.sends))


@pytest.mark.fault("M6")
@pytest.mark.parametrize("resolves", [True, False])
def test_one_that_has_answered_and_is_gone_is_told_with_the_moment_and_what_it_told(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, resolves: bool
) -> None:
    def unknown(*_args: Any, **_words: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    server, moments = Changing(serve, answer(BACKUP)), [NOON, NOON + timedelta(seconds=82)]
    url = server.url.replace("127.0.0.1", "localhost")
    neighbour = Neighbour("backup", url, ToldBackup, now=lambda: moments.pop(0))
    look(neighbour)
    server.sends = b""
    if not resolves:
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
    look(neighbour, PATIENCE - 1)
    assert (neighbour.answers, neighbour.trouble) == (False, None)
    look(neighbour)
    assert neighbour.trouble == "The service backup has not answered since 23 Nov 12:01:22 UTC."
    assert neighbour.told
    assert neighbour.told.newest
    assert neighbour.told.newest.name == ARCHIVE["name"]


def test_one_that_answers_again_is_in_no_trouble(serve: Serve) -> None:
    server = Changing(serve, b"")
    neighbour = asked(server.url, times=PATIENCE)
    server.sends = answer(BACKUP)
    with capture_logs() as logs:
        look(neighbour, 2)
    assert (neighbour.answers, neighbour.trouble) == (True, None)
    assert [(line["event"], line["service"]) for line in logs] == [("neighbour_answers_again", "backup")]


def test_a_trouble_that_lasts_is_one_line_in_the_log(closed_port: str) -> None:
    with capture_logs() as logs:
        neighbour = asked(closed_port, times=PATIENCE + 3)
    assert [(line["event"], line["detail"]) for line in logs] == [("neighbour_in_trouble", neighbour.trouble)]


WRONG_ANSWERS = {
    "fails": (answer(b"", "500 Oops"), "answered 500 instead of 200"),
    "redirects": (answer(b"", "302 Found", "Location: /"), "answered 302 instead of 200"),
    "is no JSON": (answer(b"<html>"), "answered with what cannot be read"),
    "is no object": (answer([BACKUP]), "answered with what cannot be read"),
    "nests for ever": (answer(b"[" * 60_000), "answered with what cannot be read"),
    "is too long": (answer({**BACKUP, "more": "m" * 65536}), "answered with more than 64 KiB"),
    "breaks off": (answer(BACKUP)[:-9] + b"\r\n", None),
    "is no HTTP": (b"SSH-2.0-OpenSSH_9.9\r\n", "not well-formed HTTP"),
    "lacks a name": (answer({"newest": None}), "interval_seconds: "),
    "lacks a zone": (answer({**BACKUP, "newest": {**ARCHIVE, "at": "2026-11-25T20:14:03"}}), "newest.at: "),
    "is out of time": (answer({**BACKUP, "next_at": "0001-01-01T00:00:00+14:00"}), "next_at: "),
    "is a time as a number": (answer({**BACKUP, "newest": {**ARCHIVE, "at": 1}}), "newest.at: "),
    "has no interval": (answer({**BACKUP, "interval_seconds": 0}), "interval_seconds: "),
    "has an endless interval": (answer({**BACKUP, "interval_seconds": float("inf")}), "interval_seconds: "),
    "has an interval that is no number": (answer({**BACKUP, "interval_seconds": float("nan")}), "interval_seconds: "),
    "has a huge number": (answer({**BACKUP, "newest": {**ARCHIVE, "rows": 10**400}}), "newest.rows: "),
    "has a negative number": (answer({**BACKUP, "newest": {**ARCHIVE, "bytes": -1}}), "newest.bytes: "),
    "has a blank name": (answer({**BACKUP, "newest": {**ARCHIVE, "name": " \n"}}), "newest.name: "),
    "has a number for a sentence": (answer({**BACKUP, "last_error": 7}), "last_error: "),
}


@pytest.mark.fault("M7")
@pytest.mark.parametrize(("behaviour", "words"), WRONG_ANSWERS.values(), ids=WRONG_ANSWERS)
def test_an_answer_that_is_not_what_was_agreed_is_told_in_one_bounded_sentence(
    serve: Serve, behaviour: bytes, words: str | None
) -> None:
    neighbour = asked(serve(behaviour))
    assert (neighbour.used, neighbour.answers, neighbour.told) == (True, False, None)
    assert neighbour.trouble is not None
    assert neighbour.trouble.startswith("The service backup answered ")
    assert (words or "") in neighbour.trouble
    assert neighbour.trouble.isprintable()
    assert len(neighbour.trouble) <= TROUBLE_CHARACTERS


def test_a_trouble_is_cut_where_it_grows_too_long(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbour, "TROUBLE_CHARACTERS", 40)
    assert asked(serve(answer([]))).trouble == "The service backup answered with what c…"


@pytest.mark.parametrize(("name", "value"), [("lag_seconds", -1), ("lag_seconds", "1"), ("sync", 1), ("kind", "<b>")])
def test_an_answer_of_the_replica_is_read_as_strictly(serve: Serve, name: str, value: Any) -> None:
    neighbour = asked(serve(answer({**REPLICA, name: value})), "replica")
    assert not neighbour.answers
    assert neighbour.trouble is not None
    assert f"({name}: " in neighbour.trouble
    assert "<b>" not in neighbour.trouble


def test_text_is_one_line_of_bounded_length_and_a_moment_is_in_utc(serve: Serve) -> None:
    newest = {**ARCHIVE, "name": "n\x1b[31m\n" + "n" * 500, "at": "2026-11-25T22:14:03+02:00"}
    told = asked(serve(answer({**BACKUP, "newest": newest, "last_error": "e\n" * 5000}))).told
    assert told.newest.name.isprintable()
    assert len(told.newest.name) == NAME_CHARACTERS
    assert told.last_error.isprintable()
    assert len(told.last_error) == SENTENCE_CHARACTERS
    assert told.newest.at.tzinfo is UTC
    assert told.newest.at == datetime(2026, 11, 25, 22, 14, 3, tzinfo=timezone(timedelta(hours=2)))


def test_one_that_does_not_end_its_answer_is_given_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbour, "DEADLINE", 0.1)
    started = time.monotonic()
    assert asked(serve(never_answer), times=PATIENCE).trouble
    assert time.monotonic() - started < 2 * load_factor()


def test_an_error_that_nobody_foresaw_is_a_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_words: Any) -> None:
        raise RuntimeError("a bug of the library")

    monkeypatch.setattr("aiohttp.ClientSession", broken)
    assert asked("http://127.0.0.1/", times=PATIENCE).trouble


def test_it_asks_again_and_again(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[int] = []

    def count(connection: socket.socket, _over: threading.Event) -> None:
        times.append(1)
        connection.sendall(answer(REPLICA))

    def asked_again() -> None:
        assert len(times) > 2

    monkeypatch.setattr(neighbour, "EVERY_SECONDS", 0.01)
    with running(Neighbour("replica", serve(count), ToldReplica).run):
        eventually(asked_again, within=10)
