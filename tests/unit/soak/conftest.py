from collections import Counter
from contextlib import AbstractContextManager, nullcontext

import pytest

from soak.kind import Kind
from soak.nemesis import Injection
from soak.plan import Step
from soak.result import Result
from soak.traffic import Traffic
from support.ledger import Account
from support.stack import Stack


def harmless(_stack: Stack) -> AbstractContextManager[None]:
    return nullcontext()


LOCK = Kind("lock", harmless, frozenset({"file"}), 10)
KILL = Kind("kill", harmless, frozenset({"process"}), 30)


@pytest.fixture
def result() -> Result:
    injections = (
        Injection(Step((LOCK,), 1, 2), Counter(db_locked=4), 2.0),
        Injection(Step((LOCK, KILL), 1, 2), Counter({"no answer": 3}), 35.0),
        Injection(Step((LOCK,), 1, 2), Counter(db_locked=4), 4.0),
    )
    traffic = Traffic(probes=Counter(ok=75, db_locked=25))
    return Result(3, 10, 600.0, injections, traffic, Account(20_001), 0)
