"""strace, with which the tests count the system calls of a running server."""

import os

from host import command, debian
from host.command import Run
from host.trouble import Trouble

PACKAGE = "strace"


def ensure(run: Run = command.run) -> None:
    """Bring strace where it is missing.

    Raises:
        Trouble: It is missing and cannot be brought, with what to do.

    """
    if run(PACKAGE, "--version").ok:
        return
    if not debian.is_family():
        raise Trouble("strace is missing, with which the tests count system calls: install it, then run this again.")
    if os.geteuid() != 0:
        raise Trouble("strace is missing, with which the tests count system calls: run `sudo apt-get install strace`.")
    debian.install((PACKAGE,), run)
