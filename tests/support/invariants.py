"""What no fault may cost, whichever it is: an acknowledged task, the soundness of the file, an honest answer."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from support.ledger import Entry, Ledger, settle
from support.stack import Stack

ACKNOWLEDGED = 5
CREATED = 201
STATUS = re.compile(r'"status": (5\d\d)')

STORED = """
import json, sqlite3
connection = sqlite3.connect("/data/api.db")
(sound,) = connection.execute("PRAGMA integrity_check").fetchone()
tasks = connection.execute("SELECT id, name FROM tasks WHERE name LIKE ?", [{name!r} + "%"]).fetchall()
connection.close()
print(json.dumps([sound, tasks]))
"""


@contextmanager
def kept(stack: Stack) -> Iterator[None]:
    """Have tasks acknowledged before a fault, and assert after it that they, the file and the answers are in order.

    Give it a stack that is healthy, and a fault that has healed at the end.
    """
    began, ledger = time.time(), acknowledged(stack)
    yield
    assert_stored(stack, ledger)
    assert_honest(stack.container("api").logs(since=began).decode())


def acknowledged(stack: Stack) -> Ledger:
    """Create some tasks whose names nobody else uses."""
    ledger = Ledger()
    for number in range(ACKNOWLEDGED):
        name = f"{ledger.run} {number}"
        answer = stack.post("/tasks", {"name": name})
        assert answer.status_code == CREATED, answer.text
        ledger.add(Entry("invariants", name, answer.json()["id"]))
    return ledger


def assert_stored(stack: Stack, ledger: Ledger) -> None:
    """Assert that each task of a ledger is there exactly once, in a file that is sound."""
    sound, tasks = json.loads(stack.python(STORED.format(name=ledger.run)))
    assert sound == "ok"
    account = settle(ledger, ((number, name) for number, name in tasks))  # pairs are lists in JSON
    assert account.is_settled, str(account)


def assert_honest(log: str) -> None:
    """Assert that the API has told each fault by 503 and in one line: no other status of that kind, no traceback."""
    assert "Traceback" not in log, log
    assert set(STATUS.findall(log)) <= {"503"}, log
