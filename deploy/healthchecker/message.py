"""The words that people are sent."""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from healthchecker.verdict import Verdict
from healthchecker.words import duration, moment


class Kind(StrEnum):
    """How a receiver may colour a message; the names are Apprise's."""

    FAILURE = "failure"
    WARNING = "warning"
    SUCCESS = "success"
    INFO = "info"


class Message(BaseModel):
    """A message as it is sent; no secret is in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    title: str
    body: str


def alert(since: datetime, verdict: Verdict) -> Message:
    """Say that an outage has begun, why, and what to do."""
    title = f"The API is unhealthy: {verdict.code or verdict.reason}"
    return Message(kind=Kind.FAILURE, title=title, body=f"{verdict}\nSince {moment(since)}.")


def reminder(since: datetime, now: datetime, verdict: Verdict) -> Message:
    """Say that an outage goes on."""
    title = f"The API is still unhealthy, for {_lasted(now - since)} now"
    return Message(kind=Kind.FAILURE, title=title, body=f"{verdict}\nSince {moment(since)}.")


def recovery(since: datetime, now: datetime) -> Message:
    """Say that an outage is over, and how long it was."""
    body = f"The outage lasted {_lasted(now - since)}: from {moment(since)} to {moment(now)}."
    return Message(kind=Kind.SUCCESS, title="The API is healthy again", body=body)


def flapping(outages: int, since: datetime, calm: timedelta, verdict: Verdict) -> Message:
    """Say that outages follow each other so quickly that they are not told one by one any more."""
    title = f"The API goes up and down: {outages} outages since {moment(since)}"
    body = f"The last poll: {verdict}\nFurther outages are gathered until none has begun for {_lasted(calm)}."
    return Message(kind=Kind.WARNING, title=title, body=body)


def calm_again(outages: int, since: datetime, gathered: int, down: timedelta) -> Message:
    """Sum up outages, the last `gathered` of which were not told one by one and lasted `down` together."""
    body = f"There were {outages} outages since {moment(since)}; the last {gathered} lasted {_lasted(down)} in all."
    return Message(kind=Kind.SUCCESS, title="The API is healthy again and stays so", body=body)


def trial() -> Message:
    """Say that this is only a test."""
    body = "This is a test of HEALTHCHECKER_NOTIFY_URLS. If you can read it, outages will reach you here."
    return Message(kind=Kind.INFO, title="A test of the healthchecker", body=body)


def _lasted(time: timedelta) -> str:
    return duration(max(time.total_seconds(), 0))
