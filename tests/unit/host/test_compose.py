import json
from typing import Any

import pytest

from host import compose
from host.command import Answer
from host.trouble import Trouble
from support.fake_host import FakeHost


def row(service: str, **changed: Any) -> dict[str, Any]:
    publishers = [{"URL": "127.0.0.1", "TargetPort": 8000, "PublishedPort": 32768}]
    return {"ID": "1", "Service": service, "State": "running", "Health": "healthy", "Publishers": publishers} | changed


def listed(out: str) -> list[compose.Container]:
    return compose.containers(FakeHost({"docker compose ps": Answer(0, out)}))


@pytest.mark.parametrize(
    "out",
    [
        json.dumps([row("healthchecker"), row("api")]),
        json.dumps(row("healthchecker")) + "\n" + json.dumps(row("api")) + "\n",
    ],
    ids=["before 2.21", "since 2.21"],
)
def test_both_forms_of_the_list_are_read(out: str) -> None:
    assert [container.service for container in listed(out)] == ["api", "healthchecker"]


def test_the_container_of_a_single_command_is_no_part_of_the_stack() -> None:
    labels = "com.docker.compose.project=shop,com.docker.compose.oneoff=True"
    assert listed(json.dumps([row("backup", Labels=labels)])) == []


@pytest.mark.parametrize("out", ["", "[]\n"])
def test_a_stack_that_is_down_has_no_containers(out: str) -> None:
    assert listed(out) == []


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:32768"),
        ("0.0.0.0", "http://127.0.0.1:32768"),  # noqa: S104
        ("::", "http://[::1]:32768"),
    ],
)
def test_the_url_is_one_that_a_browser_here_can_open(address: str, url: str) -> None:
    publishers = [{"URL": address, "TargetPort": 8000, "PublishedPort": 32768}]
    assert listed(json.dumps(row("api", Publishers=publishers)))[0].url == url


@pytest.mark.parametrize("publishers", [None, [], [{"URL": "", "TargetPort": 8000, "PublishedPort": 0}]])
def test_a_container_that_publishes_nothing_has_no_url(publishers: Any) -> None:
    assert listed(json.dumps(row("api", Publishers=publishers)))[0].url == ""


@pytest.mark.parametrize(
    ("state", "health", "expected"),
    [
        ("running", "healthy", True),
        ("running", "", True),
        ("running", "starting", False),
        ("running", "unhealthy", False),
        ("restarting", "", False),
        ("exited", "", False),
        ("created", "", False),
    ],
)
def test_a_container_is_well_when_it_runs_and_is_not_said_to_be_sick(state: str, health: str, expected: bool) -> None:
    assert listed(json.dumps(row("api", State=state, Health=health)))[0].is_well is expected


def test_a_file_that_compose_cannot_read_is_trouble() -> None:
    host = FakeHost({"docker compose config": Answer(15, err="line 1: key cannot contain a space")})
    with pytest.raises(
        Trouble, match=r"^Compose cannot read compose.yaml or .env: line 1: key cannot contain a space$"
    ):
        compose.config(host)
