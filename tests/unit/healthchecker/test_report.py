import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from healthchecker import __version__
from healthchecker.history import History
from healthchecker.monitor import Monitor
from healthchecker.neighbours import Neighbours
from healthchecker.probe import Poll
from healthchecker.reason import Reason
from healthchecker.report import SHOWN_TRANSITIONS, Report, schema
from healthchecker.settings import Settings
from healthchecker.snapshot import Snapshot
from healthchecker.state import State
from healthchecker.status import Status
from healthchecker.verdict import Verdict
from support.clock import Clock
from support.neighbours import backup_told, neighbours, replica_told
from support.watch import known

PROBLEM = Verdict(Reason.HTTP_STATUS, "It answered 503.", 503, "db_missing", "The file is missing", "Put it back.")
GOOD, BAD = Poll(Verdict(detail="The target answered 200.", http_status=200), 0.0123), Poll(PROBLEM, 0.0042)
SLEPT = Poll(Verdict.failed(Reason.LATE), 0.1)
LADDER = {
    State.UNKNOWN: (),
    State.HEALTHY: (GOOD,),
    State.SUSPECT: (GOOD, BAD),
    State.UNHEALTHY: (GOOD, BAD, BAD, BAD),
    State.RECOVERING: (GOOD, BAD, BAD, BAD, GOOD),
}


def told_after(*polls: Poll, snapshot: Snapshot | None = None, copies: Neighbours | None = None) -> Any:
    settings, clock = Settings(), Clock()
    status, history = Status(settings), History(clock)
    monitor = Monitor(settings, lambda: asyncio.sleep(0, GOOD), [], clock)
    for poll in polls:
        clock.now += 10
        tick = monitor.turn(poll)
        status.update(tick)
        history.add(tick)
    return Report.of(known(status, history=history, snapshot=snapshot, neighbours=copies)).as_json()


def validator() -> Any:
    checker = jsonschema.Draft202012Validator
    checker.check_schema(schema())
    return checker(schema(), format_checker=checker.FORMAT_CHECKER)


def test_status_tells_everything_under_its_promised_names() -> None:
    told = told_after(*LADDER[State.UNHEALTHY])
    cause = {
        "reason": "http_status",
        "http_status": 503,
        "code": "db_missing",
        "title": PROBLEM.title,
        "remedy": PROBLEM.remedy,
    }
    at, since, begins = told["last_poll"].pop("at"), told.pop("since"), told["history"].pop("since")
    transitions = told.pop("transitions")
    assert told == {
        "target": "http://api:8000/db-check",
        "state": "unhealthy",
        "last_poll": {"ok": False, "detail": PROBLEM.detail, **cause, "duration_ms": 4.2},
        "consecutive_failures": 3,
        "consecutive_successes": 0,
        "polls": {"total": 4, "failed": 3},
        "uptime": {"1h": 1.0, "24h": 1.0},
        "latency_ms": {"p50": 12.3, "p95": 12.3},
        "history": {"kept": False, "trouble": None},
        "notifications": {"channels": 0, "pending": False, "last_sent": None, "last_error": None},
        "backup": None,
        "replica": None,
        "version": __version__,
    }
    assert [(change["from"], change["to"], change["after_seconds"]) for change in transitions] == [
        ("suspect", "unhealthy", 20),
        ("healthy", "suspect", 10),
        ("unknown", "healthy", 10),
    ]
    assert transitions[0].items() >= cause.items()
    assert transitions[0].keys() == {"at", "from", "to", "after_seconds", *cause}
    for moment in (at, since, begins, transitions[0]["at"]):
        assert moment.endswith("Z")
        assert datetime.fromisoformat(moment)


def test_before_the_first_poll_status_says_that_nothing_is_known() -> None:
    told = told_after()
    assert (told["state"], told["last_poll"], told["transitions"]) == ("unknown", None, [])
    assert told["uptime"] == {"1h": None, "24h": None}
    assert told["latency_ms"] == {"p50": None, "p95": None}
    assert told["history"]["since"] is None


def test_only_the_last_transitions_are_shown() -> None:
    assert len(told_after(*[GOOD, BAD] * 30)["transitions"]) == SHOWN_TRANSITIONS


def test_status_tells_whether_a_restart_would_forget(tmp_path: Path) -> None:
    snapshot = Snapshot(tmp_path / "history.json", "")
    assert told_after(GOOD, snapshot=snapshot)["history"]["kept"]
    snapshot.trouble = "The history is not saved: No space left on device."
    told = told_after(GOOD, snapshot=snapshot)["history"]
    assert (told["kept"], told["trouble"]) == (False, snapshot.trouble)


def test_status_tells_of_the_copies_of_the_data() -> None:
    told = told_after(GOOD, copies=neighbours(backup_told(), replica_told(last_error="No bucket.")))
    assert told["backup"]["newest"].pop("at").endswith("Z")
    assert told["backup"].pop("next_at").endswith("Z")
    assert told["backup"] == {
        "answers": True,
        "detail": "The newest verified backup is 1 h 0 min old.",
        "last_error": None,
        "trouble": None,
        "remedy": None,
        "newest": {"name": "api.zip", "age_seconds": pytest.approx(3600, abs=2), "bytes": 20480, "rows": 1042},
        "interval_seconds": 86400,
        "overdue": False,
    }
    assert told["replica"] == {
        "answers": True,
        "detail": "The replica is 420 ms behind; no answer waits for it.",
        "last_error": "No bucket.",
        "trouble": None,
        "remedy": None,
        "lag_seconds": 0.42,
        "sync": False,
        "kind": "s3",
    }


@pytest.mark.parametrize(
    "copies",
    [
        neighbours(backup_told(), replica_told()),
        neighbours(backup_told(None), replica_told(None)),
        neighbours(
            backup_told(last_error="It failed."), replica_told(last_error="It failed."), trouble="It is silent."
        ),
    ],
)
def test_whatever_is_known_of_the_copies_is_valid_by_the_published_schema(copies: Neighbours) -> None:
    validator().validate(told_after(GOOD, copies=copies))


@pytest.mark.parametrize("polls", [*LADDER.values(), (GOOD, SLEPT), (GOOD, BAD) * 30])
def test_every_status_is_valid_by_the_published_schema(polls: tuple[Poll, ...]) -> None:
    validator().validate(told_after(*polls))


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_valid_by_the_published_schema(reason: Reason) -> None:
    told = told_after(GOOD, Poll(Verdict.failed(reason), 1.0))
    assert told["last_poll"]["reason"] == reason.value
    validator().validate(told)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "fine"},
        {"since": None},
        {"uptime": {"1h": 1.5, "24h": 1}},
        {"polls": {"total": -1, "failed": 0}},
        {"more": 1},
    ],
)
def test_the_schema_refuses_what_status_never_says(change: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validator().validate(told_after(GOOD) | change)


def test_the_schema_explains_every_name_and_lists_every_value_of_an_enum() -> None:
    for definition in [schema(), *schema()["$defs"].values()]:
        assert definition["title"]
        assert definition["description"]
        for name, member in definition.get("properties", {}).items():
            assert "description" in member or "$ref" in member, name
    definitions = schema()["$defs"]
    assert definitions["State"]["enum"] == [state.value for state in State]
    assert definitions["Reason"]["enum"] == [reason.value for reason in Reason]
