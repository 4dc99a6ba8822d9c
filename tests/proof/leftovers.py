"""What a run has made on this machine and not taken away, found by its name and removed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from host import command
from proof.run import VARIABLE, Run, begin

LABEL = "fastapi-sqlite.test"  # of what Compose does not label
PROJECT = "com.docker.compose.project"
FILES = f"{PROJECT}.config_files"


def remove(run: Run) -> list[str]:
    """Remove all that carries the name of a run whose processes are gone, and return the names of what there was."""
    left = [*_containers(run), *_networks(run), *_volumes(run), *_images(run), *_mounts(run)]
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
        remove(this)
        os.close(descriptor)


def _containers(run: Run) -> Iterator[str]:
    fields = "{{.ID}}\t{{.Names}}\t" + "\t".join(f'{{{{.Label "{label}"}}}}' for label in (PROJECT, LABEL, FILES))
    for identity, name, project, label, files in _listed("ps", "--all", "--no-trunc", "--format", fields):
        if _is_of(run, project, label) or str(run.scratch) in files:
            yield f"container {name}"
            command.run("docker", "rm", "--force", "--volumes", identity)
            if not project.startswith(run.name):  # a project with a name of its own, such as that of the drill
                command.run("docker", "compose", "--project-name", project, "down", "--volumes", "--timeout", "0")


def _networks(run: Run) -> Iterator[str]:
    for identity, name in _listed("network", "ls", "--format", "{{.ID}}\t{{.Name}}"):
        if _is_of(run, name):
            yield f"network {name}"
            command.run("docker", "network", "rm", identity)


def _volumes(run: Run) -> Iterator[str]:
    for (name,) in _listed("volume", "ls", "--format", "{{.Name}}"):
        if _is_of(run, name):
            yield f"volume {name}"
            command.run("docker", "volume", "rm", "--force", name)


def _images(run: Run) -> Iterator[str]:
    for (name,) in _listed("image", "ls", "--format", "{{.Repository}}:{{.Tag}}"):
        if run.name in name:
            yield f"image {name}"
            command.run("docker", "image", "rm", "--force", name)


def _mounts(run: Run) -> Iterator[str]:
    with suppress(OSError):
        places = [line.split(" ")[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        for place in sorted(places, reverse=True):
            if place.startswith(f"{run.scratch}/"):
                yield f"mount {place}"
                command.run("umount", "--lazy", place)


def _is_of(run: Run, *names: str) -> bool:
    return any(name.startswith(f"{run.name}-") or name == run.name for name in names)


def _listed(*question: str) -> Iterator[list[str]]:
    answer = command.run("docker", *question, timeout=60)
    for line in answer.out.splitlines() if answer.ok else ():
        yield line.split("\t")
