"""Docker's plugins Compose and Buildx."""

import os
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from host import command, console, debian, version
from host.command import Run
from host.trouble import Trouble
from host.version import Version


@dataclass(frozen=True)
class Plugin:
    """A plugin of the docker command: its file, how it tells its version, and the oldest that serves."""

    title: str
    file: str
    question: tuple[str, ...]
    minimum: Version


COMPOSE = Plugin("Compose", "docker-compose", ("docker", "compose", "version", "--short"), (2, 20))
BUILDX = Plugin("Buildx", "docker-buildx", ("docker", "buildx", "version"), (0, 10))
ALL = (COMPOSE, BUILDX)

PACKED_IN = "./usr/libexec/docker/cli-plugins/"


def ensure(run: Run = command.run) -> None:
    """Bring the plugins that are missing, having said so; those that are there are never touched.

    Raises:
        Trouble: One is installed but of no use, or one is missing and cannot be brought.

    """
    missing = [plugin for plugin in ALL if find(plugin, run) is None]
    if not missing:
        return
    for plugin in missing:
        check_obtainable(plugin, run)
    titles = " and ".join(plugin.title for plugin in missing)
    console.say(f"Bringing Docker's {titles} from Debian's packages to {folder()}, about 10 s.")
    with tempfile.TemporaryFile() as archive:
        packages = ",".join(plugin.file for plugin in missing)
        # Files are unpacked and none of them run, which needs no rights at all.
        debian.bootstrap(archive, "--mode=chrootless", "--variant=extract", f"--include={packages}", run=run)
        with tarfile.open(fileobj=archive) as packed:
            for plugin in missing:
                unpack(plugin, packed)
    for plugin in missing:
        if find(plugin, run) is None:
            raise Trouble(f"Docker does not see {plugin.title} in {folder()}: is DOCKER_CONFIG set differently for it?")


def find(plugin: Plugin, run: Run = command.run) -> Version | None:
    """Give the version that is installed, `None` when there is none.

    Raises:
        Trouble: It is installed, but too old or broken.

    """
    answer = run(*plugin.question, timeout=20)
    file = folder() / plugin.file
    if not answer.ok and os.path.lexists(file):
        raise Trouble(f"{file} does not run ({answer.reason}): remove it, then run this again.")
    if not answer.ok:
        return None
    found = version.parse(answer.out)
    if found < plugin.minimum:
        raise Trouble(
            f"Docker's plugin {plugin.title} {answer.out.strip()} is too old: "
            f"upgrade it to {version.show(plugin.minimum)} or newer the way it was installed."
        )
    return found


def check_obtainable(plugin: Plugin, run: Run = command.run) -> None:
    """Make sure that a missing plugin can be brought.

    Raises:
        Trouble: It cannot, with what to do instead.

    """
    debian.check(
        f"Docker's plugin {plugin.title} is missing", f"install {plugin.file} as Docker's documentation says", run
    )


def unpack(plugin: Plugin, packed: tarfile.TarFile) -> None:
    """Put one plugin in the user's plugin folder, whole or not at all."""
    folder().mkdir(parents=True, exist_ok=True)
    source = packed.extractfile(PACKED_IN + plugin.file)
    if source is None:
        raise Trouble(f"Debian's package {plugin.file} holds no plugin: install it as Docker's documentation says.")
    with tempfile.NamedTemporaryFile(dir=folder(), prefix=".", delete=False) as copy:
        shutil.copyfileobj(source, copy)
    Path(copy.name).chmod(0o755)
    Path(copy.name).replace(folder() / plugin.file)


def folder() -> Path:
    """Give the folder of this user's Docker plugins."""
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins"
