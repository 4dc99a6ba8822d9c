"""Which file system a path lies on, as the kernel tells it."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

MOUNTINFO = Path("/proc/self/mountinfo")
UNION_FILESYSTEMS = ("overlay", "aufs", "unionfs")  # what container engines lay a container's own root upon


@dataclass(frozen=True)
class Mount:
    """One line of `mountinfo`; see proc_pid_mountinfo(5)."""

    point: str
    filesystem: str


def parse_mounts(mountinfo: str) -> list[Mount]:
    """Read the text of a `mountinfo` file, in the order of mounting."""
    mounts = []
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), before.split(" ")[4])
        mounts.append(Mount(point, after.split(" ")[0]))
    return mounts


def mount_of(path: str, mounts: list[Mount]) -> Mount | None:
    """Give the mount that an absolute path without symbolic links lies on; a later mount hides an earlier one."""
    found = None
    for mount in mounts:
        inside = path == mount.point or path.startswith(mount.point.rstrip("/") + "/")
        if inside and (found is None or len(mount.point) >= len(found.point)):
            found = mount
    return found


def is_in_container_layer(path: Path, mountinfo: Path = MOUNTINFO) -> bool:
    """Tell whether a file at `path` would be part of a container's throw-away layer.

    That is so when nothing is mounted over the root between `/` and the file, and the root is a union file system.
    """
    try:
        mounts = parse_mounts(mountinfo.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return False  # not Linux
    mount = mount_of(os.path.realpath(path), mounts)
    return mount is not None and mount.point == "/" and any(name in mount.filesystem for name in UNION_FILESYSTEMS)
