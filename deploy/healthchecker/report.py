"""What `/status` answers, with its published schema."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import Field

from healthchecker import __version__
from healthchecker.copies import Backup, Replica
from healthchecker.form import Amount, Count, Model, Moment, Share
from healthchecker.history import History
from healthchecker.known import Known
from healthchecker.minutes import DAY
from healthchecker.monitor import Tick, Transition
from healthchecker.reason import Reason
from healthchecker.state import State
from healthchecker.status import cause_as_json

SHOWN_TRANSITIONS = 20
HOUR = 3600


class Cause(Model):
    """Why a poll failed and what to do; all null after a good one, but for its status."""

    reason: Reason | None = Field(description="The class of the failure.")
    http_status: int | None = Field(description="The status of the target's answer, if there was one.")
    code: str | None = Field(description="The code of the problem that the target itself told.")
    title: str | None = Field(description="The title of that problem.")
    remedy: str | None = Field(description="What to do.")


class LastPoll(Cause):
    """The poll that ended last."""

    at: Moment = Field(description="When it ended.")
    ok: bool = Field(description="Whether the target answered exactly as it must.")
    detail: str = Field(description="What was seen, in one sentence.")
    duration_ms: Amount = Field(description="How many milliseconds it took.")

    @classmethod
    def of(cls, tick: Tick) -> Self:
        """Make it of one turn of the loop."""
        verdict = tick.verdict
        milliseconds = round(tick.duration * 1000, 1)
        return cls(at=tick.at, ok=verdict.ok, detail=verdict.detail, duration_ms=milliseconds, **cause_as_json(verdict))


class Change(Cause):
    """A change of the state, with the poll that caused it."""

    at: Moment = Field(description="When it happened.")
    before: State = Field(alias="from", description="The state until then.")
    after: State = Field(alias="to", description="The state from then on.")
    after_seconds: Amount = Field(description="How many seconds the state before had lasted.")

    @classmethod
    def of(cls, transition: Transition) -> Self:
        """Make it of a transition."""
        before, after, lasted = transition.before, transition.after, round(transition.lasted, 1)
        cause = cause_as_json(transition.verdict)
        return cls(at=transition.at, before=before, after=after, after_seconds=lasted, **cause)


class Polls(Model):
    """The polls since the healthchecker started."""

    total: Count = Field(description="All of them.")
    failed: Count = Field(description="Those that count against the target.")


class Uptime(Model):
    """The share of the known time in which the target was up; null when nothing is known."""

    hour: Share | None = Field(alias="1h", description="In the last hour.")
    day: Share | None = Field(alias="24h", description="In the last 24 hours.")


class Latency(Model):
    """How many milliseconds the good polls of the last hour took; null without any."""

    p50: Amount | None = Field(description="The median.")
    p95: Amount | None = Field(description="What 95 % of them did not exceed.")


class Past(Model):
    """What is remembered, and whether a restart would forget it."""

    since: Moment | None = Field(description="When it begins, 24 hours ago at most; null while there is none.")
    kept: bool = Field(description="Whether it survives a restart of the healthchecker.")
    trouble: str | None = Field(description="Why it cannot be saved and what to do, in one line; null when it can.")


class Notifications(Model):
    """Whether people are told of outages, and whether that works."""

    channels: Count = Field(description="How many URLs are told.")
    pending: bool = Field(description="Whether a message waits for somebody to accept it.")
    last_sent: Moment | None = Field(description="When a message was accepted last; null before the first.")
    last_error: str | None = Field(description="Why the last attempt failed, without any secret; null when it did not.")


class Report(Model):
    """What the healthchecker knows of its target. Times are in UTC; what does not apply is null."""

    target: str = Field(description="The URL that is polled.")
    state: State = Field(description="What is known about the target now.")
    since: Moment = Field(description="When it came into this state.")
    last_poll: LastPoll | None = Field(description="The last poll; null before the first.")
    consecutive_failures: Count = Field(description="How many polls in a row have failed.")
    consecutive_successes: Count = Field(description="How many polls in a row were good.")
    polls: Polls
    uptime: Uptime
    latency_ms: Latency
    history: Past
    notifications: Notifications
    backup: Backup | None = Field(description="What the scheduled backups tell; null where there are none.")
    replica: Replica | None = Field(description="What the replication tells; null where there is none.")
    transitions: Annotated[list[Change], Field(max_length=SHOWN_TRANSITIONS)] = Field(
        description="The last changes of the state within 24 hours, newest first; a restart does not end them."
    )
    version: str = Field(description="The version of the healthchecker.")

    @classmethod
    def of(cls, known: Known) -> Self:
        """Make it of all that is known now."""
        status, history, snapshot = known.status, known.history, known.snapshot
        tick = status.tick
        return cls(
            target=status.target,
            state=status.state,
            since=status.since,
            last_poll=LastPoll.of(tick) if tick else None,
            consecutive_failures=tick.standing.failures if tick else 0,
            consecutive_successes=tick.standing.successes if tick else 0,
            polls=Polls(total=status.polls, failed=status.failed_polls),
            uptime=Uptime(hour=_rounded(history.uptime(HOUR), 5), day=_rounded(history.uptime(DAY), 5)),
            latency_ms=Latency(p50=_milliseconds(history, 0.5), p95=_milliseconds(history, 0.95)),
            history=Past(since=history.since, kept=snapshot.kept, trouble=snapshot.trouble),
            notifications=Notifications(**known.notifier.summary()),
            backup=Backup.of(known.neighbours.backup, datetime.now(UTC)),
            replica=Replica.of(known.neighbours.replica),
            transitions=[Change.of(transition) for transition in history.transitions[:SHOWN_TRANSITIONS]],
            version=__version__,
        )

    def as_json(self) -> dict[str, Any]:
        """Give what `/status` answers."""
        return self.model_dump(mode="json", by_alias=True)


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of what `/status` answers."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "/schema.json",
        **Report.model_json_schema(by_alias=True, mode="serialization"),
    }


def _milliseconds(history: History, quantile: float) -> float | None:
    seconds = history.latency(quantile, HOUR)
    return None if seconds is None else round(seconds * 1000, 1)


def _rounded(number: float | None, digits: int) -> float | None:
    return None if number is None else round(number, digits)
