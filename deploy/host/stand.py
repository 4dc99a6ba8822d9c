"""How things stand on the volume: the schema's revision, and the snapshots."""

import json
from dataclasses import dataclass
from pathlib import PurePath
from typing import Self

from host import command, job
from host.command import Run


@dataclass(frozen=True)
class Stand:
    """What the image that is in use says of the volume.

    Attributes:
        revision: That of the database's schema, `None` where it cannot be read.
        needed: That which the image needs.
        snapshots: The names of the snapshots, newest first.

    """

    revision: str | None
    needed: str
    snapshots: tuple[str, ...]

    @classmethod
    def now(cls, run: Run = command.run) -> Self:
        """Ask for it.

        Raises:
            Trouble: It cannot be told.

        """
        told = json.loads(job.ask("state", run=run))
        return cls(told["revision"], told["needed"], tuple(told["snapshots"]))

    @property
    def fitting_snapshot(self) -> str | None:
        """The newest snapshot whose schema is the one that the image needs."""
        return next((name for name in self.snapshots if revision_of(name) == self.needed), None)


def revision_of(snapshot: str) -> str:
    """Give the schema's revision that the name of a snapshot tells: `20260131T120000.000000Z-0002.db`."""
    return PurePath(snapshot).stem.partition("-")[2]
