"""What the healthchecker saw outlives it, and a volume that takes nothing is told and stops no poll."""

from typing import Any

import pytest

from support import processes
from support.exhaustive import first
from support.http import ask
from support.stack import NewStack, Stack
from support.waiting import eventually

NO_ROOM = """
services:
  healthchecker:
    volumes: !override []
    tmpfs: !override ["/tmp:size=64m,mode=1777", "/history:mode=0770,uid=10001,nr_inodes=1"]
"""
READ_ONLY = "services: {healthchecker: {volumes: !override ['history:/history:ro']}}"


def changes(stack: Stack) -> list[tuple[str, str]]:
    return [(change["from"], change["to"]) for change in reversed(stack.status()["transitions"])]


def is_unhealthy(stack: Stack) -> None:
    assert stack.status()["state"] == "unhealthy"


def stays_healthy(stack: Stack) -> None:
    assert stack.health("healthchecker") == "healthy"
    assert stack.health_line("healthchecker").startswith("200 warn")


@pytest.mark.parametrize("command", first(["up --detach --no-deps --force-recreate", "restart"]))
def test_the_past_outlives_the_container(stack: Stack, command: str) -> None:
    with processes.paused(stack, "api"):
        eventually(lambda: is_unhealthy(stack), within=20)
    eventually(stack.healthy, within=30)
    outage, past = changes(stack)[-4:], stack.status()["history"]
    assert stack.compose(*command.split(), "healthchecker").returncode == 0
    eventually(stack.healthy, within=30)
    assert changes(stack)[-6:] == [*outage, ("healthy", "unknown"), ("unknown", "healthy")]
    assert stack.status()["history"] == past == {"since": past["since"], "kept": True, "trouble": None}


@pytest.mark.fault("M1")
@pytest.mark.parametrize(
    ("overlay", "why"),
    first([(NO_ROOM, "No space left on device"), (READ_ONLY, "Read-only file system")]),
    ids=["no room", "read-only"],
)
def test_a_volume_that_takes_nothing_is_a_warning_and_the_polls_go_on(
    new_stack: NewStack, overlay: str, why: str
) -> None:
    stack = new_stack(overlay=overlay)
    assert stack.compose("up", "--detach").returncode == 0
    eventually(stack.healthy, within=30)

    def told() -> dict[str, Any]:
        livez = ask("GET", stack.url("healthchecker") + "/livez")
        assert (livez.status_code, livez.json()["status"]) == (200, "warn")
        assert why in livez.json()["detail"]
        return stack.status()

    status = eventually(told, within=10)
    assert (status["state"], status["history"]["kept"]) == ("healthy", False)
    assert stack.log("healthchecker").count("history_not_saved") == 1
    eventually(lambda: stays_healthy(stack), within=10)
