import json
import re
from pathlib import Path

import pytest

from host import probe, replica, up
from host.command import Answer
from host.probe import Reply
from support.fake_host import FakeHost
from support.well_host import PLACE, PS, running

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "get", lambda _url: Reply(200, '{"status":"ok"}'))


def host(*services: str, **variables: str) -> FakeHost:
    environment = replica.UNSET | variables
    described = json.dumps({"services": {"replica": {"environment": environment}}})
    return FakeHost({PS: running(*services), PLACE: Answer(0, described)})


@pytest.mark.parametrize("variables", [{"REPLICA_URL": "s3://bucket/folder"}, {"REPLICA_SYNC": "1"}])
def test_a_replica_that_is_described_but_no_part_of_the_stack_is_told_of(variables: dict[str, str]) -> None:
    (name,) = variables
    said = up.report(host("api", "healthchecker", **variables)).splitlines()[-1]
    assert said.split(maxsplit=1) == [
        "replica",
        f"none, though {name} is set: put COMPOSE_PROFILES=replica into .env, and say `make up` again",
    ]


def test_a_replica_that_was_stopped_and_not_started_again_is_told_of() -> None:
    stopped = json.loads(running("replica", state="exited").out)
    stack = host("api", "healthchecker", REPLICA_SYNC="1")
    stack.answers[PS] = Answer(0, json.dumps(json.loads(running("api", "healthchecker").out) + stopped))
    assert "none, though REPLICA_SYNC is set" in up.report(stack)


def test_no_replica_is_missed_where_nobody_asked_for_one_or_where_it_runs() -> None:
    assert "replica" not in up.report(host("api", "healthchecker"))
    assert "replica" not in up.report(host("api", "healthchecker", "replica", REPLICA_SYNC="1"))


def test_what_an_unset_variable_of_the_replica_comes_to_is_what_compose_yaml_says() -> None:
    defaults = dict(re.findall(r"- (REPLICA_\w+)=\$\{\1:-(.*)\}", (ROOT / "compose.yaml").read_text()))
    assert {name: defaults[name] for name in replica.UNSET} == replica.UNSET
