"""A machine that loses its power: a disk that can be looked at as it would be found after that.

The disk is a file behind a loop device with a real file system. What was written and not synced is in the memory of the
kernel, and not in that file: its copy is the disk of a machine that was switched off at that moment.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.fault_matrix import cannot_run_here
from support.waiting import eventually

SIZE_BYTES = 96 * 1024 * 1024
LAZY = "loop,noatime,commit=300"  # the kernel itself writes as late as it can: only what was synced is there early


class Disk:
    """A disk with a file system, in a file."""

    def __init__(self, image: Path) -> None:
        self.image = image

    @classmethod
    def new(cls, image: Path) -> "Disk":
        """Make an empty one."""
        if os.geteuid() != 0:
            cannot_run_here("only root may mount a file system")
        image.touch()
        os.truncate(image, SIZE_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True, capture_output=True)
        return cls(image)

    @contextmanager
    def mounted(self, folder: Path) -> Iterator[Path]:
        """Mount it, with what a file system does first after a crash."""
        folder.mkdir(exist_ok=True)
        done = subprocess.run(
            ["mount", "-o", LAZY, str(self.image), str(folder)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            cannot_run_here(f"a loop device cannot be mounted: {done.stderr.strip()}")
        try:
            yield folder
        finally:
            subprocess.run(["umount", str(folder)], check=True)

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
