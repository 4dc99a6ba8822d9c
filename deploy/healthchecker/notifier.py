"""Tells people of outages, as often as it takes until every channel has accepted, and holds up nothing meanwhile."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from healthchecker import courier
from healthchecker.alerts import Alerts
from healthchecker.channel import Channel
from healthchecker.message import Message
from healthchecker.monitor import Tick
from healthchecker.settings import Settings

FIRST_PAUSE = 2.0
LONGEST_PAUSE = 300.0


def pause_after(failures: int, random_: Callable[[], float] = random.random) -> float:
    """Give the seconds before the next attempt after so many that failed: twice as many each time, spread by half."""
    return min(FIRST_PAUSE * 2.0 ** min(failures - 1, 32), LONGEST_PAUSE) * (0.5 + random_() / 2)


class Notifier:
    """Carries what `alerts` wants told to the channels; where there are none, all is told at once.

    Args:
        settings: Say whom to tell, how often to remind, and what is watched, which each message names at its end.
        alerts: Decides what to tell, and remembers it.
        carry: Makes one attempt, as `courier.carry` does.
        pause: Gives the seconds before the next attempt after so many that failed.
        count: Told of each attempt, by the channel's scheme and as `accepted` or `failed`.

    Attributes:
        sent: How often a channel has accepted a message.
        failed: How often one has not.

    """

    def __init__(
        self,
        settings: Settings,
        alerts: Alerts,
        carry: Callable[[Sequence[Channel], Message], Awaitable[courier.Errors]] = courier.carry,
        pause: Callable[[int], float] = pause_after,
        count: Callable[[str, str], None] = lambda _channel, _outcome: None,
    ) -> None:
        self.sent = self.failed = 0
        self._channels = settings.channels
        self._remind_every = timedelta(minutes=settings.remind_every)
        self._target = settings.target_url
        self._alerts = alerts
        self._carry = carry
        self._pause = pause
        self._count = count
        self._news = asyncio.Event()
        if alerts.pending:  # from before a restart
            self._news.set()
        self._last_sent: datetime | None = None
        self._last_error: str | None = None
        self._log = structlog.get_logger()

    def update(self, tick: Tick) -> None:
        """Take in one turn of the loop; a listener of the monitor."""
        before = self._alerts.pending
        self._alerts.see(tick, self._remind_every)
        if self._alerts.pending is not before:
            self._news.set()

    def summary(self) -> dict[str, Any]:
        """Give what may be shown of the deliveries; no secret is in it."""
        return {
            "channels": len(self._channels),
            "pending": self._alerts.pending is not None,
            "last_sent": self._last_sent,
            "last_error": self._last_error,
        }

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            if message := self._alerts.pending:
                await self._deliver(message)

    async def _deliver(self, message: Message) -> None:
        """Try until every channel has accepted the message, or there is a newer one."""
        for attempt in itertools.count(1):
            await self._attempt(message, attempt)
            if self._alerts.pending is not message:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), self._pause(attempt))
                return

    async def _attempt(self, message: Message, attempt: int) -> None:
        waiting = [channel for channel in self._channels if channel.number not in self._alerts.accepted_by]
        text = message.model_copy(update={"body": f"{message.body}\n{self._target}"})
        errors = await self._carry(waiting, text) if waiting else {}
        for channel in waiting:
            if error := errors[channel.number]:
                self.failed += 1
                self._count(channel.scheme, "failed")
                self._last_error = f"{channel}: {error}"
                self._log.warning("notification_failed", channel=str(channel), error=error, attempt=attempt)
            else:
                self.sent += 1
                self._count(channel.scheme, "accepted")
                self._last_sent = datetime.now(UTC)
                self._alerts.accept(message, channel.number, self._last_sent)
                self._log.info("notified", channel=str(channel), title=message.title)
        if not any(errors.values()):
            self._last_error = None
            self._alerts.finish(message)
