import json
from typing import Any

from host import diagnosis
from host.command import Answer
from host.compose import Container
from host.probe import Reply
from support.fake_host import FakeHost


def told(health: str, state: dict[str, Any], log: str = "") -> list[str]:
    container = Container("1", "api", "running", health, "Restarting (78) 1 second ago", "", frozenset())
    host = FakeHost({"docker inspect": Answer(0, json.dumps(state)), "docker logs": Answer(0, err=log)})
    return list(diagnosis.of_container(container, host))


def test_the_container_is_named_with_its_status() -> None:
    assert told("", {})[0] == "\napi: Restarting (78) 1 second ago"


def test_the_error_of_the_engine_is_told() -> None:
    assert "  engine  port is already allocated" in told("", {"Error": "port is already allocated"})


def test_the_last_health_line_of_a_sick_container_is_told() -> None:
    checks = {"Health": {"Log": [{"Output": "first\n"}, {"Output": "503 db_missing\n"}]}}
    assert "  health  503 db_missing" in told("unhealthy", checks)


def test_a_line_that_every_restart_repeats_is_told_once() -> None:
    assert told("", {}, log="configuration error\n" * 3)[1:] == ["  log     configuration error"]


def test_only_the_end_of_a_log_is_told() -> None:
    told_lines = told("", {}, log="".join(f"line {number}\n" for number in range(40)))
    assert told_lines[1:] == [f"  log     line {number}" for number in range(32, 40)]


def test_the_title_and_remedy_of_a_problem_are_told() -> None:
    problem = {"code": "db_missing", "title": "It is missing.", "remedy": "Put it back."}
    assert list(diagnosis.of_reply(Reply(503, json.dumps(problem)))) == [
        "\n/db-check: 503 db_missing",
        "  title   It is missing.",
        "  remedy  Put it back.",
    ]


def test_no_answer_is_told_with_its_reason() -> None:
    assert list(diagnosis.of_reply(Reply(0, "Connection refused"))) == ["\n/db-check: no answer Connection refused"]
