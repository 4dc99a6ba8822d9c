"""The account at the end: the database against the ledger."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from soak.ledger import Ledger
from support.stack import Stack

Row = tuple[int, str, str | None]  # id, name, idempotency key

READ = """
import json, sqlite3
c = sqlite3.connect('/data/api.db')
problems = [line for (line,) in c.execute('PRAGMA integrity_check') if line != 'ok']
print(json.dumps([c.execute('SELECT id, name, idempotency_key FROM tasks').fetchall(), problems]))
"""


@dataclass(frozen=True)
class Account:
    """How many creates were acknowledged, and what became of them."""

    acknowledged: int
    lost: int
    duplicated: int
    corrupt: int

    def __str__(self) -> str:
        return f"acknowledged={self.acknowledged} lost={self.lost} duplicated={self.duplicated} corrupt={self.corrupt}"

    @property
    def is_clean(self) -> bool:
        """Whether nothing is missing, double or broken."""
        return not (self.lost or self.duplicated or self.corrupt)


def stored(stack: Stack) -> tuple[list[Row], list[str]]:
    """Read all tasks of a stopped stack, and what is wrong with its database."""
    rows, problems = json.loads(stack.python_on_volume(READ))
    return [(number, name, key) for number, name, key in rows], problems


def settle(ledger: Ledger, rows: Sequence[Row], problems: Sequence[str]) -> Account:
    """Compare what was acknowledged with what is there; what nobody sent is corrupt."""
    there = set(rows)
    lost = sum((task["id"], task["name"], key) not in there for key, task in ledger.acknowledged.items())
    names = Counter(name for _, name, _ in rows)
    duplicated = sum(count - 1 for count in names.values())
    foreign = sum(key not in ledger.sent for _, _, key in rows)
    return Account(len(ledger.acknowledged), lost, duplicated, len(problems) + foreign)
