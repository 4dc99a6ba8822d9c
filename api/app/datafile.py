"""The database file as the file system sees it: what stands at the path, and what the volume remembers.

Nothing here opens the database file itself. Closing any descriptor of it would drop the locks that SQLite holds on it
in the same process (POSIX advisory locks; sqlite.org/howtocorrupt.html, section 2.2).
"""

import json
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

from app.copying import sync
from app.faults import cannot_open, code_of, disk_faults, driver_error
from app.problems import Code, ProblemError
from app.snapshots import Snapshots
from app.verdict import Record, Stamp

FILE_MODE = 0o640


class Identity(NamedTuple):
    """Which file it is, however it is called: two files never share it while both exist."""

    device: int
    inode: int


class Files(NamedTuple):
    """Which files a database consists of: the write-ahead log and its index are there while it is in use."""

    database: Identity
    log: Identity | None
    log_index: Identity | None

    @property
    def record(self) -> str:
        """The same as one line of text."""
        return json.dumps(self)

    @classmethod
    def from_record(cls, record: str) -> Self | None:
        """Read a line of text, `None` when it holds no files."""
        try:
            return cls(*(part and Identity(*part) for part in json.loads(record)))
        except (TypeError, ValueError):
            return None


class DataFile:
    """The database file at `path`, its locks and its seal.

    Beside the file live `.<name>.lock`, which one process at a time holds while it prepares the database;
    `.<name>.queue`, where writers wait for their turn; `.<name>.use`, which says which files all present users use;
    `.<name>.check`, the record: what the last check of all pages has found, and locked by whoever makes one;
    `.<name>.replica`, a directory that stands there while a replica must have every write, with `awaited` in it while
    the replica is to fill an empty volume; `.<name>.litestream`, where Litestream keeps what it has taken in, if there
    is one; and `.<name>.id`, the seal: the lineage of the database that this volume holds. The seal is why a vanished
    database is reported and not silently started anew, even by a process that has never seen it. In the folder
    `.<name>.snapshots` is what the database was before it was migrated or replaced.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # Hidden, so that `rm api.db*` does not take the memory along with the database.
        self.lock_path = path.with_name(f".{path.name}.lock")
        self.seal_path = path.with_name(f".{path.name}.id")
        self.use_path = path.with_name(f".{path.name}.use")
        self.queue_path = path.with_name(f".{path.name}.queue")
        self.replica_path = path.with_name(f".{path.name}.replica")
        self.awaited_path = self.replica_path / "awaited"
        self.litestream_path = path.with_name(f".{path.name}.litestream")
        self.record = Record(path.with_name(f".{path.name}.check"))
        self.snapshots = Snapshots(path.with_name(f".{path.name}.snapshots"))
        self.log_path = Path(f"{path}-wal")
        self.index_path = Path(f"{path}-shm")

    def identity(self) -> Identity:
        """Look at what stands at the path; costs a few microseconds.

        Raises:
            ProblemError: The file is missing, not a regular file, not permitted or on a read-only volume.

        """
        with disk_faults():
            found = self.path.stat()
            if not stat.S_ISREG(found.st_mode):
                raise ProblemError(Code.DB_NOT_A_FILE, cause=f"{self.path} is not a regular file")
            for place, mode in ((self.path, os.R_OK | os.W_OK), (self.path.parent, os.W_OK | os.X_OK)):
                if not os.access(place, mode):
                    raise self._not_accessible(place)
            return Identity(found.st_dev, found.st_ino)

    def size(self) -> int:
        """Give the length of the database file in bytes."""
        with disk_faults():
            return self.path.stat().st_size

    def stamp(self) -> Stamp:
        """Give what no change of the file's content leaves as it is."""
        with disk_faults():
            found = self.path.stat()
            return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    def exists(self) -> bool:
        """Tell whether anything stands at the path."""
        with disk_faults():
            try:
                self.path.lstat()
            except FileNotFoundError:
                return False
            return True

    def create(self) -> None:
        """Create the empty file, never over another one."""
        with disk_faults():
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))
            self.path.chmod(FILE_MODE)  # whatever the umask is
        sync(self.path.parent)

    def free_bytes(self) -> int:
        """Give the bytes that the service may still write to the volume."""
        with disk_faults():
            volume = os.statvfs(self.path.parent)
            return volume.f_bavail * volume.f_frsize

    def files(self) -> Files:
        """Tell which files the database consists of; costs a few microseconds.

        Raises:
            ProblemError: As `identity` does.

        """
        return Files(self.identity(), _identity_at(self.log_path), _identity_at(self.index_path))

    def log_bytes(self) -> int:
        """Give the length of the write-ahead log, 0 where there is none."""
        with disk_faults(), suppress(FileNotFoundError):
            return self.log_path.stat().st_size
        return 0

    def read_seal(self) -> int | None:
        """Give the lineage of the database that the volume holds, `None` when it has never held one."""
        try:
            with disk_faults():
                return int(self.seal_path.read_text(encoding="ascii"), 16)
        except ValueError:
            raise ProblemError(Code.DB_REPLACED, cause=f"{self.seal_path} does not hold a lineage") from None
        except ProblemError as error:
            if error.code is Code.DB_MISSING:
                return None
            raise

    def write_seal(self, lineage: int) -> None:
        """Remember for good that this volume holds the database of `lineage`."""
        draft = Path(f"{self.seal_path}.new")
        with disk_faults():
            with draft.open("w", encoding="ascii") as file:
                file.write(f"{lineage:08x}\n")
                file.flush()
                os.fsync(file.fileno())
            draft.chmod(FILE_MODE)
            draft.replace(self.seal_path)
        sync(self.path.parent)

    def problem_of(self, error: BaseException) -> ProblemError | None:
        """Name the problem behind an exception of SQLite or the file system, `None` when it is neither's fault."""
        driver = driver_error(error)
        cause = f"{type(driver).__name__}: {driver}"
        if code := code_of(error):
            return ProblemError(code, cause=cause)
        if not cannot_open(error):
            return None
        try:
            self.identity()
        except ProblemError as reason:
            return reason
        return ProblemError(Code.DB_IO_ERROR, cause=cause)

    def _not_accessible(self, place: Path) -> ProblemError:
        read_only = os.statvfs(place).f_flag & os.ST_RDONLY
        code = Code.DB_READ_ONLY if read_only else Code.DB_PERMISSION_DENIED
        found = place.stat()
        owner = f"owner {found.st_uid}:{found.st_gid}, mode {stat.S_IMODE(found.st_mode):04o}"
        return ProblemError(code, cause=f"user {os.geteuid()} cannot write to {place} ({owner})")


def _identity_at(path: Path) -> Identity | None:
    # By its name alone: opening the index and closing it again would drop SQLite's locks, as with the database.
    with disk_faults(), suppress(FileNotFoundError):
        found = path.stat()
        return Identity(found.st_dev, found.st_ino)
    return None
