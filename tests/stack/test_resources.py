"""Too little of what a container needs: memory, processes, CPU, network."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support import invariants, processes
from support.fault_matrix import cannot_run_here
from support.problem import assert_unavailable
from support.stack import NewStack, Stack, instrumented
from support.waiting import eventually, throughout

WATCHED_SECONDS = 8


@pytest.mark.fault("R1")
def test_a_worker_that_runs_out_of_memory_is_replaced_and_the_container_goes_on(new_stack: NewStack) -> None:
    stack = new_stack(overlay=instrumented(), variables={"API_MEMORY": "256m"})
    assert stack.up("api").returncode == 0
    started_at = stack.state("api")["StartedAt"]

    def replaced() -> None:
        assert stack.log("api").count("Booting worker") >= 3
        assert_well(stack)

    with invariants.kept(stack):
        with pytest.raises(ConnectionError):
            stack.get("/allocate?mebibytes=1024")
        eventually(replaced, within=15)
    assert stack.state("api")["StartedAt"] == started_at


@pytest.mark.fault("R2")
def test_a_container_with_too_little_memory_to_start_is_told_and_starts_once_it_has_more(new_stack: NewStack) -> None:
    impatient = "services: { api: { healthcheck: { start_period: 8s } } }"  # it would not start in any longer time
    stack = new_stack(variables={"API_MEMORY": "40m"}, overlay=impatient)
    began = time.monotonic()
    assert stack.up("api").returncode == 1
    assert time.monotonic() - began < 60
    stack.set_variables({})
    stack.compose_file_name.pop()  # with enough memory it gets the usual time
    del stack.compose_command_property
    assert stack.up("api").returncode == 0


@pytest.mark.fault("R3")
def test_a_container_with_too_few_processes_says_so_and_hangs_nobody(new_stack: NewStack) -> None:
    stack = new_stack(overlay="services: {api: {pids_limit: 5}}")
    stack.compose("up", "--detach", "api")

    def told() -> None:
        if stack.state("api")["Running"]:
            answer = stack.get("/db-check")
            assert_unavailable(answer, answer.json()["code"])
        else:
            assert stack.log("api"), "it has ended without a word"

    eventually(told, within=20)
    processes.update(stack, "api", "--pids-limit", "256")
    stack.compose("restart", "--timeout", "2", "api")
    eventually(lambda: assert_well(stack), within=20)


def assert_well(stack: Stack) -> None:
    assert stack.get("/db-check").status_code == 200


def assert_not_unhealthy(stack: Stack) -> None:
    assert stack.status()["state"] in {"healthy", "suspect"}


def assert_called_a_timeout(stack: Stack) -> None:
    assert stack.status()["last_poll"]["reason"] in {None, *TIMEOUTS}


@pytest.mark.fault("R5")
def test_a_container_with_hardly_any_cpu_is_slow_and_not_unhealthy(stack: Stack) -> None:
    with processes.slowed(stack, cpus="0.1"):
        throughout(WATCHED_SECONDS, lambda: assert_not_unhealthy(stack))


@contextmanager
def packets(stack: Stack, *rule: str) -> Iterator[None]:
    """Apply a rule of iptables to what arrives at the API."""

    def iptables(*arguments: str) -> str:
        command = ["nsenter", "--target", str(stack.state("api")["Pid"]), "--net", "iptables", *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            cannot_run_here(f"packets cannot be dropped: {error}")
        if done.returncode:
            cannot_run_here(f"packets cannot be dropped: {done.stderr.strip()}")
        return done.stdout

    iptables("--append", "INPUT", *rule)
    try:
        yield
        counted = iptables("--list", "INPUT", "--verbose", "--exact", "--numeric").splitlines()[-1].split()[0]
        assert int(counted), "the fault did not bite"
    finally:
        iptables("--delete", "INPUT", *rule)


TIMEOUTS = {"connect_timeout", "read_timeout"}
RESET = ("--protocol", "tcp", "--jump", "REJECT", "--reject-with", "tcp-reset")
LONGEST_POLL_SECONDS = 2  # as in compose.test.yaml


@pytest.mark.parametrize(
    ("rule", "reasons"),
    [
        pytest.param(("--jump", "DROP"), TIMEOUTS, id="vanish", marks=pytest.mark.fault("N2")),
        pytest.param(RESET, {"connection_refused"}, id="are refused", marks=pytest.mark.fault("N3")),
    ],
)
def test_packets_that_do_not_arrive_are_an_outage_with_its_reason_and_no_poll_outlasts_its_limit(
    stack: Stack, rule: tuple[str, ...], reasons: set[str]
) -> None:
    def told() -> None:
        status = stack.status()
        assert status["state"] == "unhealthy"
        assert status["last_poll"]["reason"] in reasons
        assert status["last_poll"]["duration_ms"] < LONGEST_POLL_SECONDS * 1000 + 500

    with packets(stack, *rule):
        eventually(told, within=30)


@pytest.mark.fault("N4")
def test_the_loss_of_every_third_packet_is_called_a_timeout_and_nothing_else(stack: Stack) -> None:
    rule = ("--match", "statistic", "--mode", "random", "--probability", "0.3", "--jump", "DROP")
    with packets(stack, *rule):
        throughout(WATCHED_SECONDS, lambda: assert_called_a_timeout(stack))
