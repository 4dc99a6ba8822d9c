"""Something breaks under a healthy stack: it says what, and works again when that is mended, with no restart.

That nothing acknowledged is lost, the fixture `stack` asserts after each test.
"""

from collections.abc import Callable

import pytest

from support import faults, processes
from support.exhaustive import EXHAUSTIVE
from support.faults import Fault
from support.problem import assert_unavailable
from support.stack import Stack
from support.waiting import eventually

FAULTS = [
    pytest.param(faults.deleted, "db_missing", marks=pytest.mark.fault("D4")),
    pytest.param(faults.replaced_by_empty_file, "db_replaced", marks=[pytest.mark.fault("D5"), EXHAUSTIVE]),
    pytest.param(faults.replaced_by_another_database, "db_foreign", marks=[pytest.mark.fault("D5"), EXHAUSTIVE]),
    pytest.param(faults.overwritten_with_garbage, "db_not_a_database", marks=[pytest.mark.fault("D1"), EXHAUSTIVE]),
    pytest.param(faults.truncated, "db_corrupt", marks=[pytest.mark.fault("D2"), EXHAUSTIVE]),
    pytest.param(faults.directory_in_its_place, "db_not_a_file", marks=[pytest.mark.fault("F4"), EXHAUSTIVE]),
    pytest.param(faults.not_permitted, "db_permission_denied", marks=[pytest.mark.fault("F1"), EXHAUSTIVE]),
    pytest.param(faults.locked, "db_locked", marks=pytest.mark.fault("D8")),
]


def verdict(stack: Stack, reason: str, code: str | None = None) -> None:
    status = stack.status()
    assert status["state"] == "unhealthy"
    assert (status["last_poll"]["reason"], status["last_poll"]["code"]) == (reason, code)


@pytest.mark.parametrize(("fault", "code"), FAULTS)
def test_a_fault_of_the_database_is_named_everywhere_and_heals_by_itself(
    fault: Callable[[Stack], Fault], code: str, stack: Stack
) -> None:
    started_at = stack.state("api")["StartedAt"]
    with fault(stack):
        eventually(lambda: assert_unavailable(stack.get("/db-check"), code), within=5)
        eventually(lambda: assert_unavailable(stack.post("/tasks", {"name": "refused"}), code), within=5)
        assert stack.get("/livez").status_code == 200
        eventually(lambda: verdict(stack, "http_status", code), within=15)

        def told_by_docker() -> None:
            assert stack.health("api") == "unhealthy"
            assert stack.health_line("api").startswith(f"503 {code}: ")

        eventually(told_by_docker, within=15)
        exit_code, line = stack.run_in("healthchecker", "healthchecker", "check")
        assert exit_code == 1
        assert line.startswith(f"unhealthy: http_status 503 {code}: ")
        assert line.count("\n") == 1
    eventually(stack.healthy, within=15)
    assert stack.state("api")["StartedAt"] == started_at, "no restart was needed"


@pytest.mark.exhaustive
@pytest.mark.fault("D4")
def test_the_very_next_probe_sees_a_deleted_database_and_no_new_file_appears(stack: Stack) -> None:
    with faults.deleted(stack):
        assert_unavailable(stack.get("/db-check"), "db_missing")
        eventually(lambda: verdict(stack, "http_status", "db_missing"), within=15)
        assert stack.python("import os; print(os.path.exists('/data/api.db'))") == "False"
        logged = stack.log("healthchecker")
        assert "db_missing" in logged
        assert "The database file is missing." in logged


@pytest.mark.exhaustive
def test_a_deleted_log_is_told_of_and_takes_no_acknowledged_task_along(stack: Stack) -> None:
    faults.delete_log(stack)
    assert_unavailable(stack.get("/db-check"), "db_replaced")
    eventually(stack.healthy, within=15)
    with processes.crashed(stack, "api"):
        eventually(stack.healthy, within=30)


@pytest.mark.fault("P8")
def test_a_paused_api_is_a_timeout_and_an_outage_of_its_own_length(stack: Stack) -> None:
    with processes.paused(stack, "api"):
        eventually(lambda: verdict(stack, "read_timeout"), within=30)
    eventually(stack.healthy, within=15)


@pytest.mark.fault("P3")
def test_a_crashed_api_comes_back_with_every_acknowledged_task(stack: Stack) -> None:
    with processes.crashed(stack, "api"):
        eventually(stack.healthy, within=30)


@pytest.mark.fault("P4")
def test_a_killed_api_stays_stopped_is_told_of_and_starts_on_command(stack: Stack) -> None:
    stack.container("api").kill()
    eventually(lambda: verdict(stack, "dns"), within=20)
    assert stack.state("api")["Status"] == "exited", "a kill by an operator is not undone"
    assert stack.up().returncode == 0
    eventually(stack.healthy, within=15)


@pytest.mark.fault("P1")
def test_a_killed_worker_is_replaced_without_a_restart_of_the_container(stack: Stack) -> None:
    started_at = stack.state("api")["StartedAt"]
    booted = stack.log("api").count("Booting worker")

    def replaced() -> None:
        assert stack.log("api").count("Booting worker") > booted

    with processes.workers_killed(stack, "[:1]"):
        eventually(replaced, within=10)
    eventually(stack.healthy, within=10)
    assert stack.state("api")["StartedAt"] == started_at


@pytest.mark.fault("P9")
def test_a_crashed_healthchecker_comes_back_and_the_api_never_notices(stack: Stack) -> None:
    started_at = stack.state("api")["StartedAt"]
    with processes.crashed(stack, "healthchecker"):
        eventually(stack.healthy, within=20)
    assert stack.state("api")["StartedAt"] == started_at


@pytest.mark.fault("N1")
def test_a_cut_network_is_told_by_name_while_the_api_goes_on(stack: Stack) -> None:
    with faults.cut_off(stack):
        eventually(lambda: verdict(stack, "dns"), within=20)
        assert stack.get("/db-check").status_code == 200
    eventually(stack.healthy, within=15)
