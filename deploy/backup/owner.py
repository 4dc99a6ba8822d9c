"""Who owns what the commands work on: a folder of the host belongs to whoever made it, and the service is another user.

The commands start as root with few capabilities, see to that, and become the service's user for
good, as the images of the large databases do.
"""

import os
from pathlib import Path

from backup.trouble import Refused

USER, GROUP = 10001, 0
FOLDER_MODE = 0o2770  # new files get the folder's group, so that whoever made the folder can read them
WRITE_AND_SEARCH = 0o3


def take(folder: Path) -> None:
    """Make an empty folder the service's own where the service cannot write to it yet; its group stays.

    Raises:
        Refused: It is not empty, and so somebody else's.

    """
    if os.geteuid() != 0 or _is_usable(folder):
        return
    if any(folder.iterdir()):
        found = folder.stat()
        raise Refused(
            os.EX_CANTCREAT,
            f"{folder} belongs to {found.st_uid}:{found.st_gid}, user {USER} cannot write to it, and it is not empty: "
            f"give it to that user with `chown {USER}`, or name another folder.",
        )
    _give(folder, mode=FOLDER_MODE)


def give_database(path: Path) -> None:
    """Give the service's user the folder of the database, and what lies there of the database."""
    if os.geteuid() != 0:
        return
    if not _is_usable(path.parent):
        _give(path.parent, mode=0o770)
    for file in path.parent.iterdir():
        is_ours = file.name.startswith((path.name, f".{path.name}."))
        if is_ours and file.lstat().st_uid != USER:
            os.chown(file, USER, GROUP, follow_symlinks=False)


def drop() -> None:
    """Become the service's user, for good."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(GROUP)
        os.setuid(USER)
        os.umask(0o007)


def _is_usable(folder: Path) -> bool:
    found = folder.stat()
    shift = 6 if found.st_uid == USER else 3 if found.st_gid == GROUP else 0
    return found.st_mode >> shift & WRITE_AND_SEARCH == WRITE_AND_SEARCH


def _give(folder: Path, *, mode: int) -> None:
    group = folder.stat().st_gid
    os.chown(folder, 0, -1)  # the mode is for the owner to change, and the right to change it for others was dropped
    folder.chmod(mode)
    os.chown(folder, USER, group)
