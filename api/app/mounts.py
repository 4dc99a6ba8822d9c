"""Which file system a path lies on, as the kernel tells it."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

MOUNTINFO = Path("/proc/self/mountinfo")
OF_EVERY_CONTAINER = {"dev", "etc", "proc", "run", "sys", "tmp"}
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
    """Tell whether a file at `path` would vanish with the container that this process runs in.

    That is so when the root is a union file system, as in containers, and nothing is mounted over it between `/` and
    the file's directory, or only what every container has. The directory counts, because the log lies there as well.
    """
    try:
        mounts = parse_mounts(mountinfo.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return False  # not Linux
    root, mount = mount_of("/", mounts), mount_of(str(Path(os.path.realpath(path)).parent), mounts)
    if root is None or mount is None or not any(name in root.filesystem for name in UNION_FILESYSTEMS):
        return False
    return mount is root or mount.point.split("/")[1] in OF_EVERY_CONTAINER
