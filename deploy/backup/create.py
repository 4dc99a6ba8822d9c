"""Make a backup."""

import os
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from app.copying import check_room, copy
from app.datafile import DataFile
from app.lookout import FREE_FLOOR_BYTES
from backup import archive, content
from backup.findings import Findings, look
from backup.folder import Backup, Folder
from backup.live import reading
from backup.manifest import Manifest
from backup.retention import Retention
from backup.trouble import Refused


class Created(NamedTuple):
    """What was made, what was found of it, what had had its time, and why other such backups are still there."""

    backup: Backup
    findings: Findings
    pruned: list[Path]
    trouble: str | None


def create(file: DataFile, folder: Folder, retention: Retention) -> Created:
    """Copy the database as it is at one moment, check the copy, pack it, and only then let it count.

    Raises:
        Refused: There is nothing to back up, or the copy is not sound.
        ProblemError, OSError: A disk or the database does not allow it.

    """
    with folder.work() as work:
        path, taken_at = folder.free_name()
        database, draft = work / archive.DATABASE, work / path.name
        with reading(file) as source:
            # The copy and, beside it, its archive.
            check_room(folder.path, 2 * (file.size() + file.log_bytes()) + FREE_FLOOR_BYTES, "a backup")
            copy(source, database)
        manifest, findings = _check(database, folder, taken_at)
        archive.write(database, manifest, draft)
        folder.finish(draft, path)
    backup = Backup(path, taken_at, path.stat().st_size, manifest)
    return Created(backup, findings, *_prune(folder, retention, manifest.lineage))


def _prune(folder: Folder, retention: Retention, lineage: int) -> tuple[list[Path], str | None]:
    """Remove what has had its time; a failure is told and not raised, as the new backup counts all the same."""
    gone: list[Path] = []
    try:
        for path in folder.expired(retention, lineage):
            path.unlink(missing_ok=True)
            gone.append(path)
    except OSError as error:
        return gone, f"Not all backups that have had their time could be removed: {error}."
    return gone, None


def _check(database: Path, folder: Folder, taken_at: datetime) -> tuple[Manifest, Findings]:
    findings = Findings()
    with content.opened(database) as copied:
        found, damage = look(copied, findings)
        lineage = content.header(copied).lineage
    if found is None or damage:
        newest = next((backup.path.name for backup in folder.backups()), "none")
        raise Refused(
            os.EX_DATAERR,
            f"The database is damaged, so that no backup was made ({damage}). The newest good one: {newest}.",
        )
    return Manifest.of(found, taken_at=taken_at, lineage=lineage), findings
