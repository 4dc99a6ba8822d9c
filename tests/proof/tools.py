"""The virtual environment of the tests' tools, in `.venv`; `python -m proof.tools` makes it."""

import fcntl
import subprocess
import sys

from host import console
from host.command import ROOT

FOLDER = ROOT / ".venv"
BIN = FOLDER / "bin"
REQUIREMENTS = ROOT / "tests" / "requirements.txt"
# Written last, so that an environment whose making broke off is made again, from nothing; make looks at it, too.
COMPLETE = FOLDER / "complete"

INSTALL = ("install", "--disable-pip-version-check", "--progress-bar", "off", "--require-hashes", "--requirement")
FOUND, INSTALLING = "Collecting ", "Installing "
STEP = 25  # packages from one line to the next
LAST_LINES = 15
UNAVAILABLE = 69


def are_complete() -> bool:
    """Return whether they are there, as they are wanted now."""
    return COMPLETE.exists() and COMPLETE.stat().st_mtime >= REQUIREMENTS.stat().st_mtime


def bring() -> int:
    """Make the environment, print the progress, and return the exit code; of two processes, the second waits."""
    (ROOT / ".cache").mkdir(exist_ok=True)
    with (ROOT / ".cache" / "tools").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return 0 if are_complete() else _make()


def _make() -> int:
    console.say("Making .venv with the tools of the tests, about 1 min.")
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(FOLDER)], check=False).returncode:
        console.complain(
            "Python cannot make a virtual environment: run `sudo apt-get install python3-venv`, then this again."
        )
        return UNAVAILABLE
    command, said, found = [str(BIN / "pip"), *INSTALL, str(REQUIREMENTS)], [], 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            said.append(line)
            found += line.startswith(FOUND)
            if line.startswith(FOUND) and found % STEP == 0:
                console.say(f"  .venv: {found} packages fetched")
            if line.startswith(INSTALLING):
                console.say(f"  .venv: installing {found} packages")
    if pip.returncode:
        console.complain("pip could not install the tools of the tests:\n" + "".join(said[-LAST_LINES:]).rstrip())
        return UNAVAILABLE
    COMPLETE.touch()
    return 0


if __name__ == "__main__":
    sys.exit(bring())
