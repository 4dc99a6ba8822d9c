"""Back up by the clock, until the process is told to stop."""

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from app.datafile import DataFile
from backup import status
from backup.create import create
from backup.folder import Backup, Folder
from backup.settings import Settings
from backup.status import Unwell
from backup.trouble import KNOWN, Refused

log = structlog.stdlib.get_logger(__name__)

LONGEST_PAUSE_SECONDS = 60.0  # before it is tried again; the first is a second, and each twice as long as the last
OVERDUE = 1.5  # intervals
GRACE_SECONDS = 300.0


class Schedule:
    """Makes a backup of the database whenever its newest one, whoever made it, is older than the interval."""

    def __init__(self, file: DataFile, folder: Folder, settings: Settings) -> None:
        self._file = file
        self._folder = folder
        self._settings = settings
        self._since = datetime.now(UTC)
        self._last_error: str | None = None
        self._not_before = self._since
        self._pause = 1.0
        self._newest: Backup | None = None

    def run(self) -> None:
        """Work until interrupted; a backup that is under way then is given up and leaves nothing."""
        status.serve(self.status, self.unwell)
        log.info("started", interval_seconds=self._settings.interval, folder=str(self._folder.path))
        with suppress(KeyboardInterrupt):
            while True:
                self.look()
                time.sleep(min(1.0, self._settings.interval / 4))
        log.info("stopped")

    def look(self) -> None:
        """Make a backup if one is due."""
        now = datetime.now(UTC)
        self._since = min(self._since, now)  # the clock may have been set back
        self._not_before = min(self._not_before, now + timedelta(seconds=self._pause))
        if now < self._not_before:
            return
        try:
            self._newest = self._newest_at(now)
            is_due = now >= self.next_at
            created = create(self._file, self._folder, self._settings.retention) if is_due else None
        except KNOWN as error:
            self._fail(Refused.because_of(error))
            return
        self._last_error, self._pause = None, 1.0
        if created:
            self._newest = created.backup
            gone = [path.name for path in created.pruned]
            log.info("backup made", name=self._newest.path.name, bytes=self._newest.bytes, pruned=gone)
            if created.trouble:
                log.warning("old backups are still there", cause=created.trouble)

    def _newest_at(self, now: datetime) -> Backup | None:
        """Give the newest backup of this database; one that is dated in the future says nothing of its age."""
        ours = self._file.read_seal() or (self._newest and self._newest.manifest.lineage)  # not yet sealed
        backups = self._folder.backups()
        return next((each for each in backups if each.manifest.lineage == ours and each.at <= now), None)

    def _fail(self, refused: Refused) -> None:
        self._not_before = datetime.now(UTC) + timedelta(seconds=self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
        if self._last_error != str(refused):
            log.error("no backup could be made", cause=str(refused))
        self._last_error = str(refused)

    @property
    def next_at(self) -> datetime:
        """When the next one is due."""
        due = self._newest.at + timedelta(seconds=self._settings.interval) if self._newest else self._since
        return max(due, self._not_before)

    def status(self) -> dict[str, Any]:
        """Give what is known, for `/status`."""
        newest = self._newest
        return {
            "newest": newest
            and {
                "name": newest.path.name,
                "at": _iso(newest.at),
                "bytes": newest.bytes,
                "rows": newest.manifest.total,
            },
            "age_seconds": newest and round(_age(newest.at), 1),
            "interval_seconds": self._settings.interval,
            "next_at": _iso(self.next_at),
            "last_error": self._last_error,
        }

    def unwell(self) -> Unwell | None:
        """Tell why the service is not well: its newest backup is too old."""
        newest = self._newest
        since = newest.at if newest else self._since
        limit = OVERDUE * self._settings.interval if newest else GRACE_SECONDS
        if _age(since) <= limit:
            return None
        title = f"The newest backup is of {_iso(newest.at)}." if newest else "There is no backup."
        return Unwell(
            code="backup_overdue",
            title=title,
            detail=self._last_error or title,
            remedy=f"{self._last_error or 'Look into the log of the backup service.'}",
        )


def _age(at: datetime) -> float:
    return time.time() - at.timestamp()


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
