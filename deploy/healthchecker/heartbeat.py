"""A ping in each healthy minute to somebody outside, who notices when it stays away: then even this process is gone."""

import asyncio
import time
from collections.abc import Callable

import aiohttp
import structlog
import yarl

from healthchecker import __version__
from healthchecker.monitor import Tick
from healthchecker.settings import Settings
from healthchecker.state import State

EVERY_SECONDS = 60
DEADLINE = 5.0
MOST_REDIRECTS = 3
GOOD = range(200, 300)


class Heartbeat:
    """Asks a URL once in each minute in which the target was healthy; without a URL it asks nobody.

    Args:
        settings: Name the URL, which is a secret but for its scheme and host.
        clock: Gives seconds that only grow.

    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = yarl.URL(settings.heartbeat_url.get_secret_value())
        self._clock = clock
        self._minute = -1
        self._due = asyncio.Event()
        self._failing = False

    def update(self, tick: Tick) -> None:
        """Take in one turn of the loop; a listener of the monitor."""
        minute = int(self._clock() // EVERY_SECONDS)
        if self._url and tick.standing.state is State.HEALTHY and minute != self._minute:
            self._minute = minute
            self._due.set()

    async def run(self) -> None:
        """Ping whenever it is due, until cancelled."""
        while True:
            await self._due.wait()
            self._due.clear()
            self._tell(await self._ping())

    async def _ping(self) -> str | None:
        """Ask once, and give what went wrong, in words without the URL."""
        timeout = aiohttp.ClientTimeout(total=DEADLINE)
        headers = {"User-Agent": f"healthchecker/{__version__}"}
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
                session.get(self._url, max_redirects=MOST_REDIRECTS) as response,
            ):
                return None if response.status in GOOD else f"It answered {response.status}."
        except TimeoutError:
            return f"It did not answer within {DEADLINE:g} s."
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the next ping may work; its text may hold the URL
            return f"It could not be reached ({type(error).__name__})."

    def _tell(self, error: str | None) -> None:
        to = f"{self._url.scheme}://{self._url.host}"
        if error and not self._failing:
            structlog.get_logger().warning("heartbeat_fails", to=to, error=error)
        if self._failing and not error:
            structlog.get_logger().info("heartbeat_works_again", to=to)
        self._failing = bool(error)
