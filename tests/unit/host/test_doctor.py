import json
from collections.abc import Callable

import pytest

from host import doctor
from host.base_image import OWN
from host.command import Answer
from host.table import State
from support.fake_host import FakeHost

CONFIG = {"services": {"api": {"build": {"args": {"BASE_IMAGE": "debian:trixie-slim"}}}}}
WELL = {
    "make": Answer(0, "GNU Make 4.3"),
    "docker --version": Answer(0, "Docker version 20.10.24+dfsg1"),
    "docker version": Answer(0, "20.10.24"),
    "docker compose version": Answer(0, "2.26.1"),
    "docker compose config": Answer(0, json.dumps(CONFIG)),
    "docker compose ps": Answer(),
    "docker buildx": Answer(0, "0.13.1"),
    f"docker image inspect {OWN}": Answer(),
    "docker info": Answer(0, json.dumps({"DockerRootDir": "/no/such/folder", "MemTotal": 8_000_000_000})),
}


def states(host: FakeHost) -> dict[str, State]:
    return {row.title: row.state for row in doctor.examine(host)}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_PORT", "0")
    monkeypatch.setenv("STATUS_PORT", "0")


def test_a_host_that_has_all_is_ok_throughout() -> None:
    assert set(states(FakeHost(WELL)).values()) == {State.OK}


@pytest.mark.parametrize(
    ("lacking", "title"),
    [
        ("docker compose version", "Compose plugin"),
        ("docker buildx", "Buildx plugin"),
        (f"docker image inspect {OWN}", "base image"),
    ],
)
def test_what_make_up_brings_is_no_obstacle(lacking: str, title: str, host_is: Callable[..., None]) -> None:
    host_is("debian", root=True)
    host = FakeHost({command: answer for command, answer in WELL.items() if command != lacking})
    assert {row for row, state in states(host).items() if state is not State.OK} == {title}
    assert states(host)[title] is State.BROUGHT


@pytest.mark.parametrize(
    ("lacking", "title"),
    [
        ("docker compose version", "Compose plugin"),
        ("docker buildx", "Buildx plugin"),
        (f"docker image inspect {OWN}", "base image"),
    ],
)
def test_what_make_up_cannot_bring_is_missing(lacking: str, title: str, host_is: Callable[..., None]) -> None:
    host_is("debian", root=False)
    host = FakeHost({command: answer for command, answer in WELL.items() if command != lacking})
    assert states(host)[title] is State.MISSING


def test_without_an_engine_only_what_can_be_known_is_told() -> None:
    host = FakeHost(WELL | {"docker version": Answer(1, err="Cannot connect")})
    assert list(states(host))[-3:] == ["Docker Engine", "Compose plugin", "Buildx plugin"]


def test_nothing_is_changed_by_looking() -> None:
    host = FakeHost(WELL)
    states(host)
    changing = ("pull", "import", "build", "up", "install")
    assert not any(line.split()[1] in changing for line in host.asked)
