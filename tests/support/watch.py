"""The healthchecker's picture of a day, made by the real monitor from polls that the test chooses."""

import asyncio
import math
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from healthchecker.alerts import Alerts
from healthchecker.history import History
from healthchecker.known import Known
from healthchecker.metrics import Metrics
from healthchecker.monitor import Monitor
from healthchecker.neighbours import Neighbours
from healthchecker.notifier import Notifier
from healthchecker.probe import Poll
from healthchecker.reason import Reason
from healthchecker.server import Server
from healthchecker.settings import Settings
from healthchecker.snapshot import Snapshot
from healthchecker.state import State
from healthchecker.status import Status
from healthchecker.verdict import Verdict

HOUR = 3600.0
GOOD = Verdict(detail="The target answered 200.", http_status=200)
MISSING = Verdict(
    Reason.HTTP_STATUS,
    "The target answered 503 db_missing: The database file is missing.",
    503,
    "db_missing",
    "The database file is missing.",
    "Put the file back, or restore a backup with make restore FROM=latest STOP=1.",
)
SLOW = Verdict.failed(Reason.READ_TIMEOUT)
LADDER = {
    State.HEALTHY: (GOOD,),
    State.SUSPECT: (GOOD, MISSING),
    State.UNHEALTHY: (GOOD, MISSING, MISSING, MISSING),
    State.RECOVERING: (GOOD, MISSING, MISSING, MISSING, GOOD),
}


async def never_asked() -> Poll:
    raise AssertionError


def known(
    status: Status,
    *,
    history: History | None = None,
    snapshot: Snapshot | None = None,
    metrics: Metrics | None = None,
    neighbours: Neighbours | None = None,
) -> Known:
    """Make all that the server tells of, fresh but for what is given."""
    return Known(
        status,
        history or History(),
        snapshot or Snapshot(None, status.target),
        Notifier(Settings(), Alerts()),
        metrics or Metrics(),
        neighbours or Neighbours(Settings()),
    )


class Watch:
    """A status and a history that end now; before that the clock is turned by hand."""

    def __init__(self, hours_ago: float = 0) -> None:
        settings = Settings(interval=30)
        self.now = datetime.now(UTC).timestamp() - hours_ago * HOUR
        self.status = Status(settings, lambda: self.now)
        self.history = History(lambda: self.now, lambda: self.now)
        self.neighbours = Neighbours(settings)
        self._monitor = Monitor(settings, never_asked, [], clock=lambda: self.now)
        self._delay = 0.0

    def poll(self, verdict: Verdict) -> None:
        """Let the next poll end with this verdict, when it is due."""
        duration = 0.005 + 0.003 * math.sin(self.now / 400) ** 8 if verdict.ok else 0.02
        self.now += self._delay + duration
        tick, at = self._monitor.turn(Poll(verdict, duration)), datetime.fromtimestamp(self.now, UTC)
        tick = replace(tick, at=at, transition=tick.transition and replace(tick.transition, at=at))
        self._delay = tick.delay
        self.status.update(tick)
        self.history.add(tick)

    def poll_until(self, hours_ago: float, verdict: Verdict) -> None:
        """Let all polls until then end with this verdict."""
        end = datetime.now(UTC).timestamp() - hours_ago * HOUR
        while self.now + self._delay < end:
            self.poll(verdict)


def a_day(state: State) -> Watch:
    """Give a day with an outage, a hiccup and a short outage, which ends in `state`; unknown is that of a restart."""
    watch = Watch(hours_ago=22)
    for hours_ago, verdict in [(9, GOOD), (8.6, SLOW), (4, GOOD)]:
        watch.poll_until(hours_ago, verdict)
    watch.poll(SLOW)
    watch.poll_until(0.7, GOOD)
    watch.poll_until(0.68, MISSING)
    watch.poll_until(0.003, GOOD)
    for verdict in LADDER.get(state, ()):
        watch.poll(verdict)
    if state is State.UNKNOWN:
        restarted = Watch()
        restarted.history = History.from_json(watch.history.as_json())
        return restarted
    return watch


@contextmanager
def served(watch: Watch, port: int = 0) -> Iterator[str]:
    """Run the real server on a thread of its own, on any free port unless one is given, and give its address."""
    started: Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        over = asyncio.Event()
        runner = await Server(known(watch.status, history=watch.history, neighbours=watch.neighbours)).start(
            "127.0.0.1", port
        )
        started.set_result((runner.addresses[0][1], asyncio.get_running_loop(), over))
        await over.wait()
        await runner.cleanup()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    bound, loop, over = started.result(timeout=10)
    try:
        yield f"http://127.0.0.1:{bound}/"
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
