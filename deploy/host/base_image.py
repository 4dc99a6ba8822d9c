"""The image that the stack's images are built on."""

import os
import tempfile
from typing import Any

from host import command, compose, console, debian
from host.command import Run
from host.trouble import Trouble

OFFICIAL = "debian:trixie-slim"
OWN = "fastapi-sqlite/base:trixie"

ELSEWHERE = "set BASE_IMAGE to an image of Debian 13 that this engine has"


def ensure(run: Run = command.run) -> str:
    """Give the name of a base image that a build on this host can use, for `BASE_IMAGE`.

    What the user chose with `BASE_IMAGE` wins. Else it is the official image, and where no registry gives that, our
    own, made of the same packages. What is here already is used without asking any registry.

    Raises:
        Trouble: There is none and none can be had.

    """
    wanted = choice(compose.config(run))
    if wanted != OFFICIAL:
        return wanted
    if here := local(run):
        return here
    console.say(f"Pulling {OFFICIAL}, 30 MB.")
    pulled = run("docker", "pull", "--quiet", OFFICIAL, timeout=60)
    if pulled.ok:
        return OFFICIAL
    cause = pulled.reason.rpartition(": ")[2]
    debian.check(f"{OFFICIAL} cannot be pulled ({cause})", ELSEWHERE, run)
    console.say(f"No registry gives it ({cause}). Making {OWN} from Debian's packages, about 30 s.")
    make(run)
    return OWN


def choice(config: dict[str, Any]) -> str:
    """Give the base image that compose.yaml comes to with the environment and `.env` of this user."""
    return str(config["services"]["api"].get("build", {}).get("args", {}).get("BASE_IMAGE", OFFICIAL))


def check_obtainable(run: Run = command.run) -> None:
    """Make sure, without bringing it, that a base image can be had.

    Raises:
        Trouble: It cannot, with what to do instead.

    """
    if not run("docker", "manifest", "inspect", OFFICIAL, timeout=20).ok:
        debian.check(f"No registry gives {OFFICIAL}", ELSEWHERE, run)


def local(run: Run = command.run) -> str | None:
    """Give the base image that the engine has already, if any."""
    return next((image for image in (OFFICIAL, OWN) if run("docker", "image", "inspect", image).ok), None)


def make(run: Run = command.run) -> None:
    """Make our own base image out of Debian's packages.

    Raises:
        Trouble: The packages could not be had, or the engine did not take them.

    """
    # By way of a file and not of a pipe: from a pipe that breaks off the engine would make half an image.
    with tempfile.TemporaryFile() as archive:
        # Of the ways that mmdebstrap has without root, only this one makes a whole system.
        mode = "--mode=root" if os.geteuid() == 0 else "--mode=unshare"
        debian.bootstrap(archive, mode, "--variant=minbase", run=run)
        imported = run("docker", "import", "--change", 'CMD ["bash"]', "-", OWN, stdin=archive)
    if not imported.ok:
        raise Trouble(f"The engine could not import {OWN}: {imported.reason}")
