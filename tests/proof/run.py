"""One run of the tests among others: its name, its folder for scratch files, and whether it still goes on.

Everything that a run makes on this machine carries its name. So runs never meet, and what a killed run left behind can
be told from what belongs to one that goes on.
"""

import fcntl
import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from host.command import ROOT

VARIABLE = "FASTAPI_SQLITE_TEST_RUN"
CHECKOUT = f"fsq-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:6]}"
FOLDER = ROOT / ".cache" / "runs"


@dataclass(frozen=True)
class Run:
    """A run.

    Attributes:
        name: How the names begin of all that it makes.
        scratch: The folder for its temporary files.

    """

    name: str
    scratch: Path

    @property
    def lock(self) -> Path:
        """The file that is locked as long as one of its processes lives, and that says where its scratch files are."""
        return FOLDER / self.name

    @property
    def engine_mark(self) -> Path:
        """The file that is there once it has made something on the Docker engine."""
        return self.scratch / "engine"

    @property
    def is_alive(self) -> bool:
        """Whether one of its processes lives."""
        with suppress(FileNotFoundError), self.lock.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


def current() -> Run:
    """Return the run that this process is a part of.

    Raises:
        KeyError: It is a part of none.

    """
    name = os.environ[VARIABLE]
    return Run(name, Path((FOLDER / name).read_text()))


def begin() -> tuple[Run, int]:
    """Begin a run, and return it with the descriptor that keeps it alive.

    Processes that inherit the descriptor keep it alive, too; those that inherit the environment are a part of it.
    """
    name = f"{CHECKOUT}-{secrets.token_hex(3)}"
    run = Run(name, Path(tempfile.gettempdir(), name))
    FOLDER.mkdir(parents=True, exist_ok=True)
    unseen = FOLDER / f".{name}"  # until it is locked, or another run would take this one for dead
    descriptor = os.open(unseen, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.write(descriptor, str(run.scratch).encode())
    unseen.rename(run.lock)
    run.scratch.mkdir()
    os.environ[VARIABLE] = name
    return run, descriptor


def dead() -> Iterator[Run]:
    """Return the runs of this checkout that were killed: they have left a lock that nobody holds."""
    for lock in sorted(FOLDER.glob(f"{CHECKOUT}-*")):
        with suppress(FileNotFoundError):
            run = Run(lock.name, Path(lock.read_text()))
            if run.is_alive:
                continue
            if run.scratch.is_absolute() and run.scratch.name == run.name:
                yield run
            else:
                lock.unlink()  # cut short, as by a loss of power: it says nothing that could be trusted


def prefix() -> str:
    """Return how the names begin of all that this process makes: as the run, and as the worker that it is of it."""
    return "-".join(filter(None, (current().name, os.environ.get("PYTEST_XDIST_WORKER"))))
