"""What a run has made on this machine and not taken away, found by its name and removed."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from host import command
from proof.run import VARIABLE, Run, begin

LABEL = "fastapi-sqlite.test"  # of what Compose does not label
ROUNDS = 20  # the engine may still be making something for a command that was ended
PAUSE_SECONDS = 0.5

CONTAINERS = ("ps", "--all", "--no-trunc", "--format", f'{{{{.ID}}}} {{{{.Names}}}} {{{{.Label "{LABEL}"}}}}')
NETWORKS = ("network", "ls", "--format", "{{.ID}} {{.Name}}")
VOLUMES = ("volume", "ls", "--format", "{{.Name}} {{.Name}}")
IMAGES = ("image", "ls", "--format", "{{.Repository}}:{{.Tag}} {{.Tag}}")
KINDS = (
    ("container", CONTAINERS, ("rm", "--force", "--volumes")),
    ("network", NETWORKS, ("network", "rm")),
    ("volume", VOLUMES, ("volume", "rm", "--force")),
    ("image", IMAGES, ("image", "rm", "--force")),
)


class EngineError(Exception):
    """The engine does not say what there is, or does not let go of it; the text says which."""


def remove(run: Run) -> list[str]:
    """Remove all that carries the name of a run whose processes are gone, and return the names of what there was.

    Raises:
        EngineError: Something may be left on the engine; the run is remembered as dead, and the next one tries again.

    """
    left = _unmount(run)
    if run.engine_mark.exists():
        left += _clear_engine(run)
    shutil.rmtree(run.scratch, ignore_errors=True)
    run.lock.unlink(missing_ok=True)
    return left


@contextmanager
def own_run() -> Iterator[None]:
    """Begin a run and clean up after it, unless this process is a part of one."""
    if VARIABLE in os.environ:
        yield
        return
    this, descriptor = begin()
    try:
        yield
    finally:
        with suppress(EngineError):  # the next run tries again
            remove(this)
        os.close(descriptor)


def _unmount(run: Run) -> list[str]:
    with suppress(OSError):
        mounts = [line.split(" ")[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        ours = sorted((place for place in mounts if place.startswith(f"{run.scratch}/")), reverse=True)
        for place in ours:
            command.run("umount", "--lazy", place)
        return [f"mount {place}" for place in ours]
    return []


def _clear_engine(run: Run) -> list[str]:
    """Look and remove until there is nothing more, and return the names of all that was there."""
    names: dict[str, None] = {}
    for _ in range(ROUNDS):
        found = [(kind, words, *thing) for kind, question, words in KINDS for thing in _listed(run, question)]
        if not found:
            return list(names)
        for kind, words, identity, name in found:
            names[f"{kind} {name}"] = None
            command.run("docker", *words, identity)
        time.sleep(PAUSE_SECONDS)
    raise EngineError(f"the engine does not let go of {', '.join(names)}")


def _listed(run: Run, question: tuple[str, ...]) -> list[tuple[str, str]]:
    answer = command.run("docker", *question, timeout=60)
    if not answer.ok:
        raise EngineError(f"the engine does not answer `docker {' '.join(question[:2])}`: {answer.reason}")
    rows = (line.split(" ") for line in answer.out.splitlines())
    return [(identity, names[0]) for identity, *names in rows if any(_is_of(run, name) for name in names)]


def _is_of(run: Run, name: str) -> bool:
    return name == run.name or name.startswith(f"{run.name}-")
