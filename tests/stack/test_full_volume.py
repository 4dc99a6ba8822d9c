"""The volume fills up under a running stack: that is told while there is still space, and heals by itself."""

import pytest

from support import faults, invariants
from support.problem import assert_unavailable
from support.stack import NewStack, Stack
from support.waiting import eventually

MEBIBYTE = 1024 * 1024
CODE = "db_disk_full"
SMALL = """
volumes:
  data:
    driver_opts: { type: tmpfs, device: tmpfs, o: "size=32m,uid=10001,gid=0,mode=0770" }
"""


def told(stack: Stack) -> None:
    """Assert that the API and all who watch it name the fault."""
    assert_unavailable(stack.get("/db-check"), CODE)
    status = stack.status()
    assert (status["state"], status["last_poll"]["code"]) == ("unhealthy", CODE)
    assert stack.health_line("api").startswith(f"503 {CODE}: ")


@pytest.mark.exhaustive
@pytest.mark.fault("F6")
def test_a_volume_that_fills_up_is_told_in_time_refuses_only_writes_and_heals_by_itself(new_stack: NewStack) -> None:
    stack = new_stack(overlay=SMALL)
    assert stack.up().returncode == 0
    eventually(stack.healthy, within=15)
    created = stack.post("/tasks", {"name": "before"}).json()
    started_at = stack.state("api")["StartedAt"]
    with invariants.kept(stack):
        with faults.filled(stack, leaving=8 * MEBIBYTE):
            eventually(lambda: told(stack), within=15)
            assert stack.post("/tasks", {"name": "still"}).status_code == 201
        eventually(stack.healthy, within=15)
        with faults.filled(stack, leaving=0):
            eventually(lambda: assert_unavailable(stack.post("/tasks", {"name": "x" * 200}), CODE), within=10)
            assert stack.get(f"/tasks/{created['id']}").json() == created
            eventually(lambda: told(stack), within=15)
        eventually(stack.healthy, within=15)
    assert stack.state("api")["StartedAt"] == started_at, "no restart was needed"
