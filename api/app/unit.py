"""A unit of work, and the connection that runs one unit after another."""

import sqlite3
import time
from collections.abc import Callable
from typing import NoReturn, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from app.faults import CONNECTION_IS_LOST, code_of

T = TypeVar("T")
Work = Callable[[Session], T]

STEPS_BETWEEN_LOOKS = 200_000  # of SQLite's virtual machine, some 10 ms: each look at the clock takes the GIL


class UnitSession(Session):
    """The session that a unit of work gets; the end of the unit is the end of its transaction, and nothing else is."""

    def commit(self) -> NoReturn:
        """Refuse."""
        raise RuntimeError("A unit of work is committed when it returns: leave the commit away.")

    def rollback(self) -> NoReturn:
        """Refuse."""
        raise RuntimeError("A unit of work is rolled back when it raises: raise an exception instead.")


class UnitConnection:
    """One connection and one session that live on from unit to unit, which costs a third of making new ones each time.

    Its transactions are told in SQL, because one of them may span many units. A connection that a fault has spoilt is
    closed at once, and replaced at the beginning of the next transaction.

    Args:
        engine: Opens the connection.
        steps_between_looks: After how many steps of its virtual machine SQLite asks whether a unit must end.

    """

    def __init__(self, engine: Engine, *, steps_between_looks: int = STEPS_BETWEEN_LOOKS) -> None:
        self._engine = engine
        self._steps_between_looks = steps_between_looks
        self._deadline = float("inf")
        self._interrupted = False
        self._connect()

    def _connect(self) -> None:
        self._connection: Connection = self._engine.connect()
        self._session = UnitSession(self._connection, expire_on_commit=False)
        driver = self._connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - narrows the type that SQLAlchemy declares
        self._driver = driver
        self._driver.set_progress_handler(self._must_end, self._steps_between_looks)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open: after some faults SQLite, or the loss of the connection, has ended it."""
        return not self._connection.invalidated and self._driver.in_transaction

    def begin(self, sql: str) -> None:
        """Begin a transaction with the given statement."""
        self._renew()
        self.execute(sql)

    def look(self, sql: str) -> tuple[object, ...] | None:
        """Execute a statement that only reads, outside a transaction, and give its first row."""
        self._renew()
        return self.execute(sql)

    def execute(self, sql: str) -> tuple[object, ...] | None:
        """Execute a statement of the service's own, and give its first row."""
        try:
            row: tuple[object, ...] | None = self._driver.execute(sql).fetchone()
        except sqlite3.Error as error:
            if code_of(error) in CONNECTION_IS_LOST:
                self._connection.invalidate(error)
            raise
        return row

    def end(self) -> None:
        """Roll back what is not committed, if any fault has left a transaction to roll back."""
        if self.in_transaction and not self._interrupted:
            self.execute("ROLLBACK")

    def run(self, work: Work[T]) -> T:
        """Run a unit in the open transaction.

        Raises:
            Exception: Whatever the unit raises; what it has done is for the caller to roll back.

        """
        try:
            result = work(self._session)
            self._session.flush()
            self._must_be_whole()
        except BaseException as error:
            self._session.close()
            if isinstance(error, Exception) and not isinstance(error, StopIteration):
                raise
            raise RuntimeError(f"A unit of work ended with {error!r}, which cannot be handed to its caller.") from error
        self._session.expunge_all()
        return result

    def read(self, work: Work[T], *, seconds: float) -> T:
        """Run a unit in a transaction of its own, which sees one state of the database.

        Args:
            work: The unit.
            seconds: How long it may take; SQLite ends a statement that takes longer with `SQLITE_INTERRUPT`.

        Raises:
            Exception: Whatever the unit raises.

        """
        self.begin("BEGIN")  # before the deadline: SQLite may be interrupted there, too, when it has begun already
        try:
            self._deadline = time.monotonic() + seconds
            return self.run(work)
        finally:
            self._deadline = float("inf")  # first, or the end would be interrupted too
            self.end()

    def interrupt(self) -> None:
        """End the unit that another thread has under way, at its next step in SQLite."""
        self._interrupted = True

    def close(self) -> None:
        """Close the connection."""
        self._session.close()
        self._connection.close()

    def _renew(self) -> None:
        if self._connection.invalidated:
            lost = self._connection
            self._connect()  # where that fails, the lost one stays, and is replaced the next time
            lost.close()

    def _must_be_whole(self) -> None:
        if not self._session.is_active or self._session.in_nested_transaction():
            raise RuntimeError(
                "A unit of work returned although a part of it has failed or is still open: "
                "do what may fail in `with session.begin_nested():`."
            )

    def _must_end(self) -> bool:
        return self._interrupted or time.monotonic() > self._deadline
