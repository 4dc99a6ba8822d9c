"""A machine that loses its power: a disk that can be looked at as it would be found after that.

The disk is a file behind a loop device with a real file system. What was written and not synced is in the memory of the
kernel, and not in that file: its copy is the disk of a machine that was switched off at that moment.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.volume import make_ext4, mounted
from support.waiting import eventually

SIZE_MEBIBYTES = 96
LAZY = "loop,noatime,commit=300"  # the kernel itself writes as late as it can: only what was synced is there early


class Disk:
    """A disk with a file system, in a file."""

    def __init__(self, image: Path) -> None:
        self.image = image

    @classmethod
    def new(cls, image: Path) -> "Disk":
        """Make an empty one."""
        make_ext4(image, mebibytes=SIZE_MEBIBYTES)
        return cls(image)

    @contextmanager
    def mounted(self, folder: Path) -> Iterator[Path]:
        """Mount it, with what a file system does first after a crash."""
        with mounted(folder, "-o", LAZY, str(self.image)):
            yield folder

    def copy(self, image: Path) -> "Disk":
        """Copy what is on the disk at this moment; nobody may write to its file system meanwhile."""

        def copy_undisturbed() -> None:
            before = self._writes()
            shutil.copyfile(self.image, image)
            assert self._writes() == before, "the kernel wrote to the disk meanwhile"

        eventually(copy_undisturbed, within=10)
        return Disk(image)

    def _writes(self) -> tuple[str, str]:
        """How many writes have ended, and how many are under way; see the kernel's Documentation/block/stat.rst."""
        found = subprocess.run(
            ["losetup", "--noheadings", "--output", "NAME", "--associated", str(self.image)],
            capture_output=True,
            text=True,
            check=True,
        )
        fields = Path("/sys/block", Path(found.stdout.strip()).name, "stat").read_text().split()
        assert fields[8] == "0", "the kernel is writing to the disk"
        return fields[4], fields[8]
