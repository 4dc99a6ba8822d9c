"""Debian's packages, from which a host without a registry gets what it lacks: unpacked by mmdebstrap, not installed."""

import os
import platform
from pathlib import Path
from typing import IO

from host import command, console
from host.command import Run
from host.trouble import Trouble

SUITE = "trixie"
PACKAGES = ("mmdebstrap", "debian-archive-keyring")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def check(need: str, elsewhere: str, run: Run = command.run) -> None:
    """Make sure that `bootstrap` can work here, at most after an installation that this user may do.

    Args:
        need: What is wrong, the first half of a sentence.
        elsewhere: What to do on a host that is not of Debian's family, the second half.
        run: Reaches the host.

    Raises:
        Trouble: It cannot, with what to do about it.

    """
    if is_ready(run):
        return
    if not is_family():
        raise Trouble(f"{need}: {elsewhere}.")
    if os.geteuid() != 0:
        raise Trouble(f"{need}: run `sudo apt-get install {' '.join(PACKAGES)}`, then this again.")


def bootstrap(archive: IO[bytes], *options: str, run: Run = command.run) -> None:
    """Write a file tree of Debian packages to `archive` as a tar file, installing mmdebstrap first where it is absent.

    Args:
        archive: An open file, left at its beginning.
        options: Say which packages, in mmdebstrap's words.
        run: Reaches the host.

    Raises:
        Trouble: It could not be made.

    """
    if not is_ready(run):
        install(PACKAGES, run)
    made = run("mmdebstrap", "--quiet", *options, SUITE, "-", stdout=archive)
    if not made.ok:
        last = "\n".join(line[:200] for line in made.err.splitlines()[-3:])
        hint = "" if os.geteuid() == 0 else "\nRoot has the rights that this may have lacked: `sudo make up`."
        raise Trouble(f"mmdebstrap could not unpack Debian's packages:\n{last}{hint}")
    archive.seek(0)


def install(packages: tuple[str, ...], run: Run = command.run) -> None:
    """Install packages with apt, having said so.

    Raises:
        Trouble: apt could not.

    """
    names = " and ".join(packages)
    console.say(f"Installing {names} with apt, about 20 s.")
    run("apt-get", "update")  # one stale source of many is no reason to stop: the next line tells whether it matters
    installed = run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", *packages)
    if not installed.ok:
        raise Trouble(f"apt could not install {names}: {installed.reason}")


def is_ready(run: Run = command.run) -> bool:
    """Tell whether mmdebstrap is here, and the keys to check Debian's signatures with."""
    return run("mmdebstrap", "--version").ok and KEYRING.exists()


def is_family() -> bool:
    """Tell whether this host is Debian or made from it."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return False
    return "debian" in (release["ID"], *release.get("ID_LIKE", "").split())
