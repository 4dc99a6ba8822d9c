"""The ledger: what was acknowledged to clients, written down outside the stack, and compared with what is stored."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

Row = tuple[int, str]


class Entry(NamedTuple):
    """A task whose creation was acknowledged.

    Attributes:
        client: Who created it; a client waits for each answer before it goes on.
        name: What nobody else has called a task.
        id: What the answer said.
        worker: Which process has answered, where that is known.

    """

    client: str
    name: str
    id: int
    worker: str = ""


@dataclass
class Ledger:
    """What clients saw.

    Attributes:
        path: A file that gets a line for each entry, at once; it outlives whoever keeps the ledger.
        entries: What was acknowledged, in that order.
        in_doubt: Names of tasks that were asked for, but never answered for good: they may be there, once.
        refused: The answers that were no acknowledgement, as status and body; the same was asked again.
        unanswered: How many requests broke off; the same was asked again.
        longest: Seconds until the slowest answer.
        run: Tells the idempotency keys of this ledger from those of others.

    """

    path: Path | None = None
    entries: list[Entry] = field(default_factory=list)
    in_doubt: set[str] = field(default_factory=set)
    refused: list[tuple[int, str]] = field(default_factory=list)
    unanswered: int = 0
    longest: float = 0.0
    run: str = field(default_factory=lambda: uuid4().hex)

    @property
    def names(self) -> list[str]:
        """All names that were acknowledged."""
        return [entry.name for entry in self.entries]

    @property
    def by_worker(self) -> Counter[str]:
        """How many were acknowledged by each process."""
        return Counter(entry.worker for entry in self.entries)

    def add(self, entry: Entry) -> None:
        """Write down what was acknowledged."""
        self.entries.append(entry)
        if self.path:
            with self.path.open("a") as file:
                file.write(json.dumps(entry) + "\n")


@dataclass(frozen=True)
class Account:
    """How a ledger and a database compare.

    Attributes:
        acknowledged: How many tasks were acknowledged.
        lost: Names that were acknowledged and are not stored under the id that was told.
        duplicated: Names that are stored more than once.
        unknown: Names that are stored and were never asked for.
        out_of_order: Names whose ids are not above those that the same client was told before.
        damage: What `PRAGMA integrity_check` has found.

    """

    acknowledged: int
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)

    @property
    def corrupt(self) -> list[str]:
        """What is stored and should not be so."""
        return [*self.unknown, *self.out_of_order, *self.damage]

    @property
    def is_settled(self) -> bool:
        """Whether all that was promised is there, once and in order."""
        return not (self.lost or self.duplicated or self.corrupt)

    def __str__(self) -> str:
        """Give the numbers in one line."""
        return (
            f"acknowledged={self.acknowledged} lost={len(self.lost)} duplicated={len(self.duplicated)} "
            f"corrupt={len(self.corrupt)}"
        )


def assert_whole(path: Path) -> None:
    """Assert that no page of a database file is damaged."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def rows_in(path: Path) -> list[Row]:
    """Give id and name of each task in a database file, in their order, and assert that the file is whole."""
    assert_whole(path)
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT id, name FROM tasks ORDER BY id").fetchall()


def names_in(path: Path) -> list[str]:
    """Give the names alone."""
    return [name for _, name in rows_in(path)]


def settle(ledger: Ledger, rows: Iterable[Row], damage: Iterable[str] = ()) -> Account:
    """Compare a ledger with the rows of a database. Pure.

    Args:
        ledger: What clients saw.
        rows: Id and name of each task that is stored; those of other times and clients left out.
        damage: What `PRAGMA integrity_check` has found.

    """
    stored = list(rows)
    there, times = set(stored), Counter(name for _, name in stored)
    asked_for = ledger.in_doubt.union(ledger.names)
    return Account(
        acknowledged=len(ledger.entries),
        lost=[entry.name for entry in ledger.entries if (entry.id, entry.name) not in there],
        duplicated=[name for name, count in times.items() if count > 1],
        unknown=[name for name in times if name not in asked_for],
        out_of_order=list(_out_of_order(ledger.entries)),
        damage=list(damage),
    )


def _out_of_order(entries: Iterable[Entry]) -> Iterable[str]:
    last: dict[str, int] = {}
    for entry in entries:
        if entry.id <= last.get(entry.client, 0):
            yield entry.name
        last[entry.client] = entry.id
