"""The one thread of this process that writes: all units that are waiting go into one commit."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue

from sqlalchemy.orm import Session

from app.faults import code_of, driver_error
from app.group import Unit
from app.problems import Code, ProblemError
from app.unit import T, Work

MOST_WAITING = 1000  # units; one more is better refused at once than kept waiting
MOST_TOGETHER = 256  # units in one commit: the first of them waits for the last
LONGEST_WAIT_SECONDS = 5.0
PROVEN_SECONDS = 1.0
PROOF_SECONDS = 0.25

Job = Callable[[], None]
OnGroup = Callable[[float, int], None]


class Writer:
    """Takes units from the event loop, commits them in groups on its thread, and gives each its answer.

    Args:
        commit: Commits a group, or raises why it could not.
        on_group: Told in the event loop, after each group, how many seconds it waited for its turn and how many units
            it had.
        ship: Brings what was committed to where it must be before it is acknowledged, or raises why it could not.

    """

    def __init__(
        self,
        commit: Callable[[Iterable[Unit]], None],
        on_group: OnGroup = lambda _seconds, _units: None,
        ship: Job = lambda: None,
    ) -> None:
        self._commit = commit
        self._on_group = on_group
        self._ship = ship
        self._is_shipping = False
        self._waiting: SimpleQueue[Unit | Job] = SimpleQueue()
        self._collected: list[Unit | Job] = []
        self._set_aside: Unit | Job | None = None
        self._is_stopped = False
        self._thread: threading.Thread | None = None
        self._has_failed = False
        self._proven_at = float("-inf")
        self._has_turn = False
        self._had_turn_at: float | None = None

    def start(self) -> None:
        """Start the thread, unless it runs already."""
        if self._thread is None:
            # A daemon: a process that must stop does not wait for a lock that a hung one holds.
            self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
            self._thread.start()

    async def write(self, work: Work[T], *, within: float = LONGEST_WAIT_SECONDS) -> T:
        """Run a unit; when this returns, what it did is on the disk.

        A caller that is cancelled or was kept waiting too long does not know whether the unit was done, but it is never
        done by half, and never begun once the caller has gone.

        Raises:
            ProblemError: `db_locked` when the turn to write could not be had, `db_timeout` when the disk is too slow.
            Exception: Whatever the unit or its commit raises.

        """
        if self._waiting.qsize() + len(self._collected) >= MOST_WAITING:
            raise ProblemError(Code.DB_LOCKED, cause=f"{MOST_WAITING} writes are waiting already")
        unit = Unit(work, asyncio.get_running_loop().create_future())
        self._hand_over(unit)
        try:
            async with asyncio.timeout(within) as limit:
                answer: T = await unit.answer
                return answer
        except TimeoutError:
            if not limit.expired():
                raise
            code = Code.DB_TIMEOUT if unit.began or self._has_turn else Code.DB_LOCKED
            raise ProblemError(code, cause=f"a write was not done within {within} s") from None

    async def prove(self) -> None:
        """Make sure that writing works: by what was written a moment ago, by taking the lock, or by a real commit.

        Raises:
            ProblemError, Exception: As `write` does.

        """
        if self._has_failed:
            await self.write(_rewrite_header, within=PROOF_SECONDS)
        elif time.monotonic() - self._proven_at > PROVEN_SECONDS and not self._is_shipping:
            await self.write(_do_nothing, within=PROOF_SECONDS)

    async def between(self, job: Callable[[], T]) -> T:
        """Run `job` on the thread, after all units that are waiting now."""
        done: Future[T] = Future()

        def run() -> None:
            if done.set_running_or_notify_cancel():
                try:
                    done.set_result(job())
                except Exception as error:  # noqa: BLE001 - raised again where it is awaited
                    done.set_exception(error)

        self._hand_over(run)
        return await asyncio.wrap_future(done)

    async def stop(self, *, within: float) -> bool:
        """Do what is waiting, end the thread, and tell whether that could be done in time."""
        if self._thread is None:
            return True
        self._hand_over(self._stop)
        await asyncio.to_thread(self._thread.join, within)
        return not self._thread.is_alive()

    def _hand_over(self, one: Unit | Job) -> None:
        """Hand over what comes up in one turn of the event loop together, so that it shares a commit."""
        if not self._collected:
            asyncio.get_running_loop().call_soon(self._hand_over_collected)
        self._collected.append(one)

    def _hand_over_collected(self) -> None:
        for one in self._collected:
            self._waiting.put(one)
        self._collected.clear()

    def _stop(self) -> None:
        self._is_stopped = True

    def _serve(self) -> None:
        while not self._is_stopped:
            following, self._set_aside = self._set_aside or self._waiting.get(), None
            if isinstance(following, Unit):
                self._serve_group(following)
            else:
                following()

    def _serve_group(self, first: Unit) -> None:
        group, began, self._had_turn_at = [first], time.monotonic(), None
        self._write(self._fill(group), group)
        self._ship_group(group)
        waited = (self._had_turn_at or time.monotonic()) - began
        first.answer.get_loop().call_soon_threadsafe(self._give_answers, group, waited)

    def _fill(self, group: list[Unit]) -> Iterator[Unit]:
        """Give the first unit of the group, then add and give what is waiting by the time that one is done."""
        self._has_turn, self._had_turn_at = True, time.monotonic()
        yield group[0]
        while len(group) < MOST_TOGETHER and not self._waiting.empty():
            following = self._waiting.get()
            if not isinstance(following, Unit):
                self._set_aside = following
                return
            group.append(following)
            yield following

    def _write(self, units: Iterable[Unit], group: list[Unit]) -> None:
        try:
            self._commit(units)
        except Exception as error:  # noqa: BLE001 - it is told to every caller
            if isinstance(driver_error(error), sqlite3.IntegrityError) and len(group) > 1:
                # A constraint that undoes all, or is only checked at the commit: whoever broke it breaks it alone, too.
                for unit in group:
                    unit.error = None
                    self._write([unit], [unit])
                return
            self._has_failed = self._has_failed or code_of(error) is not Code.DB_LOCKED
            for unit in group:
                unit.error = unit.error or error
        else:
            # A commit of units that found nothing to write proves nothing.
            is_unproven = self._has_failed and not any(unit.work is _rewrite_header for unit in group)
            self._has_failed = is_unproven or any(unit.error and code_of(unit.error) for unit in group)
            self._proven_at = time.monotonic()
        finally:
            self._has_turn = False

    def _ship_group(self, group: list[Unit]) -> None:
        """Ship what a group has committed, after its turn to write, so that the next process commits meanwhile."""
        committed = [unit for unit in group if unit.error is None and unit.work is not _do_nothing]
        if not committed:
            return
        self._is_shipping = True
        try:
            self._ship()
        except Exception as error:  # noqa: BLE001 - it is told to every caller
            for unit in committed:
                unit.error = error
        finally:
            self._is_shipping = False

    def _give_answers(self, group: list[Unit], waited: float) -> None:
        for unit in group:
            unit.give_answer()
        self._on_group(waited, len(group))


def _do_nothing(_session: Session) -> None:
    """Take the lock, and write nothing."""


def _rewrite_header(session: Session) -> None:
    """Write the first page as it is, which makes the commit a real one."""
    connection = session.connection()
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA user_version = {version}")
