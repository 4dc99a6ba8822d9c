"""What is published of the copies of the data: how old the newest backup is by now, and how far behind the replica."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import Field

from healthchecker.form import Amount, Count, Model, Moment
from healthchecker.neighbour import Neighbour
from healthchecker.told import ToldBackup, ToldReplica
from healthchecker.words import duration, lag

OVERDUE_INTERVALS = 1.5


class Copy(Model):
    """What is told of every service that keeps copies."""

    answers: bool = Field(description="Whether the service answered last time as it must.")
    detail: str | None = Field(description="How it is, in one sentence; null while nothing is known.")
    last_error: str | None = Field(description="Why it failed last, in its own words; null when it did not.")
    trouble: str | None = Field(description="Why it has no good answer now, in one sentence; null when it has.")
    remedy: str | None = Field(description="What to do about that; null when there is nothing to do.")


class Archive(Model):
    """A verified backup."""

    name: str = Field(description="Its name.")
    at: Moment = Field(description="When it was made.")
    age_seconds: Amount = Field(description="How many seconds ago that is.")
    bytes: Count = Field(description="Its size.")
    rows: Count = Field(description="How many rows are in it.")


class Backup(Copy):
    """The scheduled backups."""

    newest: Archive | None = Field(description="The newest verified backup; null when there is none, or none is known.")
    interval_seconds: Amount | None = Field(description="How many seconds are meant to lie between two backups.")
    next_at: Moment | None = Field(description="When the next one is due.")
    overdue: bool = Field(description=f"Whether the newest is older than {OVERDUE_INTERVALS} intervals.")

    @classmethod
    def of(cls, neighbour: Neighbour[ToldBackup], now: datetime) -> Self | None:
        """Make it of what the service told; its age is that of now. Give None where no such service is used."""
        if not neighbour.used:
            return None
        told, newest = neighbour.told, None
        if told and told.newest:
            age = max(now - told.newest.at, timedelta()).total_seconds()
            newest = Archive(age_seconds=round(age, 1), **told.newest.model_dump())
        overdue = bool(told and newest and newest.age_seconds > OVERDUE_INTERVALS * told.interval_seconds)
        return cls(
            answers=neighbour.answers,
            newest=newest,
            interval_seconds=told and told.interval_seconds,
            next_at=told and told.next_at,
            overdue=overdue,
            detail=told and _said_of(told, newest, overdue=overdue),
            last_error=told and told.last_error,
            trouble=neighbour.trouble,
            remedy=neighbour.remedy if neighbour.trouble else None,
        )


class Replica(Copy):
    """The replication of each write to another place."""

    lag_seconds: Amount | None = Field(description="How many seconds the replica is behind; null when it is not known.")
    sync: bool | None = Field(description="Whether a write is answered only once it is in the replica.")
    kind: str | None = Field(description="What holds the replica: `file` or `s3`.")

    @classmethod
    def of(cls, neighbour: Neighbour[ToldReplica]) -> Self | None:
        """Make it of what the service told; its lag is only that of a good answer. None where no such one is used."""
        if not neighbour.used:
            return None
        told = neighbour.told
        behind = told.lag_seconds if told and neighbour.answers else None
        return cls(
            answers=neighbour.answers,
            lag_seconds=behind,
            sync=told and told.sync,
            kind=told and told.kind,
            detail=told and f"{_said_behind(behind)}; {'answers wait' if told.sync else 'no answer waits'} for it.",
            last_error=told and told.last_error,
            trouble=neighbour.trouble,
            remedy=neighbour.remedy if neighbour.trouble else None,
        )


def _said_of(told: ToldBackup, newest: Archive | None, *, overdue: bool) -> str:
    if not newest:
        return "There is no verified backup yet."
    said = f"The newest verified backup is {duration(newest.age_seconds)} old"
    return f"{said}: overdue, as one is meant every {duration(told.interval_seconds)}." if overdue else f"{said}."


def _said_behind(seconds: float | None) -> str:
    return "How far the replica is behind is not known" if seconds is None else f"The replica is {lag(seconds)} behind"
