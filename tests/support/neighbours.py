"""The services that keep copies of the data, as the healthchecker knows them after an answer that the test chooses."""

from datetime import UTC, datetime, timedelta

from healthchecker.neighbours import Neighbours
from healthchecker.settings import Settings
from healthchecker.told import ToldArchive, ToldBackup, ToldReplica

DAY = 86400.0
HOUR = 3600.0


def backup_told(age: float | None = HOUR, last_error: str | None = None, name: str = "api.zip") -> ToldBackup:
    """Make an answer of the backup service whose newest backup is so many seconds old, or that has none."""
    now = datetime.now(UTC)
    newest = None if age is None else ToldArchive(name=name, at=now - timedelta(seconds=age), bytes=20480, rows=1042)
    next_at = now + timedelta(seconds=DAY - (age or 0))
    return ToldBackup(newest=newest, interval_seconds=DAY, next_at=next_at, last_error=last_error)


def replica_told(lag: float | None = 0.42, last_error: str | None = None, *, sync: bool = False) -> ToldReplica:
    """Make an answer of the replica that is so many seconds behind."""
    return ToldReplica(lag_seconds=lag, sync=sync, kind="s3", last_error=last_error)


def neighbours(
    backup: ToldBackup | None = None, replica: ToldReplica | None = None, trouble: str | None = None
) -> Neighbours:
    """Make both: what each told last, and why those that are used have no good answer now."""
    made = Neighbours(Settings())
    if backup:
        made.backup.told, made.backup.trouble, made.backup.answers = backup, trouble, not trouble
    if replica:
        made.replica.told, made.replica.trouble, made.replica.answers = replica, trouble, not trouble
    return made
