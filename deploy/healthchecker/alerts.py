"""Decides what people are told; without I/O and without a clock of its own, so that all of it is tested as tables."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from healthchecker import message
from healthchecker.message import Message
from healthchecker.monitor import Tick
from healthchecker.state import State

MANY = 3  # more outages than these, begun within the window, are not told one by one
WINDOW = timedelta(hours=1)
CALM = timedelta(minutes=30)


class Flapping(BaseModel):
    """Outages that follow each other quickly, gathered for one message."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime
    last: AwareDatetime  # when the last of them began
    outages: int
    down: timedelta = timedelta()  # how long those lasted that were not told one by one


class Memory(BaseModel):
    """All that a restart must neither forget nor repeat."""

    model_config = ConfigDict(extra="forbid")

    outage: AwareDatetime | None = None  # since when the open outage lasts
    begun: Annotated[list[AwareDatetime], Field(max_length=MANY + 1)] = []  # when the last outages began
    flapping: Flapping | None = None
    told: AwareDatetime | None = None  # when a message was last accepted
    pending: Message | None = None  # what is to be told now; a newer message replaces it
    accepted_by: set[int] = set()  # the channels that have accepted what is pending


class Alerts:
    """What is to be told, and what has been.

    A message is due when an outage begins, when it ends, and every now and then while it lasts. Where more than three
    begin within an hour, one message says so, and further outages are gathered until half an hour has passed without a
    new one. An outage lasts from `unhealthy` to `healthy`, whatever is in between, be it a restart of this process.
    """

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory or Memory()

    @property
    def pending(self) -> Message | None:
        """Give what is to be told now."""
        return self._memory.pending

    @property
    def accepted_by(self) -> frozenset[int]:
        """Give the numbers of the channels that have accepted what is pending."""
        return frozenset(self._memory.accepted_by)

    def see(self, tick: Tick, remind_every: timedelta) -> None:
        """Take in one turn of the monitor; without a length, `remind_every` asks for no reminders."""
        memory, now = self._memory, tick.at
        if tick.standing.state is State.UNHEALTHY and memory.outage is None:
            self._begin(tick)
        elif tick.standing.state is State.HEALTHY and memory.outage is not None:
            self._end(memory.outage, now)
        if memory.flapping and now - memory.flapping.last >= CALM:
            self._calm_down(memory.flapping, tick)
        elif remind_every and self._told_before(now - remind_every):
            self._remind(tick)

    def accept(self, told: Message, channel: int, at: datetime) -> None:
        """Note that a channel has accepted a message; one that was replaced meanwhile no longer counts."""
        if told is self._memory.pending:
            self._memory.accepted_by.add(channel)
            self._memory.told = at

    def finish(self, told: Message) -> None:
        """Note that nobody waits for a message any more."""
        if told is self._memory.pending:
            self._memory.pending = None

    def as_json(self) -> Any:
        """Give the memory, for `from_json`; it holds no secret."""
        return self._memory.model_dump(mode="json")

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Go on from what `as_json` gave.

        Raises:
            ValueError: This is not what `as_json` gives.

        """
        return cls(Memory.model_validate(data))

    def _begin(self, tick: Tick) -> None:
        memory, now = self._memory, tick.at
        memory.outage = now
        memory.begun = [*memory.begun, now][-MANY - 1 :]
        if memory.flapping:
            memory.flapping.outages += 1
            memory.flapping.last = now
        elif len(memory.begun) > MANY and now - memory.begun[0] <= WINDOW:
            memory.flapping = Flapping(since=memory.begun[0], last=now, outages=len(memory.begun))
            self._tell(message.flapping(memory.flapping.outages, memory.flapping.since, CALM, tick.verdict))
        else:
            self._tell(message.alert(now, tick.verdict))

    def _end(self, since: datetime, now: datetime) -> None:
        self._memory.outage = None
        if self._memory.flapping:
            self._memory.flapping.down += now - since
        else:
            self._tell(message.recovery(since, now))

    def _calm_down(self, gathered: Flapping, tick: Tick) -> None:
        self._memory.flapping, self._memory.begun = None, []
        if self._memory.outage:
            self._tell(message.alert(self._memory.outage, tick.verdict))
        else:
            self._tell(message.calm_again(gathered.outages, gathered.since, gathered.outages - MANY, gathered.down))

    def _told_before(self, moment: datetime) -> bool:
        unheard = self._memory.pending is not None and not self._memory.accepted_by
        return not unheard and self._memory.told is not None and self._memory.told <= moment

    def _remind(self, tick: Tick) -> None:
        memory = self._memory
        if memory.flapping:
            self._tell(message.flapping(memory.flapping.outages, memory.flapping.since, CALM, tick.verdict))
        elif memory.outage:
            self._tell(message.reminder(memory.outage, tick.at, tick.verdict))

    def _tell(self, news: Message) -> None:
        self._memory.pending, self._memory.accepted_by = news, set()
