import subprocess
from collections.abc import Iterator
from typing import Any

import docker
import pytest
from docker.errors import APIError

from proof import run
from proof.leftovers import LABEL
from support import images
from support.http import ask
from support.images import PROMETHEUS_IMAGE
from support.stack import NewStack, Stack, labels
from support.waiting import eventually

PROFILE = ("--profile", "metrics")


@pytest.fixture(autouse=True)
def image() -> None:
    images.build("prometheus")


@pytest.fixture
def prometheus(stack: Stack) -> Iterator[str]:
    """Add a Prometheus to the stack, and give its address."""
    started = stack.compose(*PROFILE, "up", "--detach", "--wait", "prometheus")
    assert started.returncode == 0, started.stderr
    yield stack.url("prometheus")
    stack.compose(*PROFILE, "rm", "--stop", "--force", "prometheus")


def promtool(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    program = ["docker", "run", "--rm", "-i", "--label", f"{LABEL}={run.prefix()}", "--network", "none"]
    program += ["--entrypoint", "promtool", PROMETHEUS_IMAGE]
    return subprocess.run([*program, *arguments], input=stdin, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("service", ["api", "healthchecker"])
def test_promtool_must_accept_the_metrics_of_a_service_without_a_complaint(stack: Stack, service: str) -> None:
    stack.post("/tasks", {"name": "x"})
    stack.get("/nope")
    text = ask("GET", f"{stack.url(service)}/metrics").text
    checked = promtool("check", "metrics", stdin=text)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_promtool_must_be_able_to_complain() -> None:
    assert promtool("check", "metrics", stdin="# TYPE x counter\nx 1\n").returncode != 0


def test_every_alert_must_fire_when_it_should_and_only_then() -> None:
    tested = promtool("test", "rules", "/etc/prometheus/rules_test.yml")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_prometheus_must_not_be_there_unless_it_is_asked_for(new_stack: NewStack) -> None:
    stack = new_stack()
    assert set(stack.compose("config", "--services").stdout.split()) == {"api", "healthchecker"}
    assert set(stack.compose("config", "--volumes").stdout.split()) == {"data", "history"}
    assert "prometheus" in stack.compose(*PROFILE, "config", "--services").stdout.split()


@pytest.mark.exhaustive
def test_prometheus_must_scrape_both_services_and_find_nothing_wrong(prometheus: str) -> None:
    def query(expression: str) -> list[dict[str, Any]]:
        answer = ask("GET", f"{prometheus}/api/v1/query", params={"query": expression})
        return list(answer.json()["data"]["result"])

    def scraped() -> None:
        assert {row["metric"]["job"] for row in query("up == 1")} == {"api", "healthchecker", "prometheus"}
        assert query('sqlite_database_state{state="ready"} == 1')
        assert query('healthchecker_target_state{state="healthy"} == 1')

    eventually(scraped, within=60)
    assert query('ALERTS{alertstate="firing"}') == []
    rules = ask("GET", f"{prometheus}/api/v1/rules").json()["data"]["groups"][0]["rules"]
    assert all(rule["health"] != "err" and rule["annotations"]["remedy"] for rule in rules)
    assert ask("GET", f"{prometheus}/alerts").status_code == 200


@pytest.mark.exhaustive
def test_prometheus_must_be_as_confined_as_the_others(stack: Stack, prometheus: str) -> None:
    inspected = stack.container("prometheus").attrs
    host = inspected["HostConfig"]
    assert inspected["Config"]["User"] == "10001:0"
    assert (host["ReadonlyRootfs"], host["CapDrop"], host["SecurityOpt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert {mount["Type"] for mount in inspected["Mounts"]} == {"volume"}
    assert {port["HostIp"] for ports in host["PortBindings"].values() for port in ports} == {"127.0.0.1"}


@pytest.mark.parametrize("shell", ["sh", "bash", "busybox"])
def test_prometheus_must_have_no_shell(shell: str) -> None:
    container = docker.from_env().containers.create(PROMETHEUS_IMAGE, entrypoint=[shell], labels=labels())
    try:
        with pytest.raises(APIError, match="executable file not found"):
            container.start()
    finally:
        container.remove()
