"""The replica that must have every write before its answer, where the volume asks for one.

The replica's service makes the directory `.<name>.replica` beside the database, and Litestream's control socket is in
it. As long as the directory stands, nothing is acknowledged that the replica does not have.
"""

import asyncio
import http.client
import threading
from contextlib import closing

from app.control import Control
from app.datafile import DataFile
from app.faults import disk_faults
from app.problems import Code, ProblemError

SYNC_SECONDS = 3
LOOK_SECONDS = 0.4  # with the proof that follows it stays below the deadline of a check


class Replica:
    """What must have every write before it is acknowledged, while its directory stands beside the database.

    Args:
        file: The database.

    """

    def __init__(self, file: DataFile) -> None:
        self._file = file
        self._control = Control(file.replica_path, seconds=SYNC_SECONDS)
        self._turn = threading.Lock()
        self._failure: ProblemError | None = None
        self._looking: asyncio.Task[ProblemError | None] | None = None

    def is_required(self) -> bool:
        """Tell whether the replica must have every write; costs a look at the directory."""
        with disk_faults():
            try:
                self._file.replica_path.stat()
            except FileNotFoundError:
                return False
            return True

    def check(self) -> None:
        """Make sure that the replica has taken what was to be brought there the last time; waits for nobody.

        Whether it works again is for `look` to find out: a writer that waited for that would say so too late.

        Raises:
            ProblemError: `db_replica_unavailable`.

        """
        if self._failure:
            raise self._failure.anew()

    def sync(self) -> None:
        """Wait until the replica has all that was committed, where it must; for threads that may wait.

        Raises:
            ProblemError: `db_replica_unavailable`; it may have it or not.

        """
        with self._turn:
            try:
                if self.is_required():
                    self._sync()
            except (OSError, http.client.HTTPException) as error:
                self._control.close()
                problem = _unavailable(error)
                self._failure = problem.anew()
                raise problem from error
            self._failure = None

    def _sync(self) -> None:
        was_connected = self._control.sock is not None
        try:
            self._control.sync(self._file.path, seconds=SYNC_SECONDS)
        except ConnectionError:
            # Another Litestream may have taken the place of the one that the connection leads to.
            self._control.close()
            if not was_connected:
                raise
            self._control.sync(self._file.path, seconds=SYNC_SECONDS)

    def close(self) -> None:
        """Hang up."""
        with self._turn:
            self._control.close()

    async def look(self) -> None:
        """Make sure that the replica is there, as far as that can be told without a write, within `LOOK_SECONDS`.

        Raises:
            ProblemError: `db_replica_unavailable`.

        """
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(asyncio.to_thread(self._look))
        await asyncio.wait({self._looking}, timeout=LOOK_SECONDS)
        if not self._looking.done():
            raise (self._failure or _unavailable(TimeoutError(f"no answer within {LOOK_SECONDS} s"))).anew()
        if problem := self._looking.result():
            raise problem.anew()

    def _look(self) -> ProblemError | None:
        try:
            if self._failure:
                self.sync()
            elif self.is_required():
                # A connection of its own, as the other one may be waiting for a store that is slow.
                with closing(Control(self._file.replica_path, seconds=SYNC_SECONDS)) as control:
                    control.ask("GET", "/info")
        except (OSError, http.client.HTTPException) as error:
            problem = self._failure = _unavailable(error)
            return problem
        except ProblemError as problem:
            return problem.anew()
        return None


def _unavailable(error: Exception) -> ProblemError:
    return ProblemError(Code.DB_REPLICA_UNAVAILABLE, cause=f"{type(error).__name__}: {error}")
