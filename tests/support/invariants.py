"""What no fault may cost, whichever it is: an acknowledged task, the soundness of the file, an honest answer."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from support.ledger import Entry, Ledger, settle
from support.stack import Stack

ACKNOWLEDGED = 5
CREATED = 201
STATUS = re.compile(r'"status": (5\d\d)')


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
    rows, damage = stack.stored()
    account = settle(ledger, (row for row in rows if row[1].startswith(ledger.run)), damage)
    assert account.is_settled, str(account)


def assert_honest(log: str) -> None:
    """Assert that the API has told each fault by 503 and in one line: no other status of that kind, no traceback."""
    assert "Traceback" not in log, log
    assert set(STATUS.findall(log)) <= {"503"}, log
