"""Small file systems of a test's own, for a disk that fills up or that the kernel makes read-only."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from support.fault_matrix import cannot_run_here
from support.waiting import eventually

MEBIBYTE = 1024 * 1024
UNMOUNT_SECONDS = 15
ERRORS_MENDED = 1  # see the exit codes of e2fsck
FAILING = ("-o", "loop,errors=remount-ro")


def run(*command: str, may_end_with: int = 0) -> None:
    """Run a command, and raise `OSError` with what it said where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode > may_end_with:
        raise OSError(f"{' '.join(command)}: {done.stderr}")


@contextmanager
def mounted(place: Path, *what: str) -> Iterator[None]:
    """Mount a file system at `place`, in the words of mount(8), and take it away as soon as nobody uses it."""
    if os.geteuid() != 0:
        cannot_run_here("only root can mount the file systems of the tests")
    place.mkdir(exist_ok=True)
    try:
        run("mount", *what, str(place))
    except OSError as error:
        cannot_run_here(f"a file system cannot be mounted: {error}")
    try:
        yield
    finally:
        unmount(place)


@contextmanager
def small_volume(place: Path, *, mebibytes: int = 40) -> Iterator[Path]:
    """Mount a new file system in memory at `place`, and give the place of a database on it."""
    with mounted(place, "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0750", "tmpfs"):
        yield database_on(place)


def database_on(place: Path) -> Path:
    """Give the place of a database on a volume, with the log of a server led away from it, which it would fill."""
    (place / "server.log").symlink_to(place.with_name("server.log"))
    return place / "api.db"


def unmount(place: Path) -> None:
    """Take a file system away as soon as nobody uses it."""
    if place.is_mount():
        eventually(lambda: run("umount", str(place)), within=UNMOUNT_SECONDS)


def free_bytes(folder: Path) -> int:
    """Give the bytes that are left on a volume."""
    return shutil.disk_usage(folder).free


@contextmanager
def filled_up(folder: Path, *, leaving: int = 0) -> Iterator[None]:
    """Fill a volume until no more than `leaving` bytes are left, and take the filler away at the end."""
    filler = folder / "filler"
    try:
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, free_bytes(folder) - leaving)
        assert free_bytes(folder) <= leaving, "the fault did not bite"
        yield
    finally:
        filler.unlink()


@contextmanager
def failing_volume(place: Path, image: Path) -> Iterator[Path]:
    """Mount a file system that the kernel makes read-only at the first error, for a database on it."""
    make_ext4(image, "-O", "^has_journal")
    with mounted(place, *FAILING, str(image)):
        yield database_on(place)


def make_ext4(image: Path, *options: str, mebibytes: int = 64) -> None:
    """Make an empty file system in a file."""
    if not shutil.which("mkfs.ext4"):
        cannot_run_here("mkfs.ext4 is missing, which makes file systems of the tests: it belongs to e2fsprogs")
    with image.open("wb") as file:
        file.truncate(mebibytes * MEBIBYTE)
    run("mkfs.ext4", "-q", *options, str(image))


@contextmanager
def broken_down(place: Path, image: Path) -> Iterator[None]:
    """Let the kernel meet an error of the file system, after which it refuses every write; mend that at the end."""
    device = place.stat().st_dev
    name = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve().name
    trigger = Path(f"/sys/fs/ext4/{name}/trigger_fs_error")
    if not trigger.exists():
        cannot_run_here("this kernel cannot be told to meet an error of a file system")
    trigger.write_text("1")
    try:
        with suppress(OSError):
            (place / "probe").touch()
            raise AssertionError("the fault did not bite")
        yield
    finally:
        unmount(place)
        run("e2fsck", "-fy", str(image), may_end_with=ERRORS_MENDED)
        run("mount", *FAILING, str(image), str(place))


@contextmanager
def at_most(bytes_in_a_file: int, processes: list[int]) -> Iterator[None]:
    """Limit how long a file of these processes may become."""
    if not shutil.which("prlimit"):
        cannot_run_here("prlimit is missing, which limits the files of a process: it belongs to util-linux")
    try:
        for process in processes:
            run("prlimit", "--pid", str(process), f"--fsize={bytes_in_a_file}:unlimited")
        yield
    finally:
        for process in processes:
            run("prlimit", "--pid", str(process), "--fsize=unlimited:unlimited")
