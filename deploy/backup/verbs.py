"""What each command does and prints; a result is on standard output, and everything else an exception."""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress

from app import schema
from app.datafile import DataFile
from backup import content, sources
from backup import swap as swapping
from backup.create import create as create_backup
from backup.findings import Findings
from backup.folder import Folder
from backup.live import reading
from backup.retention import Retention
from backup.schedule import Schedule
from backup.settings import FOLDER, read_settings
from backup.staging import Stage, Staging
from backup.trouble import KNOWN, Refused
from backup.verify import verify_archive, verify_live

Verb = Callable[[DataFile, Namespace], None]

STDIN = "-"
UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def create(file: DataFile, arguments: Namespace) -> None:
    """Make a backup, and remove those that have had their time."""
    created = create_backup(file, Folder(FOLDER), Retention(arguments.keep, arguments.keep_days))
    print(created.findings.table)
    print(f"backup {created.backup.path.name}, {shown(created.backup.bytes)}")
    for path in created.pruned:
        print(f"removed {path.name}")
    if created.trouble:
        print(created.trouble, file=sys.stderr)


def verify(file: DataFile, arguments: Namespace) -> None:
    """Check a backup, or the database in use, in whole."""
    folder = Folder(FOLDER)
    if arguments.name is None:
        findings, what = verify_live(file), "The database"
    elif arguments.name == STDIN:
        findings, what = verify_archive(sys.stdin.buffer, "The given file", folder), "The given file"
    else:
        path = folder.named(arguments.name)
        findings, what = verify_archive(path, path.name, folder), path.name
    print(findings.table)
    if findings.fault:
        raise Refused(os.EX_DATAERR, f"{what} is not well: {findings.fault}.")


def stage(file: DataFile, arguments: Namespace) -> None:
    """Bring a checked copy of a backup beside the database, and touch nothing else."""
    staging = Staging(file)
    left = staging.stage
    if left is not Stage.NOTHING:
        place = "The database that it put" if left is Stage.SWAPPED else "The database from before it"
        print(f"An earlier restore was interrupted. {place} is in place.", file=sys.stderr)
    print(_fill(staging, file, arguments).table)


def _fill(staging: Staging, file: DataFile, arguments: Namespace) -> Findings:
    if arguments.replica:
        return staging.fill("The replica", sources.replica(arguments.at))
    if arguments.snapshot is not None:
        return staging.fill(*sources.snapshot(file, arguments.snapshot))
    if arguments.name is None:
        raise Refused(os.EX_USAGE, "Say what to restore: the name of a backup, - , --snapshot or --replica.")
    if arguments.name == STDIN:
        return staging.fill("The given file", sources.archive_from(sys.stdin.buffer, file, Folder(FOLDER)))
    path = Folder(FOLDER).named(arguments.name)
    return staging.fill(path.name, sources.archive_at(path, file))


def swap(file: DataFile, _arguments: Namespace) -> None:
    """Put the staged database in place."""
    print(swapping.swap(file))


def undo(file: DataFile, _arguments: Namespace) -> None:
    """Put the replaced database back."""
    print(swapping.undo(file))


def settle(file: DataFile, _arguments: Namespace) -> None:
    """End a restore, and keep what was replaced as a snapshot."""
    for snapshot in Staging(file).settle():
        print(f"The replaced database is kept as snapshot {snapshot.path.name}.")
    file.snapshots.prune()


def state(file: DataFile, _arguments: Namespace) -> None:
    """Tell the schema's revisions and the snapshots, as JSON; a revision that cannot be read is null."""
    revision = None
    with suppress(*KNOWN), reading(file) as connection:
        revision = content.revision(connection)
    snapshots = [each.path.name for each in file.snapshots.all()]
    print(json.dumps({"revision": revision, "needed": schema.known_revisions()[0], "snapshots": snapshots}))


def run(file: DataFile, _arguments: Namespace) -> None:
    """Back up by the clock, until told to stop."""
    Schedule(file, Folder(FOLDER), read_settings()).run()


def shown(size: int) -> str:
    """Put a number of bytes in words."""
    return next((f"{size / unit:.1f} {name}" for unit, name in UNITS if size >= unit), f"{size} bytes")
