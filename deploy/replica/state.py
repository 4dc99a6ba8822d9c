"""What is known of the replica: how far behind it is, and what is wrong."""

import threading
import time
from collections.abc import Callable
from typing import Any

from backup.status import Unwell
from replica.settings import Settings

BEHIND_SECONDS = 10.0
BEHIND_INTERVALS = 5
LONGEST_ERROR = 300


class State:
    """Told by the threads that do the work, and shown to whoever asks.

    The lag is the age of the newest moment whose state the replica is known to have: that at which Litestream was asked
    how much it has taken in, and has brought there since. So it grows while the store cannot be reached and something
    is to be brought there; an idle database needs none, and has no lag.

    Args:
        settings: Those of the replica.
        clock: Seconds that never go back.

    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._turn = threading.Lock()
        self._is_ready = False
        self._began_at: float | None = None
        self._equal_at: float | None = None
        self._last_error: str | None = None

    def now(self) -> float:
        """Give the moment, for `equal`."""
        return self._clock()

    def ready(self) -> None:
        """Note that the volume is as it should be before the service starts."""
        with self._turn:
            self._is_ready, self._last_error = True, None

    def begin(self) -> None:
        """Note that a database is to be replicated from now on."""
        with self._turn:
            self._began_at = self._clock()

    def end(self) -> None:
        """Note that there is no database in use that could be."""
        with self._turn:
            self._began_at = self._equal_at = self._last_error = None

    def equal(self, at: float) -> None:
        """Note that the replica had all that the database had at that moment."""
        with self._turn:
            self._equal_at, self._last_error = at, None

    def failed(self, reason: str) -> bool:
        """Note what has failed, in one sentence, and tell whether that is news."""
        with self._turn:
            before, self._last_error = self._last_error, " ".join(reason.split())[:LONGEST_ERROR]
            return before != self._last_error

    @property
    def lag(self) -> float | None:
        """Seconds, `None` as long as nothing is known."""
        return None if self._equal_at is None else max(self._clock() - self._equal_at, 0)

    def as_json(self) -> dict[str, Any]:
        """Give all of it."""
        with self._turn:
            return {
                "lag_seconds": None if self.lag is None else round(self.lag, 3),
                "sync": bool(self._settings.sync),
                "kind": self._settings.kind,
                "last_error": self._last_error,
            }

    def unwell(self) -> Unwell | None:
        """Give why the replica is not well, `None` where it is."""
        with self._turn:
            if not self._is_ready:
                return self._unwell(
                    "replica_not_ready",
                    "The replica is not in use yet.",
                    "The volume is looked at, and restored from the replica should it be empty.",
                )
            since = self._equal_at if self._equal_at is not None else self._began_at
            lag = 0 if since is None else self._clock() - since
            if lag <= max(BEHIND_SECONDS, BEHIND_INTERVALS * self._settings.sync_interval):
                return None
            return self._unwell(
                "replica_behind",
                "The replica is behind the database.",
                f"The replica has not been equal to the database for {lag:.0f} s.",
            )

    def _unwell(self, code: str, title: str, detail: str) -> Unwell:
        return Unwell(
            code,
            title,
            " ".join(filter(None, (detail, self._last_error))),
            "Make its store reachable and give it room; the log of the service replica says what is wrong.",
        )
