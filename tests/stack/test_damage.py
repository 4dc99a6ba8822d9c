"""A page of the database is damaged under a healthy stack, met by a request or by the check that is due."""

import json

import pytest

from support import faults
from support.http import ask
from support.problem import assert_unavailable
from support.stack import NewStack, Stack
from support.waiting import eventually

FILL = """
import sqlite3
with sqlite3.connect('/data/api.db') as c:
    rows = (('task ' + 'x' * 90, '2026-01-01 00:00:00') for _ in range(5000))
    c.executemany('INSERT INTO tasks (name, created_at) VALUES (?, ?)', rows)
"""
# The middle one of the leaves of the tables, whose first byte is 13.
FLIP = """
import sqlite3
c = sqlite3.connect('/data/api.db')
c.execute('PRAGMA wal_checkpoint(TRUNCATE)')
c.close()
with open('/data/api.db', 'r+b') as f:
    pages = [number * 4096 for number, first in enumerate(f.read()[::4096]) if first == 13]
    start = pages[len(pages) // 2]
    f.seek(start)
    good = f.read(64)
    f.seek(start)
    f.write(bytes(byte ^ 255 for byte in good))
"""
FLIPPED = "13 ^ 255 in open('/data/api.db', 'rb').read()[::4096]"


def read_all(stack: Stack) -> set[int]:
    statuses, cursor = set(), 0
    while cursor is not None:
        answer = stack.get(f"/tasks?limit=200&cursor={cursor}")
        statuses.add(answer.status_code)
        if answer.status_code == 200:
            cursor = answer.json()["next_cursor"]
        else:
            assert_unavailable(answer, "db_corrupt")
            cursor = None
    return statuses


def told_everywhere(stack: Stack) -> None:
    assert_unavailable(stack.get("/db-check"), "db_corrupt")
    assert stack.status()["last_poll"]["code"] == "db_corrupt"
    assert stack.health("api") == "unhealthy"


@pytest.mark.exhaustive
@pytest.mark.fault("D3", "D14")
def test_damage_that_a_request_meets_is_told_everywhere_and_a_copy_put_back_is_used(stack: Stack) -> None:
    created = stack.post("/tasks", {"name": "before"}).json()
    stack.python(FILL)
    started_at = stack.state("api")["StartedAt"]
    with faults.damaged(stack, FLIP, proof=FLIPPED, in_place=True):
        assert 503 in read_all(stack)
        eventually(lambda: told_everywhere(stack), within=20)
        (entry,) = stack.get("/health").json()["checks"]["sqlite:integrity"]
        assert entry["observedValue"] == "damaged"
        assert stack.get("/livez").status_code == 200
    eventually(stack.healthy, within=15)
    assert read_all(stack) == {200}
    assert stack.state("api")["StartedAt"] == started_at, "no restart was needed"
    assert stack.get(f"/tasks/{created['id']}").json() == created


@pytest.mark.exhaustive
@pytest.mark.fault("D13")
def test_damage_that_no_request_meets_is_found_by_the_check_that_is_due(stack: Stack) -> None:
    stack.python(FILL)
    with faults.damaged(stack, FLIP, proof=FLIPPED, in_place=True):
        assert stack.get("/db-check").status_code == 200
        stack.python("import os; os.unlink('/data/.api.db.check')")
        eventually(lambda: told_everywhere(stack), within=20)
        lines = [json.loads(line) for line in stack.log("api").splitlines() if "database fault" in line]
        assert {line["code"] for line in lines[-2:]} == {"db_corrupt"}
    eventually(stack.healthy, within=15)


def both_are(stack: Stack, code: str | None) -> None:
    for url in stack.urls("api"):
        answer = ask("GET", f"{url}/db-check")
        if code:
            assert_unavailable(answer, code)
        else:
            assert answer.status_code == 200


@pytest.mark.fault("D13")
def test_two_containers_on_one_volume_agree_about_damage_and_about_its_end(new_stack: NewStack) -> None:
    stack = new_stack()
    started = stack.up("--scale", "api=2", "api")
    assert started.returncode == 0, started.stderr
    eventually(lambda: both_are(stack, None), within=10)
    stack.python(FILL)
    with faults.damaged(stack, FLIP, proof=FLIPPED, in_place=True):
        both_are(stack, None)
        stack.python("import os; os.unlink('/data/.api.db.check')")
        eventually(lambda: both_are(stack, "db_corrupt"), within=10)
    eventually(lambda: both_are(stack, None), within=15)
