import pytest

from support.problem import assert_problem
from support.stack import NewStack, Stack
from support.waiting import eventually


@pytest.mark.fault("C8")
def test_one_command_brings_up_a_healthy_stack(shared_stack: Stack) -> None:
    again = shared_stack.up()
    assert again.returncode == 0
    assert shared_stack.health("api") == shared_stack.health("healthchecker") == "healthy"
    answer = shared_stack.get("/db-check")
    assert (answer.status_code, answer.content) == (200, b'{"results":[1]}')
    eventually(shared_stack.healthy, within=10)


@pytest.mark.fault("L9")
def test_starting_again_changes_nothing(stack: Stack) -> None:
    before = [stack.container(service).id for service in ("api", "healthchecker")]
    assert stack.up().returncode == 0
    assert [stack.container(service).id for service in ("api", "healthchecker")] == before


def test_the_verdict_is_one_line_and_an_exit_code(stack: Stack) -> None:
    code, output = stack.run_in("healthchecker", "healthchecker", "check")
    assert code == 0
    assert output.startswith("healthy: http://api:8000/db-check answered 200")
    assert output.count("\n") == 1


def test_the_health_log_is_readable(stack: Stack) -> None:
    assert stack.health_line("api").startswith("200")
    assert stack.health_line("api").count("\n") <= 1


@pytest.mark.fault("L1", "L2")
def test_tasks_survive_down_and_up_and_a_recreate(new_stack: NewStack) -> None:
    stack = new_stack()
    assert stack.up("api").returncode == 0
    created = stack.post("/tasks", {"name": "kept"}).json()
    assert stack.compose("down").returncode == 0
    assert stack.up("api").returncode == 0
    assert stack.get(f"/tasks/{created['id']}").json() == created
    assert stack.up("--force-recreate", "api").returncode == 0
    assert stack.get(f"/tasks/{created['id']}").json() == created


@pytest.mark.exhaustive
@pytest.mark.fault("L1", "L9")
def test_tasks_go_with_their_volume_and_a_second_down_finds_nothing_to_do(new_stack: NewStack) -> None:
    stack = new_stack()
    assert stack.up("api").returncode == 0
    created = stack.post("/tasks", {"name": "gone"}).json()
    for _ in range(2):
        assert stack.compose("down", "--volumes").returncode == 0
    assert stack.up("api").returncode == 0
    assert_problem(stack.get(f"/tasks/{created['id']}"), "not_found", 404)
    assert stack.post("/tasks", {"name": "first"}).json()["id"] == 1


def test_a_stop_is_clean_and_quick(new_stack: NewStack) -> None:
    stack = new_stack()
    assert stack.up().returncode == 0
    assert stack.compose("stop", "--timeout", "10").returncode == 0
    assert [stack.state(service)["ExitCode"] for service in ("api", "healthchecker")] == [0, 0]


@pytest.mark.fault("P6")
def test_a_stop_in_the_middle_of_the_start_is_not_waited_for(new_stack: NewStack) -> None:
    stack = new_stack()
    assert stack.compose("up", "--detach", "api").returncode == 0
    stack.container("api").stop(timeout=10)
    assert stack.state("api")["ExitCode"] in {0, 143}, "by itself or by the signal, and not by SIGKILL"
