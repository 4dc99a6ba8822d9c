"""Check a backup, or the database in use, in whole."""

import sqlite3
from functools import partial
from pathlib import Path
from typing import IO

from app.copying import check_room
from app.datafile import DataFile
from app.lineage import APPLICATION_ID
from app.lookout import FREE_FLOOR_BYTES
from backup import archive, content
from backup.findings import Findings, compare, look
from backup.folder import Folder
from backup.live import reading
from backup.manifest import Manifest


def verify_live(file: DataFile) -> Findings:
    """Check the database in use, whether the service runs or not.

    Raises:
        Refused, ProblemError: It cannot be looked at.

    """
    findings = Findings()
    with reading(file) as connection:
        connection.execute("BEGIN")  # so that all is seen as it is at one moment
        look(connection, findings)
        connection.execute("ROLLBACK")
    return findings


def verify_archive(source: Path | IO[bytes], name: str, folder: Folder) -> Findings:
    """Check a backup by unpacking it and looking at all of it.

    Raises:
        Refused: It is no whole backup.

    """
    with folder.work() as work:
        if not isinstance(source, Path):
            source = spool(source, work / "archive.zip")
        database = work / archive.DATABASE
        manifest = archive.unpack(source, name, database, partial(check_room, folder.path, what="the check"))
        return examine(database, manifest)


def examine(database: Path, manifest: Manifest | None) -> Findings:
    """Look at a closed database of a backup, and compare it with its manifest if it has one."""
    findings = Findings()
    if manifest:
        findings.add("taken", f"{manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC, by SQLite {manifest.sqlite}")
    with content.opened(database) as connection:
        try:
            application = content.header(connection).application
        except sqlite3.Error as error:
            findings.add("database", str(error), ok=False)
            return findings
        is_ours = application == APPLICATION_ID
        findings.add("application", "this service" if is_ours else "another application's database", ok=is_ours)
        found = look(connection, findings).content
    if found and manifest:
        compare(found, manifest, findings)
    return findings


def spool(stream: IO[bytes], path: Path) -> Path:
    """Put what comes from a pipe into a file: an archive is read from its end.

    Raises:
        ProblemError: There is no room for it.

    """
    with path.open("xb") as file:
        while chunk := stream.read(archive.CHUNK):
            check_room(path.parent, len(chunk) + FREE_FLOOR_BYTES, "the given file")
            file.write(chunk)
    return path
