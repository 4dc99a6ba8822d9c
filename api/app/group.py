"""Units of work that share one transaction, so that they share the one wait for the disk."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.unit import UnitConnection, Work


@dataclass(slots=True)
class Unit:
    """A unit on its way from the caller to the disk and back."""

    work: Work[Any]
    answer: asyncio.Future[Any]
    began: bool = False
    result: Any = None
    error: BaseException | None = None

    def give_answer(self) -> None:
        """Tell the caller, who may have gone; only in the event loop."""
        if self.answer.done():
            return
        if self.error:
            self.answer.set_exception(self.error)
        else:
            self.answer.set_result(self.result)


def commit_together(connection: UnitConnection, units: Iterable[Unit]) -> None:
    """Run units in one transaction and make what they did durable.

    A unit that raises is undone by itself and keeps its error. Units whose callers have gone are left out.

    Args:
        connection: Outside a transaction.
        units: May grow while they are run.

    Raises:
        Exception: The transaction failed as a whole; no unit was done.

    """
    connection.begin("BEGIN IMMEDIATE")
    try:
        for unit in units:
            if not unit.answer.done():
                _run(connection, unit)
        connection.execute("COMMIT")
    finally:
        connection.end()


def _run(connection: UnitConnection, unit: Unit) -> None:
    unit.began = True
    connection.execute("SAVEPOINT unit")
    try:
        unit.result = connection.run(unit.work)
    except Exception as error:
        if not connection.in_transaction:
            raise  # SQLite has rolled back everything, as it does on a full disk
        unit.error = error
        connection.execute("ROLLBACK TO unit")
    connection.execute("RELEASE unit")
